package view

import (
	"fmt"

	"apixo-batch/spec/task"
)

// savedAs says which saved plan is being applied.
func savedAs(s SavedPlan, pending bool) string {
	text := fmt.Sprintf("%s, made %s.", Clean(s.Path), utc(s.Created))
	if !s.Begun.IsZero() {
		text += fmt.Sprintf(" Its apply began %s", utc(s.Begun))
		if pending {
			text += "; this goes on with it"
		}
		text += "."
	}
	return text
}

// saved tells where the plan was saved, and how it is carried out.
func (w planWriter) saved() {
	if w.plan.Saved == nil || w.plan.Operation != "plan" {
		return
	}
	fmt.Fprintf(w, "\nSaved to %s. Next: %s\n", Clean(w.plan.Saved.Path), w.plan.Target.Command("apply"))
}

// nextOfPlan is Next after an apply of a saved plan: that goes on with what is
// left of it, but buys nothing a second time.
func (s Summary) nextOfPlan() string {
	left := len(s.Running)+len(s.Undelivered)+len(s.Left) > 0
	retry := s.Pending
	for _, e := range s.Failed {
		left = left || e.Failure.Reason == task.DownloadFailed
		retry = retry || e.Failure.Retryable
	}
	switch {
	case left && s.Stop != task.BudgetReached: // the budget is the plan's
		return s.Target.Command("apply")
	case left || retry:
		return s.Target.Command("plan", "-out="+s.Target.Plan)
	default:
		return ""
	}
}
