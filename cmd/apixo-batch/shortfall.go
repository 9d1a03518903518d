package main

import (
	"fmt"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// shortfall is what the budgets lack for what a run left; nil if none of them ended it.
func (w *planning) shortfall(p *plan.Plan, s runner.Summary, store *state.Store) *view.Shortfall {
	if s.Stop != task.BudgetReached {
		return nil
	}
	short := &view.Shortfall{Rest: priceOfRest(p, s), Committed: store.Committed(), RunBudget: w.runBudget, Taken: s.Spent + s.Reserved + s.After5xx}
	if settings := w.spec.Settings; settings.HasBudget {
		short.Budget = &settings.Budget
		short.SetIn = fmt.Sprintf("%s, line %d", settings.BudgetFrom.Filename, settings.BudgetFrom.Start.Line)
	}
	return short
}

// priceOfRest is what one attempt costs of each instance that the end of submitting left,
// be it for its first or for another one.
func priceOfRest(p *plan.Plan, s runner.Summary) (sum task.Cost) {
	price := make(map[task.Address]task.Cost)
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind.Pays() && a.Price.Known {
			price[a.Address] = a.Price.High
		}
	}
	for _, e := range s.Left {
		sum = sum.Plus(price[e.Address])
	}
	for _, e := range s.Failed {
		if e.Failure.Retryable && e.Failure.Reason != task.DownloadFailed && e.Priced {
			sum = sum.Plus(e.Cost)
		}
	}
	return sum
}
