package runner

import (
	"context"
	"sync"

	"apixo-batch/spec/task"
)

// brake ends submitting, and nothing else: what runs is still collected.
type brake struct {
	mu     sync.Mutex
	reason task.Reason
	detail string
	cancel context.CancelFunc
	// submits is done once no further submit may start. Waiting for a turn to
	// submit ends with it.
	submits context.Context
	run     context.Context
}

func newBrake(ctx context.Context) *brake {
	b := &brake{run: ctx}
	b.submits, b.cancel = context.WithCancel(ctx)
	return b
}

// holds reports whether a submit that has its money may not be sent any more. A
// budget that is too small for another one is no reason.
func (b *brake) holds() bool {
	if b.submits.Err() == nil {
		return false
	}
	reason, _ := b.why()
	return reason != task.BudgetReached || b.run.Err() != nil
}

// pull stops submitting. The first reason stays; first tells whose it is.
func (b *brake) pull(reason task.Reason, detail string) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reason != "" {
		return false
	}
	b.reason, b.detail = reason, detail
	b.cancel()
	return true
}

// why gives the reason, empty if the brake was not pulled.
func (b *brake) why() (task.Reason, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reason, b.detail
}
