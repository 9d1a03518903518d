package runner_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// The vendor's pages contradict each other. The API document, section 11, numbers
// the contradictions and recommends a reading of each; these are the ones that a
// whole run meets.

func oneTask(batch, prompt string) string {
	return fmt.Sprintf(`
batch {
  %s
}
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = %q, aspect_ratio = "1:1" }
}
`, batch, prompt)
}

// A call that is refused is repeated as such; a task that failed is bought again
// only as often as max_attempts says.
func TestContradiction2ACallIsRepeatedForFreeAndATaskForMoney(t *testing.T) {
	for _, c := range []struct {
		name, batch, prompt string
		done, accepted      int
	}{
		{"refused calls use up no attempt", "retry { max_attempts = 1 }", "x [sim:http=429,times=3] [sim:http=503,times=2]", 1, 1},
		{"one attempt is one", "retry { max_attempts = 1 }", "x [sim:fail=Timeout,times=1]", 0, 1},
		{"two are two", "retry { max_attempts = 2 }", "x [sim:fail=Website TimeOut,times=1]", 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, oneTask(c.batch, c.prompt), simulator.Config{})
				if s := w.mustApply(); s.Done != c.done || s.Accepted != c.accepted {
					t.Errorf("%d done of %d accepted", s.Done, s.Accepted)
				}
			})
		})
	}
}

func TestContradiction5A403EndsItsTaskOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(4, 1, `${count.index == 1 ? "[sim:http=403,message=This key has no permission for the model]" : ""} view`), simulator.Config{})
		s := w.mustApply()
		if s.Done != 3 || len(s.Failed) != 1 || s.Stop != "" {
			t.Fatalf("%d done, %d failed, stop %q", s.Done, len(s.Failed), s.Stop)
		}
		if f := s.Failed[0].Failure; f.Retryable || f.Code != "403" || f.Message != "This key has no permission for the model" {
			t.Errorf("failure %+v", f)
		}
	})
}

// "Switch to another task" is read as: one new one, however many attempts there are.
func TestContradiction8ATaskTimeOutIsBoughtAgainOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, oneTask("retry { max_attempts = 5 }", "x [sim:fail=Task TimeOut]"), simulator.Config{})
		if s := w.mustApply(); s.Accepted != 2 || len(s.Failed) != 1 || s.Failed[0].Failure.Retryable {
			t.Errorf("%d accepted, failed %+v", s.Accepted, s.Failed)
		}
	})
}

func TestContradiction9AFlaggedInputIsBoughtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, oneTask("retry { max_attempts = 5 }", "x [sim:fail=InputOutputSensitiveContentDetected]"), simulator.Config{})
		if s := w.mustApply(); s.Accepted != 1 || len(s.Failed) != 1 {
			t.Errorf("%d accepted, failed %+v", s.Accepted, s.Failed)
		}
	})
}

// After the local deadline a task is "unknown, resume", never "failed".
func TestContradiction23ADeadlineOfOursFailsNoTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, oneTask(`timeout = "2m"`, "x [sim:latency=1h]"), simulator.Config{})
		if s := w.mustApply(); len(s.Running) != 1 || len(s.Failed) != 0 {
			t.Errorf("running %+v, failed %+v", s.Running, s.Failed)
		}
		time.Sleep(time.Hour)
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("%d done, %d bought again", s.Done, s.Accepted)
		}
	})
}

// Whether a failed task costs money is stated nowhere: it stays reserved.
func TestContradiction24AFailedTaskCountsAsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, oneTask("", "x [sim:fail=NSFW]"), simulator.Config{})
		w.mustApply()
		if committed := w.contents().Committed(); committed != task.Cost(30_000) {
			t.Errorf("%s is committed", committed)
		}
	})
}
