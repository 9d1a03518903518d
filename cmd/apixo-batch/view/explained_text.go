package view

import (
	"bufio"
	"fmt"
	"io"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// explainedWriter writes what a plan has to say about single instances.
type explainedWriter struct {
	io.Writer
	style Style
}

func writeExplained(w io.Writer, style Style, list []explained) {
	out := bufio.NewWriter(w)
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		explainedWriter{out, style}.write(e)
	}
	_ = out.Flush() // as for every other write of a view
}

func (w explainedWriter) write(e explained) {
	fmt.Fprintf(w, "%s  %s%s\n", w.style.bold(e.Address.String()), Clean(e.Model()), simulatedMark(e.plan.Target.Simulated))
	w.action(e)
	w.price(e)
	w.uses(e.uses)
	w.differing("model", e.models())
	w.request(e)
	old, now := e.fingerprints()
	w.differing("fingerprint", differing{string(old), string(now), !e.Eval.Known && e.Instance != nil})
	w.attempts(e.Prior)
	w.settings(e)
}

// explainedColumn is where the text of a line begins.
const explainedColumn = 15

func (w explainedWriter) line(label, text string) {
	fmt.Fprintf(w, "  %-*s%s\n", explainedColumn-2, label, Wrap(text, explainedColumn, explainedColumn, w.style.Width))
}

func (w explainedWriter) action(e explained) {
	text := string(e.Kind) + " " + e.done()
	if e.Detail != "" {
		text += ": " + Clean(e.Detail)
	}
	w.line("action", text)
	if e.Reason == plan.LeftOut {
		w.line("otherwise", string(e.Otherwise)+" "+planned(&plan.Action{Kind: e.Otherwise}))
	}
	if needed := neededBy(e.Action); needed != "" {
		w.line("", needed)
	}
	if from, is := e.Moved(); is {
		w.line("moved", "from "+from.String()+", no cost")
	}
	if e.Collects() && e.Kind != plan.Collect {
		w.line("", "what was paid for before is collected too")
	}
}

// done says what apply does.
func (e explained) done() string {
	if e.Reason == plan.UpToDate && !moved(e.Action) {
		return "up to date, nothing is submitted"
	}
	return planned(e.Action)
}

func (w explainedWriter) price(e explained) {
	price, pays := e.priced()
	switch {
	case !pays:
		return
	case !price.Known:
		w.line("price", "not known (set price in a model block)")
	case e.Instance.MaxAttempts > 1:
		w.line("price", fmt.Sprintf("%s for each of at most %d attempts", span(price.Low, price.High), e.Instance.MaxAttempts))
	default:
		w.line("price", span(price.Low, price.High))
	}
}

// listUses bounds the instances that are listed as used.
const listUses = 20

func (w explainedWriter) uses(uses []*plan.Action) {
	label := "uses"
	for i, a := range uses {
		if i == listUses {
			w.line("", fmt.Sprintf("... and %d more", len(uses)-listUses))
			return
		}
		w.line(label, fmt.Sprintf("%s, %s", a.Address, explained{Action: a}.done()))
		label = ""
	}
}

func (w explainedWriter) attempts(r *state.Record) {
	if r == nil {
		w.line("attempts", "none: it was never submitted")
		return
	}
	w.line("attempts", fmt.Sprintf("%d of the request on record", r.Attempt))
	if r.Status != state.Pending {
		latest := r.AsPast()
		w.line("latest", pastText(&latest))
	}
	label := "earlier"
	for i := range r.Past {
		w.line(label, pastText(&r.Past[i]))
		label = ""
	}
}

func (w explainedWriter) settings(e explained) {
	i := e.Instance
	if i == nil {
		return
	}
	text := fmt.Sprintf("max_attempts %d, timeout %s", i.MaxAttempts, i.Timeout)
	if i.Provider != "" {
		text += ", provider " + Clean(i.Provider)
	}
	w.line("settings", text)
	if i.Range.Filename != "" {
		w.line("declared", fmt.Sprintf("%s:%d", CleanLine(i.Range.Filename), i.Range.Start.Line))
	}
}
