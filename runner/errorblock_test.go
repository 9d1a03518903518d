package runner_test

import (
	"testing"
	"testing/synctest"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

const moonJob = `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x [sim:fail=Moon Phase,times=1]", aspect_ratio = "1:1" }
}
`

// A code that is in no document is never bought again by itself; an error block
// says what it means, and whether that is worth while.
func TestAnErrorBlockDecidesWhatAFailCodeIsReadAs(t *testing.T) {
	for _, c := range []struct {
		name, block string
		done        int
		accepted    int
		reason      task.Reason
	}{
		{"no document has it", "", 0, 1, task.Unclassified},
		{"worth a new attempt", `error "MOON_PHASE" {
  class = "timeout"
  retry = true
}`, 1, 2, ""},
		{"not worth one", `error "moon-phase" {
  class = "content_policy"
}`, 0, 1, task.ContentPolicy},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.block+moonJob, simulator.Config{})
				summary := w.mustApply()
				if summary.Done != c.done || summary.Accepted != c.accepted {
					t.Errorf("%d done, %d accepted: %+v", summary.Done, summary.Accepted, summary)
				}
				if c.done == 0 && (len(summary.Failed) != 1 || summary.Failed[0].Failure.Reason != c.reason || summary.Failed[0].Failure.Retryable) {
					t.Errorf("failed: %+v", summary.Failed)
				}
				if again := w.mustApply(); again.Accepted != 0 {
					t.Errorf("a rerun bought %d", again.Accepted)
				}
			})
		})
	}
}

// A code of class insufficient_funds ends the submits like those that the
// documents have.
func TestAnErrorBlockOfClassFundsStopsTheSubmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
batch { parallelism = 1 }
error "EMPTY_PURSE" { class = "insufficient_funds" }
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x [sim:fail=EMPTY_PURSE]", aspect_ratio = "1:1" }
}
task "b" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "y", aspect_ratio = "1:1" }
}
`, simulator.Config{})
		summary := w.mustApply()
		if summary.Stop != task.InsufficientFunds || summary.Accepted != 1 {
			t.Errorf("stop %q after %d accepted", summary.Stop, summary.Accepted)
		}
	})
}
