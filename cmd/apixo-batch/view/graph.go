package view

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// GraphFormat is a language for graphs.
type GraphFormat string

const (
	DOT     GraphFormat = "dot"     // Graphviz
	Mermaid GraphFormat = "mermaid" // Markdown viewers
)

// graph is what is drawn: nodes in order of their first mention, and arrows
// from what is used to what uses it.
type graph struct {
	ids    map[string]int
	labels []string
	arrows [][2]int
	drawn  map[[2]int]bool
}

// WriteGraph draws instances, or their task blocks with the number of instances
// of each, and what uses what.
func WriteGraph(w io.Writer, instances []*spec.Instance, format GraphFormat, each bool) error {
	g := newGraph(instances, each)
	out := bufio.NewWriter(w)
	if format == Mermaid {
		g.mermaid(out)
	} else {
		g.dot(out)
	}
	return out.Flush()
}

func newGraph(instances []*spec.Instance, each bool) *graph {
	g := &graph{ids: make(map[string]int), drawn: make(map[[2]int]bool)}
	name := task.Address.Block
	if each {
		name = task.Address.String
	}
	count := make(map[string]int)
	for _, i := range instances {
		count[name(i.Address)]++
	}
	for _, i := range instances {
		label := name(i.Address)
		if n := count[label]; !each && n > 1 {
			label = fmt.Sprintf("%s (%d)", label, n)
		}
		g.node(name(i.Address), label+"\n"+i.Model)
	}
	for _, i := range instances {
		for _, upstream := range i.DependsOn {
			arrow := [2]int{g.ids[name(upstream)], g.ids[name(i.Address)]}
			if !g.drawn[arrow] {
				g.drawn[arrow] = true
				g.arrows = append(g.arrows, arrow)
			}
		}
	}
	return g
}

func (g *graph) node(name, label string) {
	if _, known := g.ids[name]; !known {
		g.ids[name] = len(g.labels)
		g.labels = append(g.labels, label)
	}
}

func (g *graph) dot(w io.Writer) {
	fmt.Fprintln(w, "digraph {\n  rankdir = \"LR\"\n  node [shape = \"box\"]")
	for id, label := range g.labels {
		fmt.Fprintf(w, "  n%d [label = %s]\n", id, dotString(label))
	}
	for _, a := range g.arrows {
		fmt.Fprintf(w, "  n%d -> n%d\n", a[0], a[1])
	}
	fmt.Fprintln(w, "}")
}

// dotString quotes a text for DOT, where only the quote is special and a
// backslash begins an escape of its own.
func dotString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(cleanLines(s)) + `"`
}

func (g *graph) mermaid(w io.Writer) {
	fmt.Fprintln(w, "flowchart LR")
	for id, label := range g.labels {
		fmt.Fprintf(w, "  n%d[\"%s\"]\n", id, mermaidText(label))
	}
	for _, a := range g.arrows {
		fmt.Fprintf(w, "  n%d --> n%d\n", a[0], a[1])
	}
}

// mermaidText writes what is special in Mermaid or in the HTML that it makes as
// entity codes, which it has for that.
func mermaidText(s string) string {
	var b strings.Builder
	for _, c := range cleanLines(s) {
		switch {
		case c == '\n':
			b.WriteString("<br>")
		case strings.ContainsRune("\"<>&#;`\\", c):
			b.WriteString("#" + strconv.Itoa(int(c)) + ";")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// cleanLines makes each line of a text safe to show.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = CleanLine(lines[i])
	}
	return strings.Join(lines, "\n")
}
