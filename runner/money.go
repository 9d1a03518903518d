package runner

import (
	"sync"

	"apixo-batch/spec/task"
)

// purse holds the money that submits may still take. It is filled from the
// ledger, so that doubts and reservations of earlier runs count.
type purse struct {
	mu                 sync.Mutex
	budget, runBudget  *task.Cost // nil for no bound
	committed, thisRun task.Cost
}

// take sets the price of a submit aside, or reports which bound it would cross.
func (p *purse) take(price task.Cost) (crossed string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.budget != nil && p.committed+price > *p.budget {
		return "the budget of " + p.budget.String() + ", of which " + p.committed.String() + " is committed", false
	}
	if p.runBudget != nil && p.thisRun+price > *p.runBudget {
		return "this run's budget of " + p.runBudget.String() + ", of which " + p.thisRun.String() + " is committed", false
	}
	p.committed += price
	p.thisRun += price
	return "", true
}

// giveBack undoes take after a refusal: nothing was created.
func (p *purse) giveBack(price task.Cost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committed -= price
	p.thisRun -= price
}
