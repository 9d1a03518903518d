package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
)

// Tasks that fail for a limit have been bought already, so that the next ones of
// the model, and not only their own successors, wait until it may have passed, each
// time longer. Those of another model do not.
func TestTasksThatFailForALimitHoldTheirModelBack(t *testing.T) {
	timed(t)
	for _, code := range []string{"RateLimited", "RateLimitExceeded"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, `
batch {
  parallelism = 200
  retry { max_attempts = 3 }
}
task "limited" {
  model = "nano-banana"
  count = 32
  input = { mode = "text-to-image", prompt = "[sim:fail=`+code+`,times=2][sim:latency=9s] ${count.index}", aspect_ratio = "1:1" }
}
# Ends within the second hold.
task "first" {
  model = "gpt-image-2"
  input = { mode = "text-to-image", prompt = "[sim:latency=25s] first", aspect_ratio = "1:1" }
  poll {
    first        = "25s"
    interval     = "500ms"
    max_interval = "500ms"
  }
}
task "later" {
  depends_on = [task.first]
  model = "nano-banana"
  count = 60
  input = { mode = "text-to-image", prompt = "[sim:latency=9s] later ${count.index}", aspect_ratio = "1:1" }
}
task "other" {
  depends_on = [task.first]
  model = "gpt-image-2"
  count = 60
  input = { mode = "text-to-image", prompt = "[sim:latency=2s] ${count.index}", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 54})
				var held [][2]time.Time
				s, err := w.apply(t.Context(), func(o *runner.Options) {
					o.Observe = func(e runner.Event) {
						if e.Kind == runner.Slowed {
							held = append(held, [2]time.Time{time.Now(), time.Now().Add(e.Wait)})
						}
					}
				})
				if err != nil || s.Done != 153 || s.Retried != 64 || s.Stop != "" {
					t.Fatalf("%d done, %d retried, stop %q: %s, %v", s.Done, s.Retried, s.Stop, s.StopDetail, err)
				}
				if len(held) != 2 || held[0][1].Sub(held[0][0]) < 3*time.Second || held[1][1].Sub(held[1][0]) < 6*time.Second {
					t.Fatalf("the model was held back %v, want once for each of two rounds, longer the second time", held)
				}
				others := 0
				for _, a := range w.sim.Ledger() {
					for _, hold := range held {
						during := a.Time.After(hold[0].Add(time.Second)) && a.Time.Before(hold[1].Truncate(time.Millisecond)) // a submit may be out
						if during && a.Model == "nano-banana" {
							t.Errorf("a task was bought %v into a hold of %v", a.Time.Sub(hold[0]), hold[1].Sub(hold[0]))
						}
						if during {
							others++
						}
					}
				}
				if others == 0 {
					t.Error("the other model was held back too")
				}
			})
		})
	}
}
