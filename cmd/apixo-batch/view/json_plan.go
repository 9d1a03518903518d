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
		j.write("info", "planned_change", a.Address.String()+": "+planned(a), fields{"change": plannedChange(a)})
	}
	j.changeSummary(p)
}

// plannedChange is an action. One that is left out says by what (left_out_by) and
// what it would be otherwise; one that is bought though nobody chose it says for
// which instance (needed_by).
func plannedChange(a *plan.Action) fields {
	change := fields{"resource": resource(a.Address, a.Model()), "action": a.Kind.Word(), "reason": string(a.Reason)}
	if a.Detail != "" {
		change["detail"] = a.Detail
	}
	if from, is := a.Moved(); is {
		change["previous_resource"] = resource(from, "")
	}
	if a.Kind.Pays() {
		change["cost"] = price(a.Price)
	}
	if a.Reason == plan.LeftOut {
		change["left_out_by"], change["otherwise"] = a.LeftOutBy, a.Otherwise.Word()
	}
	if a.Import != "" {
		change["import"] = fields{"id": a.Import}
	}
	if neededBy(a) != "" {
		change["needed_by"] = resource(a.NeededBy, "")
	}
	return change
}

// price is nil where nobody knows the price: unknown is not zero.
func price(p plan.Price) any {
	if !p.Known {
		return nil
	}
	return fields{"low": p.Low.Decimal(), "high": p.High.Decimal()}
}

func (j *JSON) changeSummary(p Plan) {
	t, lost := p.Totals(), orphanDoubts(p.Plan)
	cost := fields{"low": t.Low.Decimal(), "high": t.High.Decimal(), "at_most": t.AtMost.Decimal(), "unpriced": t.Unpriced, "repeats_after_5xx": t.Repeats}
	if t.PriceNotes != nil {
		cost["notes"] = t.PriceNotes
	}
	money := fields{"cost": cost, "simulated": p.Target.Simulated}
	if p.Budget != nil {
		money["budget"] = p.Budget.Decimal()
		money["committed"] = p.Committed.Decimal()
		money["reserved"] = p.Reserved.Decimal()
	}
	if p.RunBudget != nil {
		money["run_budget"] = p.RunBudget.Decimal()
	}
	if p.Balance != nil {
		money["balance"] = p.Balance.Decimal()
	}
	if p.Catalog != "" {
		money["catalog"] = p.Catalog
	}
	if p.BaseURL != "" {
		money["base_url"] = p.BaseURL
	}
	money["changes"] = fields{
		"add": t.Count[plan.Submit], "change": t.Count[plan.Regenerate], "import": t.Imported, "remove": t.Dropped,
		"retry": t.Count[plan.Retry], "collect": t.Count[plan.Collect], "blocked": t.Count[plan.Blocked],
		"in_doubt": t.Count[plan.Doubtful] + lost, "orphan": t.Count[plan.Orphan] - lost, "keep": t.Count[plan.Keep],
		"resubmit_in_doubt": t.Resubmits, "moved": t.Moved, "withheld": t.Withheld(), "left_out": t.LeftOut, "operation": p.Operation,
	}
	if len(p.Target.Selection) > 0 {
		money["selection"] = p.Target.Selection
	}
	if s := p.Saved; s != nil {
		saved := fields{"file": s.Path, "nonce": s.Nonce, "created": s.Created}
		if !s.Begun.IsZero() {
			saved["begun"] = s.Begun
		}
		money["saved_plan"] = saved
	}
	message := "Plan: " + counts(p.Plan, t)
	if nothing := nothingToDo(p, t); nothing != "" {
		message = nothing
	}
	j.write("info", "change_summary", message, money)
}
