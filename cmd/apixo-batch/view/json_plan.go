package view

import (
	"apixo-batch/runner/plan"
)

// planned says in a few words what a plan has for an instance.
func planned(a *plan.Action) string {
	switch {
	case a.Kind == plan.Submit:
		return "to be submitted"
	case a.Kind == plan.Regenerate:
		return "to be regenerated"
	case a.Kind == plan.Retry:
		return "to be retried"
	case a.Kind == plan.Collect && a.Import != "":
		return "to be imported, at no cost"
	case a.Dropped:
		return "its record is to be dropped, as a removed block says"
	case a.Kind == plan.Keep && a.Restored:
		return "used again, bought earlier"
	case a.Kind == plan.Keep && a.Judged:
		return "accepted: its postconditions hold now"
	case a.Kind == plan.Collect:
		return "to be collected, already paid for"
	case a.Kind == plan.Blocked:
		return "blocked, nothing is submitted"
	case a.InDoubt():
		return "in doubt, waits for resolve"
	case a.Kind == plan.Orphan:
		return "no longer declared, its record stays"
	case a.Reason == plan.LeftOut:
		return "left out, nothing is submitted"
	default:
		return "moved, nothing is submitted"
	}
}

// Plan implements View: one planned_change for each action that is not Keep, or
// that is left out, then the change_summary.
func (j *JSON) Plan(p Plan) {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind == plan.Keep && !moved(a) && !a.Judged && !a.Restored && a.Reason != plan.LeftOut {
			continue
		}
		j.write("info", "planned_change", a.Address.String()+": "+planned(a), plannedChangeLine{newPlannedChange(a)})
	}
	j.changeSummary(p)
}

func newPlannedChange(a *plan.Action) plannedChange {
	change := plannedChange{Resource: refer(a.Address, a.Model()), Action: a.Kind.Word(), Reason: a.Reason, Detail: a.Detail}
	input := a.Eval.Draft
	if a.Eval.Known {
		input = a.Eval.Request.Input
	}
	change.changeValues = newChangeValues(a.Kind, a.Prior, a.Model(), input, a.Eval.Known)
	if a.Dropped {
		change.changeValues = change.forget()
	}
	if from, is := a.Moved(); is {
		change.Previous = referTo(from)
	}
	if a.Kind.Pays() {
		change.Cost = price(a.Price)
	}
	if a.Reason == plan.LeftOut {
		change.LeftOutBy, change.Otherwise = a.LeftOutBy, a.Otherwise.Word()
	}
	if a.Import != "" {
		change.Import = &importRef{a.Import}
	}
	if neededBy(a) != "" {
		change.NeededBy = referTo(*a.NeededBy)
	}
	return change
}

func (j *JSON) changeSummary(p Plan) {
	t := p.Totals()
	most, bounded := p.Most(t)
	line := changeSummaryLine{
		Changes: newChangeCounts(p, t), Simulated: p.Target.Simulated, Catalog: p.Catalog, BaseURL: p.BaseURL, Selection: p.Target.Selection, Earlier: earlierRefs(p),
		Cost: planCost{amount(t.Low), amount(t.High), amount(most), bounded, t.Unpriced, t.Repeats, t.PriceNotes},
	}
	if p.Budget != nil {
		line.Budget, line.Committed, line.Reserved = amount(*p.Budget), amount(p.Committed), amount(p.Reserved)
	}
	if p.RunBudget != nil {
		line.RunBudget = amount(*p.RunBudget)
	}
	if p.Balance != nil {
		line.Balance = amount(*p.Balance)
	}
	if s := p.Saved; s != nil {
		line.SavedPlan = &savedRef{s.Path, s.Nonce, s.Created, s.Begun}
	}
	message := "Plan: " + counts(p.Plan, t)
	if nothing := nothingToDo(p, t); nothing != "" {
		message = nothing
	}
	j.write("info", "change_summary", message, line)
}

func newChangeCounts(p Plan, t plan.Totals) changeCounts {
	lost := orphanDoubts(p.Plan)
	return changeCounts{
		Add: t.Count[plan.Submit], Change: t.Count[plan.Regenerate], Import: t.Imported, Remove: t.Dropped,
		Retry: t.Count[plan.Retry], Collect: t.Count[plan.Collect], Blocked: t.Count[plan.Blocked],
		InDoubt: t.Count[plan.Doubtful] + lost, Orphan: t.Count[plan.Orphan] - lost, Keep: t.Count[plan.Keep],
		Resubmit: t.Resubmits, Moved: t.Moved, Withheld: t.Withheld(), LeftOut: t.LeftOut, Operation: p.Operation,
	}
}
