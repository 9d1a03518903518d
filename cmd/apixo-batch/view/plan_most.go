package view

import (
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// Most is the most that a plan may cost, and whether a budget ends there. It counts
// what has a price: a budget covers nothing else.
func (p Plan) Most(t plan.Totals) (most task.Cost, bounded bool) {
	return mostWithin(t.AtMost, t.Repeats, p.budgetsLeft()...)
}

// mostWithin is the most that is spent where so much is left of each budget. With repeats
// more may be spent than is known, so a budget that is just enough is an end too.
func mostWithin(atMost task.Cost, repeats bool, budgets ...task.Cost) (most task.Cost, bounded bool) {
	most = atMost
	for _, left := range budgets {
		if left < most || left == most && repeats {
			most, bounded = left, true
		}
	}
	return most, bounded
}

// estimate is what a plan's first attempts may cost, as far as the budgets let them.
func (p Plan) estimate() task.Cost {
	totals := p.Totals()
	most, _ := p.Most(totals)
	return min(totals.High, most)
}

// budgetsLeft is what each budget leaves to a run.
func (p Plan) budgetsLeft() (left []task.Cost) {
	if p.Budget != nil {
		left = append(left, p.budgetLeft())
	}
	if p.RunBudget != nil {
		left = append(left, *p.RunBudget)
	}
	return left
}

// budgetLeft is what earlier runs left of the state's budget, which there is.
func (p Plan) budgetLeft() task.Cost { return max(0, *p.Budget-p.Committed) }

// MostText says what a plan may cost beyond its estimate, "" if that is all.
func (p Plan) MostText(t plan.Totals) string {
	most, bounded := p.Most(t)
	switch {
	case bounded:
		return "at most " + most.String() + ", where the budget ends"
	case most <= t.High:
		return ""
	case t.Repeats:
		return "at most " + most.String() + " with retries, plus repeats after 5xx answers"
	default:
		return "at most " + most.String() + " with retries"
	}
}
