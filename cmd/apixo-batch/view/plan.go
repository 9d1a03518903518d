package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	// listAll is the number of instances up to which a plan lists each.
	listAll = 20
	// listExceptional bounds the exceptional instances listed in one row.
	listExceptional = 10
	// expiringSoon is how long before its URLs die a result is pointed out.
	expiringSoon = 6 * time.Hour
)

// kinds are the actions in the order of their rows; Keep has none.
var kinds = [...]plan.Kind{
	plan.Submit, plan.Regenerate, plan.Retry, plan.Collect, plan.Blocked, plan.Doubtful, plan.Orphan,
}

// words say what a row counts.
func words(k plan.Kind) string {
	switch k {
	case plan.Submit:
		return "to submit"
	case plan.Regenerate:
		return "to regenerate"
	case plan.Retry:
		return "to retry"
	case plan.Collect:
		return "to collect"
	case plan.Blocked:
		return "blocked"
	case plan.Doubtful:
		return "in doubt"
	default:
		return "not declared"
	}
}

// row is the actions of one kind in one group.
type row struct {
	kind    plan.Kind
	actions []*plan.Action
}

// group is a task block and a model.
type group struct {
	block, model string
	rows         []row
	kept         int
}

// groups sorts a plan's actions into rows, in the plan's order. Groups with
// nothing to do are left out.
func groups(p *plan.Plan) []group {
	type key struct{ block, model string }
	index := make(map[key]int)
	var found []group
	for i := range p.Actions {
		a := &p.Actions[i]
		k := key{a.Address.Block(), a.Model()}
		at, seen := index[k]
		if !seen {
			at = len(found)
			index[k] = at
			found = append(found, group{block: k.block, model: k.model, rows: newRows()})
		}
		if a.Kind == plan.Keep && !moved(a) {
			found[at].kept++
			continue
		}
		j := slices.IndexFunc(found[at].rows, func(r row) bool { return r.kind == a.Kind })
		found[at].rows[j].actions = append(found[at].rows[j].actions, a)
	}
	for i := range found {
		found[i].rows = slices.DeleteFunc(found[i].rows, func(r row) bool { return len(r.actions) == 0 })
	}
	return slices.DeleteFunc(found, func(g group) bool { return len(g.rows) == 0 })
}

func newRows() []row {
	rows := make([]row, 0, len(kinds)+1)
	for _, k := range kinds {
		rows = append(rows, row{kind: k})
	}
	return append(rows, row{kind: plan.Keep}) // moved, and nothing else
}

func moved(a *plan.Action) bool {
	_, is := a.Moved()
	return is
}

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
	fmt.Fprintf(pw, "%s%s\n", style.bold("Plan for "+Clean(p.Target.Path)), simulatedMark(p.Target.Simulated))
	if p.BaseURL != "" {
		pw.line("API", fmt.Sprintf("%s receives your key; it is set in %s.", Clean(p.BaseURL), Clean(p.BaseURLFrom)))
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

func (w planWriter) group(g group) {
	fmt.Fprintf(w, "  %s  %s\n", w.style.bold(g.block), Clean(g.model))
	for _, r := range g.rows {
		w.row(r)
	}
	if g.kept > 0 {
		fmt.Fprintf(w, "    %s\n", w.style.dim(fmt.Sprintf("= %4d unchanged", g.kept)))
	}
	fmt.Fprintln(w)
}

// amountColumn and totalColumn are where the money of a row ends.
const (
	amountColumn = 46
	totalColumn  = 60
)

func (w planWriter) row(r row) {
	text := fmt.Sprintf("%4d %s", len(r.actions), words(r.kind))
	if r.kind == plan.Keep {
		text = fmt.Sprintf("%4d moved, otherwise unchanged", len(r.actions))
	}
	unit, total := money(r)
	line := "    " + w.symbol(r.kind) + " " + pad(text, 20)
	if unit != "" || total != "" {
		used := 4 + 2 + max(20, columns(text))
		line += padLeft(unit, max(0, amountColumn-used))
		line += padLeft(total, max(0, totalColumn-amountColumn))
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
	w.instances(r)
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

// instances lists the instances of a row: all when they are few, else those
// that a reader must see.
func (w planWriter) instances(r row) {
	var listed []*plan.Action
	for _, a := range r.actions {
		if w.expand || w.exceptional(a) {
			listed = append(listed, a)
		}
	}
	hidden := 0
	if !w.expand && len(listed) > listExceptional {
		hidden = len(listed) - listExceptional
		listed = listed[:listExceptional]
	}
	column := 0
	for _, a := range listed {
		if c := columns(a.Address.String()); c <= 36 {
			column = max(column, c)
		}
	}
	for _, a := range listed {
		w.instance(a, column)
	}
	if hidden > 0 {
		fmt.Fprintf(w, "           ... and %d more; -expand lists them\n", hidden)
	}
}

func (w planWriter) exceptional(a *plan.Action) bool {
	switch a.Kind {
	case plan.Regenerate, plan.Blocked, plan.Doubtful:
		return true
	}
	return moved(a) || w.expires(a) != ""
}

// expires says when the URLs of a result that is not on disk die.
func (w planWriter) expires(a *plan.Action) string {
	if a.Reason != plan.ResultMissing || a.Prior.RefreshedURLs != nil {
		return ""
	}
	left := a.Prior.Result.ExpiresAt().Sub(w.plan.Now)
	switch {
	case left > expiringSoon:
		return ""
	case left <= 0:
		return "its URLs have expired"
	default:
		return "its URLs expire in " + short(left)
	}
}

const instanceIndent = 11

func (w planWriter) instance(a *plan.Action, column int) {
	address := a.Address.String()
	detail := w.detail(a)
	line := strings.Repeat(" ", instanceIndent) + address
	if detail == "" {
		fmt.Fprintln(w, line)
		return
	}
	at := instanceIndent + max(column, columns(address)) + 2
	if at+min(columns(detail), 20) > w.style.Width {
		at = instanceIndent + 2
		fmt.Fprintf(w, "%s\n%s%s\n", line, strings.Repeat(" ", at), w.style.dim(Wrap(detail, at, at, w.style.Width)))
		return
	}
	fmt.Fprintln(w, pad(line, at)+w.style.dim(Wrap(detail, at, at, w.style.Width)))
}

// detail is why an instance is in its row, where the row does not say it.
func (w planWriter) detail(a *plan.Action) string {
	var parts []string
	if from, is := a.Moved(); is {
		parts = append(parts, "moved from "+from.String()+", no cost")
	}
	switch {
	case a.Kind == plan.Submit && a.Instance != nil && !a.Eval.Known && len(a.Eval.After) > 0:
		parts = append(parts, "after "+addresses(a.Eval.After))
	case a.Reason == plan.New, a.Reason == plan.UpToDate:
	default:
		parts = append(parts, Clean(a.Detail))
	}
	if a.Kind == plan.Doubtful {
		parts = append(parts, doubtCost(a.Prior))
	}
	if expires := w.expires(a); expires != "" {
		parts = append(parts, expires)
	}
	return strings.Join(parts, "; ")
}

func doubtCost(r *state.Record) string {
	if !r.Priced {
		return "it may have been charged; the price is not known"
	}
	return "up to " + r.Cost.String() + " may have been charged"
}

func addresses(list []task.Address) string {
	names := make([]string, 0, 3)
	for i, a := range list {
		if i == 2 && len(list) > 3 {
			return strings.Join(append(names, fmt.Sprintf("%d more", len(list)-2)), ", ")
		}
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

// line writes a labelled line of the footer, wrapped under its text.
func (w planWriter) line(label, text string) {
	start := len(label) + 2
	fmt.Fprintf(w, "%s %s\n", w.style.bold(label+":"), Wrap(text, start, start, w.style.Width))
}
