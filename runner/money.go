package runner

import (
	"fmt"
	"math"
	"sync"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// purse holds the money that submits may still take.
type purse struct {
	mu     sync.Mutex
	bounds []*bound
	taken  map[string]task.Cost // by nonce: what submits of this run count with
}

// bound is an amount that submits never cross: what is committed stays at or
// below the limit, or where it was above before the run.
type bound struct {
	what             string
	limit, committed task.Cost
	lasting          bool // it bounds all runs together
	neared           bool // that most of it is committed was told
}

// newPurse fills a purse from the ledger, so that doubts and reservations of
// earlier runs count.
func newPurse(opts Options) *purse {
	p := &purse{taken: make(map[string]task.Cost)}
	if opts.Budget != nil {
		committed := opts.Store.Committed()
		if committed < 0 { // prices without sense have run over the end of the sum
			committed = math.MaxInt64
		}
		p.bounds = append(p.bounds, &bound{what: "the budget", limit: *opts.Budget, committed: committed, lasting: true})
	}
	if opts.RunBudget != nil {
		p.bounds = append(p.bounds, &bound{what: "this run's budget", limit: *opts.RunBudget})
	}
	return p
}

// take sets the price of a submit aside, or reports which bound it would cross.
// No sum is made that could overflow.
func (p *purse) take(nonce string, price task.Cost) (crossed string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		if b.committed > b.limit || price > b.limit-b.committed {
			return b.what + " of " + b.limit.String() + ", of which " + b.committed.String() + " is committed", false
		}
	}
	p.count(nonce, price)
	return "", true
}

// nearing are the bounds of which four fifths are committed, each once.
func (p *purse) nearing() (near []bound) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		if !b.neared && b.committed >= b.limit-b.limit/5 {
			b.neared = true
			near = append(near, *b)
		}
	}
	return near
}

// warnOfBounds tells that most of a budget is committed.
func (r *run) warnOfBounds() {
	for _, b := range r.purse.nearing() {
		r.emit(Event{
			Kind: Nearing, Detail: fmt.Sprintf("%s of %s of %s is committed", b.committed, b.what, b.limit),
			Bound: &BoundEvent{Run: !b.lasting, Limit: b.limit, Committed: b.committed},
		})
	}
}

// giveBack undoes take for a submit whose intent was not written.
func (p *purse) giveBack(nonce string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(nonce, 0)
	delete(p.taken, nonce)
}

// follow makes a submit of this run count as the ledger has it: what was given back does
// not, and does again once a task is named for it, be it beyond the bounds.
func (p *purse) follow(store *state.Store, nonce string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if spend, known := store.Spend(nonce); known {
		p.count(nonce, spend.Committed())
	}
}

func (p *purse) count(nonce string, price task.Cost) {
	if len(p.bounds) == 0 {
		return
	}
	before := p.taken[nonce]
	p.taken[nonce] = price
	for _, b := range p.bounds {
		b.committed = (b.committed - before).Plus(price)
	}
}

// recall counts money of an earlier run that had been given back and may have been
// charged after all, be it beyond the bounds.
func (p *purse) recall(price task.Cost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds {
		if b.lasting {
			b.committed = b.committed.Plus(price)
		}
	}
}
