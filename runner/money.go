package runner

import (
	"math"
	"sync"

	"apixo-batch/spec/task"
)

// purse holds the money that submits may still take.
type purse struct {
	mu     sync.Mutex
	bounds []*bound
}

// bound is an amount that submits never cross: what is committed stays at or
// below the limit, or where it was above before the run.
type bound struct {
	what             string
	limit, committed task.Cost
	lasting          bool // it bounds all runs together
}

// newPurse fills a purse from the ledger, so that doubts and reservations of
// earlier runs count.
func newPurse(opts Options) *purse {
	p := new(purse)
	if opts.Budget != nil {
		committed := opts.Store.Committed()
		if committed < 0 { // prices without sense have run over the end of the sum
			committed = math.MaxInt64
		}
		p.bounds = append(p.bounds, &bound{"the budget", *opts.Budget, committed, true})
	}
	if opts.RunBudget != nil {
		p.bounds = append(p.bounds, &bound{"this run's budget", *opts.RunBudget, 0, false})
	}
	return p
}

// take sets the price of a submit aside, or reports which bound it would cross.
// No sum is made that could overflow.
func (p *purse) take(price task.Cost) (crossed string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		if b.committed > b.limit || price > b.limit-b.committed {
			return b.what + " of " + b.limit.String() + ", of which " + b.committed.String() + " is committed", false
		}
	}
	for _, b := range p.bounds {
		b.committed += price
	}
	return "", true
}

// add counts money that had been given back and may have been charged after all, be it
// beyond the bounds. ofRun says that it was given back in this run.
func (p *purse) add(price task.Cost, ofRun bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		if ofRun || b.lasting {
			b.committed = b.committed.Plus(price)
		}
	}
}

// giveBack undoes take after a refusal: nothing was created.
func (p *purse) giveBack(price task.Cost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		b.committed -= price
	}
}
