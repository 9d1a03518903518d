package view

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// PlanFile is a saved plan as its file has it, and what its state says of it.
type PlanFile struct {
	*plan.Saved
	Path      string
	Target    Target // that the plan was made for
	StatePath string
	Progress  PlanProgress
	// Prior are the records of the state that the plan was made against, as long as
	// that is as it was; nil after it has changed.
	Prior []state.Record
}

// PlanProgress is what is known of the apply of a saved plan.
type PlanProgress struct {
	// Unknown says why nothing is known; "" if the state could be read.
	Unknown string
	Begun   time.Time // zero: it was not applied
	// Stale says why an apply would refuse the plan; "" as far as the state tells.
	Stale string
	// Submitted counts the purchases that were, or may have been, paid for under
	// the plan, and Committed is their price.
	Submitted int
	Committed task.Cost
}

// WritePlanFile writes a saved plan for people: what it rests on, every action,
// and whether it was applied.
func WritePlanFile(w io.Writer, style Style, f PlanFile) error {
	out := bufio.NewWriter(w)
	p := Plan{Plan: withoutInputs(f.Saved), Target: f.Target, Operation: "show", RunBudget: f.RunBudget}
	pw := planWriter{Writer: out, style: style, plan: p}
	fmt.Fprintln(pw, style.title("Saved plan "+CleanLine(f.Path), "", f.Simulated))
	pw.origin(f)
	fmt.Fprintln(pw)
	byAddress := make(map[task.Address]*plan.SavedAction, len(f.Actions))
	for i := range f.Actions {
		byAddress[f.Actions[i].Address] = &f.Actions[i]
	}
	for _, g := range groups(p.Plan) { // each has a row: what is unchanged is not in the file
		fmt.Fprintf(pw, "  %s  %s\n", style.bold(g.block), Clean(g.model))
		for _, r := range g.rows {
			pw.rowLine(r)
			column := addressColumn(r.actions)
			for _, a := range r.actions {
				pw.instance(a.Address, approvedDetail(byAddress[a.Address]), column)
			}
		}
		fmt.Fprintln(pw)
	}
	pw.approval(f)
	return out.Flush()
}

// withoutInputs is the plan as people are shown it: without inputs, which the file may
// hold, and without records, which it does not.
func withoutInputs(s *plan.Saved) *plan.Plan {
	p := new(plan.Plan)
	for i := range s.Actions {
		a := &s.Actions[i]
		action := plan.Action{
			Kind: a.Kind, Address: a.Address, Reason: a.Reason,
			Instance: &spec.Instance{Address: a.Address, InstanceSettings: &spec.InstanceSettings{Model: a.Model, MaxAttempts: a.MaxAttempts}},
			Eval:     new(spec.Evaluation),
			Import:   a.Import, Dropped: a.Reason == plan.Removed, Judged: a.Kind == plan.Keep && a.From == (task.Address{}),
			Price: plan.Price{Low: a.Low, High: a.High, Known: a.Priced},
		}
		if from := a.From; from != (task.Address{}) {
			action.Prior = &state.Record{Address: from}
		}
		if a.Kind == plan.Orphan {
			action.Instance, action.Prior = nil, &state.Record{Address: a.Address, Request: task.Request{Model: a.Model}}
		}
		p.Actions = append(p.Actions, action)
	}
	return p
}

// origin writes what the plan rests on.
func (w planWriter) origin(f PlanFile) {
	w.line("Made", fmt.Sprintf("%s by %s.", utc(f.Created), Clean(f.Tool)))
	w.line("Configuration", fmt.Sprintf("%s, %s read.", CleanLine(f.Configuration), count(len(f.Files), "file")))
	w.line("State", fmt.Sprintf("%s, lineage %s, after %s.", CleanLine(f.StatePath), Clean(f.Lineage), count(int(f.Changes), "change")))
	w.line("Endpoint", Clean(f.Endpoint))
	if f.Catalog != "" {
		w.line("Catalog", CleanLine(f.Catalog))
	}
	w.listed("Variables", variablesText(f.Saved))
	w.listed("Also read", cleaned(f.AllowPaths))
	w.listed("Replaces", cleaned(f.Replace))
	if s := f.Selection; s != nil {
		w.listed("Selection", selectionText(s))
	}
	if f.RunBudget != nil {
		w.line("Budget", fmt.Sprintf("%s for all applies of the plan together.", f.RunBudget))
	}
	if f.AllowUnpriced {
		w.line("Unpriced", "what has no price is run, uncovered by any budget.")
	}
}

// listed writes a line unless there is nothing to list.
func (w planWriter) listed(label string, texts []string) {
	if len(texts) > 0 {
		w.line(label, strings.Join(texts, ", ")+".")
	}
}

func variablesText(s *plan.Saved) (texts []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		texts = append(texts, Clean(name)+" = "+valueText(s.Variables[name]))
	}
	for _, name := range s.VariableNames {
		if _, shown := s.Variables[name]; !shown {
			texts = append(texts, Clean(name)+" = (sensitive)")
		}
	}
	for _, file := range s.VariableFiles {
		texts = append(texts, "those of "+CleanLine(file))
	}
	return texts
}

func cleaned(texts []string) (clean []string) {
	for _, text := range texts {
		clean = append(clean, Clean(text))
	}
	return clean
}

func selectionText(s *plan.SavedSelection) (texts []string) {
	for _, pattern := range s.Target {
		texts = append(texts, "only "+Clean(pattern)+" and what it needs")
	}
	for _, pattern := range s.Exclude {
		texts = append(texts, "without "+Clean(pattern))
	}
	if s.Limit > 0 {
		texts = append(texts, fmt.Sprintf("the first %d of each task block", s.Limit))
	}
	if s.Sample > 0 {
		texts = append(texts, fmt.Sprintf("a sample of %d of each task block (seed %s)", s.Sample, Clean(s.Seed)))
	}
	return texts
}

// approvedDetail is what the plan approves for an instance, and why.
func approvedDetail(a *plan.SavedAction) string {
	var parts []string
	if a.From != (task.Address{}) {
		parts = append(parts, "moved from "+a.From.String()+", no cost")
	}
	switch {
	case a.Kind.Pays() && a.Reason != plan.New:
		parts = append(parts, reasonText(a.Reason))
	case !a.Kind.Pays() && a.Kind != plan.Keep && a.Kind != plan.Orphan:
		parts = append(parts, reasonText(a.Reason))
	}
	switch {
	case a.Fingerprint != "":
		parts = append(parts, "request "+shortPrint(a.Fingerprint))
	case len(a.After) > 0:
		parts = append(parts, "after "+addresses(a.After))
	}
	if a.Kind.Pays() && !a.Priced {
		parts = append(parts, "no price")
	}
	return strings.Join(parts, "; ")
}

func reasonText(r plan.Reason) string { return strings.ReplaceAll(Clean(string(r)), "_", " ") }

// shortPrint is enough of a fingerprint to tell it from others, without its version.
func shortPrint(f task.Fingerprint) string {
	_, sum, _ := strings.Cut(string(f), ":")
	return Clean(sum[:min(len(sum), 12)])
}

// approval ends a plan: its sums, and what became of it.
func (w planWriter) approval(f PlanFile) {
	totals := w.plan.Totals()
	totals.Repeats = f.Total.Repeats // for its actions do not tell
	if len(f.Actions) == 0 {
		fmt.Fprintln(w, "It has nothing to do.")
	} else {
		w.line("Plan", counts(w.plan.Plan, totals))
	}
	if totals.Paying() > 0 {
		w.line("Cost", cost(w.plan, totals))
	}
	text, next := f.progressText(totals.Paying())
	w.line("Applied", text)
	fmt.Fprintf(w, "%s %s\n", w.style.bold("Next:"), next)
}

// progressText says what became of a plan with so many purchases, and the command
// that goes on from there.
func (f PlanFile) progressText(purchases int) (text, next string) {
	again := f.Target
	again.Plan = ""
	apply, another := f.Target.Command("apply"), again.Command("plan", "-out="+f.Path)
	switch p := f.Progress; {
	case p.Unknown != "":
		return "not known: " + Clean(p.Unknown) + ".", apply
	case !p.Begun.IsZero():
		text = fmt.Sprintf("its apply began %s; %d of %s submitted, %s committed.", utc(p.Begun), p.Submitted, count(purchases, "purchase"), p.Committed)
		return text + " Applied again it goes on with what is left, and buys nothing twice.", apply
	case p.Stale != "":
		return "no, and apply refuses it: " + Clean(p.Stale) + ". Make another one.", another
	default:
		return "no.", apply
	}
}
