package view

import (
	"fmt"
	"io"
	"strings"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// opDownload is the operation of a Plan and a Summary that buy nothing.
const opDownload = "download"

// writeDownload writes what a download is about to do.
func writeDownload(w io.Writer, style Style, p Plan) {
	pw := planWriter{Writer: w, style: style, plan: p, expand: p.Expand || len(p.Actions) <= listAll}
	fmt.Fprintf(pw, "%s\n\n", style.title("Download for "+Clean(p.Target.Path), "", p.Target.Simulated))
	for _, g := range groups(p.Plan) {
		pw.group(g)
	}
	pw.earlier()
	totals := p.Totals()
	if nothing := nothingToDo(p, totals); nothing != "" {
		fmt.Fprintln(pw, Wrap(nothing, 0, 0, style.Width))
	} else {
		pw.line("Download", toFetch(p.Plan)+". Nothing is bought.")
	}
	pw.hints(totals)
}

// toFetch counts what is fetched, and what is asked for first.
func toFetch(p *plan.Plan) string {
	ready, runs := 0, 0
	for i := range p.Actions {
		a := &p.Actions[i]
		switch {
		case a.Kind != plan.Collect:
		case a.Reason == plan.StillRunning:
			runs++
		default:
			ready++
		}
		for _, earlier := range a.Earlier() {
			if earlier.Status == state.Running {
				runs++
			} else {
				ready++
			}
		}
	}
	var parts []string
	if ready > 0 {
		parts = append(parts, count(ready, "result")+" to fetch")
	}
	if runs > 0 {
		parts = append(parts, count(runs, "task")+" to ask for, once")
	}
	if n := p.Totals().Moved; n > 0 {
		parts = append(parts, fmt.Sprintf("%d moved", n))
	}
	return strings.Join(parts, ", ")
}

// nothingToFetch says what is left to somebody where nothing can be fetched.
func nothingToFetch(p *plan.Plan, t plan.Totals) string {
	if waiting := rest(p, t); len(waiting) > 0 {
		return fmt.Sprintf("Nothing to fetch: %s.", strings.Join(waiting, ", "))
	}
	return "Nothing to fetch: all that is paid for is on disk."
}
