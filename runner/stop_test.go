package runner

import (
	"context"
	"testing"

	"apixo-batch/spec/task"
)

// Whoever finds the budget too small must not stop those that have their money: by
// chance one submit fewer would go out than the budget allows.
func TestBrakeOfABudgetLetsReservedSubmitsGo(t *testing.T) {
	for reason, holds := range map[task.Reason]bool{
		task.BudgetReached: false, task.InsufficientFunds: true, task.Halted: true,
	} {
		run, interrupt := context.WithCancel(context.Background())
		b := newBrake(run)
		if b.holds() {
			t.Error("it holds before it was pulled")
		}
		b.pull(reason, "")
		if b.submits.Err() == nil || b.holds() != holds {
			t.Errorf("pulled for %s it holds: %t, want %t", reason, b.holds(), holds)
		}
		interrupt()
		if !b.holds() {
			t.Errorf("pulled for %s it lets submits go after an interrupt", reason)
		}
	}
}
