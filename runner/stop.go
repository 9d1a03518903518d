package runner

import (
	"context"
	"fmt"
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

	// A run of equal final failures pulls the brake too.
	haltAfter int
	last      failureKind
	equal     int
}

type failureKind struct {
	reason task.Reason
	code   string
}

func newBrake(ctx context.Context, haltAfter int) *brake {
	b := &brake{haltAfter: haltAfter}
	b.submits, b.cancel = context.WithCancel(ctx)
	return b
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

// succeeded and failed feed the count of equal final failures in a row.
func (b *brake) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.equal = 0
}

func (b *brake) failed(f *task.Failure) (halt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kind := failureKind{f.Reason, f.Code}
	if kind != b.last {
		b.last, b.equal = kind, 0
	}
	b.equal++
	return b.haltAfter > 0 && b.equal >= b.haltAfter
}

func haltDetail(f *task.Failure, n int) string {
	return fmt.Sprintf("%d equal failures in a row: %s %s", n, f.Reason, f.Code)
}
