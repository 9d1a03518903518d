package view

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// Annotations is the view for GitHub Actions: errors and failed tasks as workflow
// commands, which show them at the line of the configuration that they are about.
// Whatever the text of one is, it is that text: nothing in it is a command.
type Annotations struct {
	Out io.Writer
	// Path is how a file is called from the root of the repository.
	Path func(string) string

	declared map[string]hcl.Range // by the name of the task block
}

// maxAnnotated is how many failed tasks are told one by one: of each step GitHub shows
// ten errors.
const maxAnnotated = 9

// annotate writes one workflow command; where is nil if it is about no line.
func (a *Annotations) annotate(kind, title string, where *hcl.Range, text string) {
	var properties []string
	if where != nil && where.Filename != "" {
		properties = append(properties, "file="+escapeProperty(a.Path(where.Filename)), fmt.Sprintf("line=%d,endLine=%d", where.Start.Line, max(where.Start.Line, where.End.Line)))
		if where.Start.Line == where.End.Line {
			properties = append(properties, fmt.Sprintf("col=%d,endColumn=%d", where.Start.Column, where.End.Column))
		}
	}
	properties = append(properties, "title="+escapeProperty(title))
	fmt.Fprintf(a.Out, "::%s %s::%s\n", kind, strings.Join(properties, ","), escapeData(text))
}

// escapeData makes a text, of any number of lines, the data of a workflow command.
func escapeData(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, CleanLine(clipLine(line)))
	}
	return WithoutCommands(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.Join(lines, "\n")))
}

// escapeProperty makes a text the value of a property.
func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}

// WithoutCommands breaks what starts a workflow command of the older kind, wherever in
// a line that stands.
func WithoutCommands(text string) string { return strings.ReplaceAll(text, "##[", `##\[`) }

// Diagnostics implements View.
func (a *Annotations) Diagnostics(diagnostics hcl.Diagnostics, _ map[string]*hcl.File) {
	for _, d := range diagnostics {
		kind := "error"
		if d.Severity == hcl.DiagWarning {
			kind = "warning"
		}
		a.annotate(kind, d.Summary, d.Subject, d.Detail)
	}
}

// Error implements View.
func (a *Annotations) Error(text string) { a.annotate("error", "apixo-batch", nil, text) }

// Begin implements View.
func (a *Annotations) Begin(p Plan) {
	a.declared = make(map[string]hcl.Range)
	for i := range p.Actions {
		if instance := p.Actions[i].Instance; instance != nil {
			a.declared[instance.Address.Name] = instance.Range
		}
	}
}

// Summary implements View.
func (a *Annotations) Summary(s Summary) {
	for i, e := range s.Failed {
		if i == maxAnnotated {
			a.annotate("error", "Failed", nil, fmt.Sprintf("%s more failed; the log and the state have them all.", count(len(s.Failed)-i, "task")))
			break
		}
		a.annotate("error", e.Address.String()+" failed", a.line(e.Address), string(e.Failure.Reason)+": "+failureText(e.Failure))
	}
	if n := len(s.InDoubt); n > 0 {
		a.annotate("warning", "In doubt", a.line(s.InDoubt[0].Address),
			fmt.Sprintf("%s may have been charged, and nobody knows: %s. Nothing of it is submitted again before it is settled.", count(n, "submit"), s.InDoubt[0].Address))
	}
}

// line is where an instance is declared; nil if it is not.
func (a *Annotations) line(address task.Address) *hcl.Range {
	if where, known := a.declared[address.Name]; known {
		return &where
	}
	return nil
}

// Plan implements View.
func (*Annotations) Plan(Plan) {}

// Explain implements View.
func (*Annotations) Explain(Plan, map[task.Address]bool) {}

// Event implements View: what fails is told at the end.
func (*Annotations) Event(runner.Event) {}

// Follow implements View: it tells of what has happened, and of nothing that goes on.
func (*Annotations) Follow(ctx context.Context, _ <-chan os.Signal) { <-ctx.Done() }

// Outputs implements View.
func (*Annotations) Outputs([]spec.Output) {}

// Note implements View.
func (*Annotations) Note(string) {}
