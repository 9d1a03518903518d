package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

const (
	// listAll is the number of instances up to which a plan lists each.
	listAll = 20
	// listExceptional bounds the exceptional instances listed in one row.
	listExceptional = 10
	// expiringSoon is how long before its URLs die a result is pointed out.
	expiringSoon = 6 * time.Hour
)

// planWriter writes a plan for people.
type planWriter struct {
	io.Writer
	style  Style
	plan   Plan
	expand bool
}

func writePlan(w io.Writer, style Style, p Plan) {
	listed := 0
	for i := range p.Actions {
		if p.Actions[i].Kind != plan.Keep {
			listed++
		}
	}
	pw := planWriter{Writer: w, style: style, plan: p, expand: p.Expand || listed <= listAll}
	fmt.Fprintln(pw, style.title("Plan for "+Clean(p.Target.Path), p.Target.Simulated))
	if p.Saved != nil && p.Operation != "plan" {
		pw.line("Saved plan", savedAs(*p.Saved, p.Pending()))
	}
	if p.BaseURL != "" {
		pw.line("API", fmt.Sprintf("%s receives your key; it is set in %s.", Clean(p.BaseURL), Clean(p.BaseURLFrom)))
	}
	if len(p.Target.Selection) > 0 {
		pw.line("Selection", p.Target.selection())
	}
	fmt.Fprintln(pw)
	for _, g := range groups(p.Plan) {
		pw.group(g)
	}
	pw.footer()
}

func simulatedMark(simulated bool) string {
	if !simulated {
		return ""
	}
	return "  (SIMULATED: nothing is sent to APIXO or charged)"
}

// title is the first line of a plan; the mark goes below where it has no room.
func (s Style) title(text string, simulated bool) string {
	mark := simulatedMark(simulated)
	if columns(text+mark) > s.Width {
		mark = "\n" + strings.TrimLeft(mark, " ")
	}
	return s.bold(text) + mark
}

// group writes a group, unless there is nothing to do in it.
func (w planWriter) group(g group) {
	var listed []*plan.Action
	for _, a := range g.kept {
		if w.plan.Listed[a.Address] {
			listed = append(listed, a)
		}
	}
	if len(g.rows)+len(listed) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s  %s\n", w.style.bold(g.block), Clean(g.model))
	for _, r := range g.rows {
		w.row(r)
	}
	if n := len(g.kept); n > 0 {
		fmt.Fprintf(w, "    %s\n", w.style.dim(fmt.Sprintf("= %4d unchanged", n)))
		w.list(listed)
	}
	fmt.Fprintln(w)
}

// amountColumn and totalColumn are where the money of a row ends.
const (
	amountColumn = 46
	totalColumn  = 60
)

func (w planWriter) row(r row) {
	w.rowLine(r)
	w.instances(r)
}

// rowLine writes what a row counts, and its money.
func (w planWriter) rowLine(r row) {
	text := fmt.Sprintf("%4d %s", len(r.actions), words(r.kind))
	if r.kind == plan.Keep {
		text = fmt.Sprintf("%4d moved", len(r.actions))
	}
	unit, total := money(r)
	line := "    " + w.symbol(r.kind) + " " + pad(text, 20)
	if unit != "" || total != "" {
		used := 4 + 2 + max(20, columns(text))
		line += padLeft(unit, max(0, amountColumn-used))
		line += padLeft(total, max(0, totalColumn-amountColumn))
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

func (w planWriter) symbol(k plan.Kind) string {
	symbol := string(k)
	switch k {
	case plan.Submit:
		return w.style.green(symbol)
	case plan.Regenerate, plan.Retry, plan.Doubtful:
		return w.style.yellow(symbol)
	case plan.Collect:
		return w.style.cyan(symbol)
	case plan.Blocked:
		return w.style.red(symbol)
	default:
		return symbol
	}
}

// money gives a row's unit price and its total.
func money(r row) (unit, total string) {
	switch {
	case r.kind == plan.Collect:
		return "", "already paid"
	case r.kind == plan.Doubtful:
		return "", "perhaps paid"
	case !r.kind.Pays():
		return "", ""
	}
	var low, high task.Cost
	var least, most task.Cost
	priced := 0
	for _, a := range r.actions {
		if !a.Price.Known {
			continue
		}
		if priced == 0 || a.Price.Low < least {
			least = a.Price.Low
		}
		most = max(most, a.Price.High)
		low, high = low+a.Price.Low, high+a.Price.High
		priced++
	}
	switch unpriced := len(r.actions) - priced; {
	case priced == 0:
		return "", "no price"
	case unpriced > 0:
		return fmt.Sprintf("%d without a price", unpriced), span(low, high)
	default:
		return span(least, most) + " each", span(low, high)
	}
}

func span(low, high task.Cost) string {
	if low == high {
		return low.String()
	}
	return low.String() + "-" + high.String()
}

// line writes a labelled line of the footer, wrapped under its text.
func (w planWriter) line(label, text string) {
	start := len(label) + 2
	fmt.Fprintf(w, "%s %s\n", w.style.bold(label+":"), Wrap(text, start, start, w.style.Width))
}
