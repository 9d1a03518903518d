package view

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// uiVersion is the version of the JSON lines: a new minor version adds, a new
// major version changes. Readers ignore types and keys they do not know.
const uiVersion = "1.0"

// JSON is the view for programs: one object per line, in the shapes of
// Terraform's machine-readable UI. Money is a decimal string, never a float.
type JSON struct {
	Out     io.Writer
	Version string // of the program

	mu      sync.Mutex // of everything below, and of Out
	greeted bool
	tally   *tally
	status  time.Time
}

type fields map[string]any

// write writes one line; the first is preceded by the version line.
func (j *JSON) write(level, kind, message string, more fields) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.greeted {
		j.greeted = true
		j.line("info", "version", "apixo-batch "+j.Version, fields{"apixo_batch": j.Version, "ui": uiVersion})
	}
	j.line(level, kind, message, more)
}

func (j *JSON) line(level, kind, message string, more fields) {
	object := fields{
		"@level":     level,
		"@message":   message,
		"@module":    "apixo-batch.ui",
		"@timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		"type":       kind,
	}
	for k, v := range more {
		object[k] = v
	}
	_ = WriteJSON(j.Out, object, "") // a reader that went away does not stop a run
}

// resource names an instance as Terraform names a resource.
func resource(a task.Address, model string) fields {
	f := fields{"addr": a.String(), "resource": a.String(), "resource_type": "task", "resource_name": a.Name, "resource_key": nil}
	if i, isIndex := a.Key.Index(); isIndex {
		f["resource_key"] = i
	} else if !a.Key.IsZero() {
		f["resource_key"] = a.Key.Text()
	}
	if model != "" {
		f["model"] = model
	}
	return f
}

// Outputs implements View.
func (j *JSON) Outputs(outputs []spec.Output) {
	values := make(fields, len(outputs))
	for _, o := range outputs {
		values[o.Name] = outputJSON(o)
	}
	j.write("info", "outputs", fmt.Sprintf("Outputs: %d", len(outputs)), fields{"outputs": values})
}

// Diagnostics implements View.
func (j *JSON) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	for _, d := range diagnostics {
		object := DiagnosticJSON(d, sources)
		level := "error"
		if d.Severity == hcl.DiagWarning {
			level = "warn"
		}
		j.write(level, "diagnostic", fmt.Sprintf("%s: %s", object.Severity, d.Summary), fields{"diagnostic": object})
	}
}

// Note implements View.
func (j *JSON) Note(text string) {
	j.write("warn", "log", text, nil)
}

// Error implements View.
func (j *JSON) Error(text string) {
	j.write("error", "diagnostic", "error: "+text, fields{"diagnostic": Diagnostic{Severity: "error", Summary: text}})
}
