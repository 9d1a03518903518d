package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// footer writes the counts and the money.
func (w planWriter) footer() {
	totals := w.plan.Totals()
	if nothing := nothingToDo(w.plan, totals); nothing != "" {
		fmt.Fprintln(w, Wrap(nothing, 0, 0, w.style.Width))
		w.hints(totals)
		w.saved()
		return
	}
	w.line("Plan", counts(w.plan.Plan, totals))
	if totals.Paying() > 0 {
		w.line("Cost", cost(w.plan, totals))
		for _, model := range slices.Sorted(maps.Keys(totals.PriceNotes)) {
			w.line("Price", fmt.Sprintf("%s: %s.", Clean(model), Clean(totals.PriceNotes[model])))
		}
		if totals.Resubmits > 0 {
			w.line("Twice", inDoubtOf(totals)+".")
		}
		w.budget(totals)
	}
	w.balance(totals)
	w.hints(totals)
	w.saved()
}

// nothingToDo is set if an apply would neither submit nor collect nor write.
func nothingToDo(p Plan, t plan.Totals) string {
	waiting := t.Count[plan.Blocked] + t.Count[plan.Doubtful] + orphanDoubts(p.Plan)
	switch {
	case p.Pending():
		return ""
	case p.Operation == opDownload:
		return nothingToFetch(p.Plan, t)
	case waiting > 0:
		return fmt.Sprintf("Nothing to do: %s.", strings.Join(rest(p.Plan, t), ", "))
	case t.LeftOut[plan.BySavedPlan] > 0:
		return "Nothing of this plan is left to do."
	case t.LeftOut[plan.ByResume] > 0:
		return "Nothing to collect or to retry."
	case t.NotSelected() > 0:
		return "Nothing to do in the selection."
	default:
		return "No changes. Your results match the configuration."
	}
}

// counts begins as Terraform's line does; the rest is ours.
func counts(p *plan.Plan, t plan.Totals) string {
	text := fmt.Sprintf("%d to add, %d to change, 0 to destroy.", t.Count[plan.Submit], t.Count[plan.Regenerate])
	if more := rest(p, t); len(more) > 0 {
		text += " " + strings.Join(more, ", ") + "."
	}
	return text
}

func rest(p *plan.Plan, t plan.Totals) []string {
	lost := orphanDoubts(p)
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{
		{t.Count[plan.Retry], "to retry"},
		{t.Count[plan.Collect], "to collect"},
		{t.Imported, "of them imported"},
		{t.Followed, "of earlier inputs to collect"},
		{t.Moved, "moved"},
		{t.Count[plan.Blocked], "blocked"},
		{t.Count[plan.Doubtful] + lost, "in doubt"},
		{t.Count[plan.Orphan] - t.Dropped - lost, "not declared"},
		{t.Dropped, "to be dropped from the state"},
		{t.Accepted, "accepted after all"},
		{t.Restored, "bought earlier"},
		{t.Count[plan.Keep] - t.Accepted - t.Restored, "unchanged"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	return parts
}

// inDoubtOf counts the submits to come whose predecessor is in doubt.
func inDoubtOf(t plan.Totals) string {
	if t.Resubmits == 1 {
		return "1 of them is a second submit of what is in doubt, and may be paid twice"
	}
	return fmt.Sprintf("%d of them are second submits of what is in doubt, and may be paid twice", t.Resubmits)
}

// orphanDoubts counts the orphans in doubt. They are counted among the doubts,
// not among what is no longer declared, since they too wait to be settled.
func orphanDoubts(p *plan.Plan) int {
	n := 0
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind == plan.Orphan && a.InDoubt() {
			n++
		}
	}
	return n
}

func cost(p Plan, t plan.Totals) string {
	unpriced := 0
	for _, n := range t.Unpriced {
		unpriced += n
	}
	if unpriced == t.Paying() {
		return "not known: " + withoutPrice(t)
	}
	text := span(t.Low, t.High) + " estimated"
	if most, bounded := p.Most(t); bounded && most < t.High {
		text += "; the budget ends it at " + most.String()
	} else if more := p.MostText(t); more != "" {
		text += ", " + more
	}
	if unpriced > 0 {
		return text + ". Not in it: " + withoutPrice(t)
	}
	return text + "."
}

func withoutPrice(t plan.Totals) string {
	var parts []string
	for _, model := range slices.Sorted(maps.Keys(t.Unpriced)) {
		parts = append(parts, fmt.Sprintf("%s of %s", count(t.Unpriced[model], "task"), Clean(model)))
	}
	return strings.Join(parts, ", ") + " without a price (set price in a model block)."
}

func (w planWriter) budget(t plan.Totals) {
	unpriced := ""
	if len(t.Unpriced) > 0 {
		unpriced = " Tasks without a price are not covered by it."
	}
	if w.plan.Budget != nil {
		left := w.plan.budgetLeft()
		text := fmt.Sprintf("%s for this state, %s committed%s, %s left.", w.plan.Budget, w.plan.Committed, ofItReserved(w.plan.Reserved), left)
		w.line("Budget", text+beyond(t, left)+unpriced)
	}
	if w.plan.RunBudget != nil {
		w.line("Budget", fmt.Sprintf("%s for this run.", w.plan.RunBudget)+beyond(t, *w.plan.RunBudget)+unpriced)
	}
}

// ofItReserved is what of a committed amount may not have been charged; the rest is
// spent.
func ofItReserved(reserved task.Cost) string {
	if reserved == 0 {
		return ""
	}
	return fmt.Sprintf(" (of it %s reserved, perhaps not charged)", reserved)
}

func beyond(t plan.Totals, left task.Cost) string {
	if t.High <= left {
		return ""
	}
	return " The plan may cost more: submitting stops there."
}

func (w planWriter) balance(t plan.Totals) {
	most, bounded := w.plan.Most(t)
	switch {
	case w.plan.Balance == nil && w.plan.NoBalance != "":
		w.line("Balance", w.plan.NoBalance)
	case w.plan.Balance == nil:
	case t.Paying() == 0:
		w.line("Balance", w.plan.Balance.String()+".")
	case len(t.Unpriced) > 0 && t.High == 0:
		w.line("Balance", w.plan.Balance.String()+", less what has no price.")
	case len(t.Unpriced) > 0:
		w.line("Balance", fmt.Sprintf("%s, less %s and what has no price.", w.plan.Balance, min(t.High, most)))
	case bounded && most <= t.High:
		w.line("Balance", fmt.Sprintf("%s -> %s, where the budget ends.", w.plan.Balance, *w.plan.Balance-most))
	case bounded:
		w.line("Balance", fmt.Sprintf("%s -> %s, or %s where the budget ends.", w.plan.Balance, *w.plan.Balance-t.High, *w.plan.Balance-most))
	case most > t.High:
		w.line("Balance", fmt.Sprintf("%s -> %s, or %s after every retry.", w.plan.Balance, *w.plan.Balance-t.High, *w.plan.Balance-most))
	default:
		w.line("Balance", fmt.Sprintf("%s -> %s.", w.plan.Balance, *w.plan.Balance-t.High))
	}
}

// hints name the command for what apply will not do by itself.
func (w planWriter) hints(t plan.Totals) {
	if slices.ContainsFunc(w.plan.Actions, func(a plan.Action) bool { return a.InDoubt() }) {
		writeDoubtCommand(w, w.style, w.plan.Target)
	}
	if slices.ContainsFunc(w.plan.Actions, func(a plan.Action) bool {
		return a.Kind == plan.Blocked && (a.Reason == plan.FailedForGood || a.Reason == plan.Rejected)
	}) {
		w.line("Blocked", "change the input, or buy again as it is with apply -replace=ADDRESS.")
	}
	if t.Count[plan.Orphan]-t.Dropped > orphanDoubts(w.plan.Plan) {
		w.line("Not declared", "the records stay until "+w.plan.Target.Command("state rm", "ADDRESS")+".")
	}
	if w.hidden > 0 {
		w.line("Not listed", count(w.hidden, "instance")+"; -expand lists all.")
	}
	w.leftOut(t)
}
