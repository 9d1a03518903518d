package view

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// explainedWriter writes what a plan has to say about single instances.
type explainedWriter struct {
	labelled
	style Style
}

// explainedColumn is where the text of a line begins.
const explainedColumn = 15

func writeExplained(w io.Writer, style Style, list []explained) {
	out := bufio.NewWriter(w)
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		explainedWriter{labelled{out, explainedColumn, style.Width}, style}.write(e)
	}
	_ = out.Flush() // see doc.go for the errors of writes
}

func (w explainedWriter) write(e explained) {
	fmt.Fprintln(w, w.style.title(e.Address.String(), Clean(e.Model()), e.plan.Target.Simulated))
	w.action(e)
	w.price(e)
	w.uses(e.uses)
	w.differing("model", e.models())
	w.request(e)
	old, now := e.fingerprints()
	w.differing("fingerprint", differing{shortPrint(old), shortPrint(now), !e.Eval.Known && e.Instance != nil})
	w.attempts(e.Prior)
	w.settings(e)
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
		most := price.High * task.Cost(e.Instance.MaxAttempts)
		w.line("price", fmt.Sprintf("%s; at most %s if it is tried %s", span(price.Low, price.High), most, repeatedly(e.Instance.MaxAttempts)))
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
	w.line("attempts", attemptsText(r))
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

// repeatedly is how often a request is tried.
func repeatedly(times int) string {
	if times == 2 {
		return "twice"
	}
	return fmt.Sprintf("%d times", times)
}

// attemptsText counts the accepted submits of the request on record.
func attemptsText(r *state.Record) string {
	accepted := fmt.Sprintf("%d of the request on record", r.Attempt)
	if r.Attempt == 0 {
		accepted = "none accepted yet"
	}
	if r.Status == state.InDoubt || r.Status == state.Submitting {
		accepted += "; the latest submit is in doubt"
	}
	return accepted
}

func (w explainedWriter) settings(e explained) {
	i := e.Instance
	if i == nil {
		return
	}
	label := "settings"
	for _, s := range instanceSettings(i) {
		text := s.name + " " + Clean(s.text)
		if s.from != "" {
			text += " (" + CleanLine(s.from) + ")"
		}
		w.line(label, text)
		label = ""
	}
	if names, where := i.Inherited(); len(names) > 0 {
		w.line("defaults", CleanLine(strings.Join(names, ", "))+" of the input, "+CleanLine(where))
	}
	if i.Range.Filename != "" {
		w.line("declared", fmt.Sprintf("%s:%d", CleanLine(i.Range.Filename), i.Range.Start.Line))
	}
}
