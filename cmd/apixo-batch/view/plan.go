package view

import (
	"fmt"
	"io"
	"slices"
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
	hidden int // the instances of its rows that are not listed
}

func writePlan(w io.Writer, style Style, p Plan) {
	listed := 0
	for i := range p.Actions {
		if p.Actions[i].Kind != plan.Keep {
			listed++
		}
	}
	pw := planWriter{Writer: w, style: style, plan: p, expand: p.Expand || listed <= listAll}
	fmt.Fprintln(pw, style.title("Plan for "+Clean(p.Target.Path), "", p.Target.Simulated))
	if p.Saved != nil && p.Operation != "plan" {
		pw.line("Saved plan", savedAs(*p.Saved, p.Pending()))
	}
	if p.Catalog != "" {
		pw.line("Catalog", Clean(p.Catalog)+" gives models and prices, in place of the program's own.")
	}
	if p.BaseURL != "" {
		pw.line("API", fmt.Sprintf("%s receives your key; it is set in %s.", Clean(p.BaseURL), Clean(p.BaseURLFrom)))
	}
	if len(p.Target.Selection) > 0 {
		pw.line("Selection", p.Target.selection())
	}
	fmt.Fprintln(pw)
	for _, g := range groups(p.Plan) {
		pw.hidden += pw.group(g)
	}
	pw.earlier()
	pw.footer()
}

func simulatedMark(simulated bool) string {
	if !simulated {
		return ""
	}
	return "  (SIMULATED: nothing is sent to APIXO or charged)"
}

// title is a first line: what it is about, and what stands beside that. The mark
// of a simulation goes below where it has no room.
func (s Style) title(text, beside string, simulated bool) string {
	if beside != "" {
		beside = "  " + beside
	}
	mark := simulatedMark(simulated)
	if columns(text+beside+mark) > s.Width {
		mark = "\n" + strings.TrimLeft(mark, " ")
	}
	return s.bold(text) + beside + mark
}

// group writes a group, unless there is nothing to do in it. It tells how many
// instances of its rows it does not list.
func (w planWriter) group(g group) (hidden int) {
	var listed []*plan.Action
	for _, a := range g.kept {
		if w.plan.Listed[a.Address] {
			listed = append(listed, a)
		}
	}
	if len(g.rows)+len(listed) == 0 {
		return 0
	}
	fmt.Fprintf(w, "  %s  %s\n", w.style.bold(g.block), Clean(g.model))
	for _, r := range g.rows {
		w.rowLine(r)
		hidden += w.instances(r)
	}
	if n := len(g.kept); n > 0 {
		fmt.Fprintf(w, "    %s\n", w.style.dim(fmt.Sprintf("= %4d unchanged", n)))
		w.list(listed)
	}
	fmt.Fprintln(w)
	return hidden
}

// amountColumn and totalColumn are where the money of a row ends.
const (
	amountColumn = 46
	totalColumn  = 60
)

// rowLine writes what a row counts, and its money.
func (w planWriter) rowLine(r row) {
	text := fmt.Sprintf("%4d %s", len(r.actions), words(r.kind))
	if r.kind == plan.Keep {
		text = fmt.Sprintf("%4d %s", len(r.actions), keptWords(r.actions))
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

// keptWords say what happens to what stays as it is.
func keptWords(actions []*plan.Action) string {
	var words []string
	for _, kept := range []struct {
		word string
		is   func(*plan.Action) bool
	}{
		{"moved", func(a *plan.Action) bool { return !a.Judged && !a.Restored }},
		{"accepted", func(a *plan.Action) bool { return a.Judged && !a.Restored }},
		{"bought earlier", func(a *plan.Action) bool { return a.Restored }},
	} {
		if slices.ContainsFunc(actions, kept.is) {
			words = append(words, kept.word)
		}
	}
	return strings.Join(words, ", ")
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
	var prices []plan.Price
	for _, a := range r.actions {
		if a.Price.Known {
			prices = append(prices, a.Price)
			low, high = low+a.Price.Low, high+a.Price.High
		}
	}
	switch unpriced := len(r.actions) - len(prices); {
	case len(prices) == 0:
		return "", "no price"
	case unpriced > 0:
		return fmt.Sprintf("%d without a price", unpriced), span(low, high)
	default:
		return priceEach(prices), span(low, high)
	}
}

// priceEach is what one of several instances costs: a price that they share, or from
// the lowest to the highest.
func priceEach(prices []plan.Price) string {
	least, most, alike := prices[0].Low, prices[0].High, true
	for _, p := range prices[1:] {
		alike = alike && p.Low == prices[0].Low && p.High == prices[0].High
		least, most = min(least, p.Low), max(most, p.High)
	}
	if alike {
		return span(least, most) + " each"
	}
	return least.String() + " to " + most.String() + " each"
}

func span(low, high task.Cost) string {
	if low == high {
		return low.String()
	}
	if low < 0 { // two signs in a row would be read as one
		return low.String() + " to " + high.String()
	}
	return low.String() + "-" + high.String()
}

// line writes a labelled line of the footer, wrapped under its text.
func (w planWriter) line(label, text string) {
	start := len(label) + 2
	fmt.Fprintf(w, "%s %s\n", w.style.bold(label+":"), Wrap(text, start, start, w.style.Width))
}
