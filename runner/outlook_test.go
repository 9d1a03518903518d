package runner_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// guessed is what TimeLeft said at some time of a run.
type guessed struct {
	at    time.Duration
	left  time.Duration
	known bool
	ended int64 // tasks by then
}

// guesses runs a batch so many times, each time all of it, and asks once a second for
// the end of the last.
func guesses(t *testing.T, config string, c simulator.Config, runs int) (all []guessed, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config, c)
		for run := range runs {
			began := time.Now()
			ctx, cancel := context.WithCancel(context.Background())
			var ended atomic.Int64
			asked := make(chan []guessed)
			go func() {
				var all []guessed
				for time.Sleep(time.Second); ctx.Err() == nil; time.Sleep(time.Second) {
					left, known := w.runner.Load().TimeLeft()
					all = append(all, guessed{time.Since(began), left, known, ended.Load()})
				}
				asked <- all
			}()
			if _, err := w.applyPlan(context.Background(), plan.Options{Replace: func(task.Address) bool { return run > 0 }}, countEnds(&ended)); err != nil {
				t.Fatal(err)
			}
			took = time.Since(began)
			cancel()
			all = <-asked
		}
	})
	return all, took
}

// countEnds counts the tasks that end.
func countEnds(ended *atomic.Int64) func(*runner.Options) {
	return func(o *runner.Options) {
		observe := o.Observe
		o.Observe = func(e runner.Event) {
			if observe(e); e.Kind == runner.Succeeded {
				ended.Add(1)
			}
		}
	}
}

// The guess is of use: where there is one, it is within a factor of the truth, until
// single tasks decide, whose times nobody knows: the last tenth of them.
func TestTimeLeftIsCloseToTheTruth(t *testing.T) {
	timed(t)
	t.Parallel()
	for name, c := range map[string]struct {
		config string
		factor float64
	}{
		"slots":      {batch(400, 40), 1.3},
		"one wave":   {batch(100, 100), 1.5},
		"rate limit": {batch(400, 100) + `model "nano-banana" { rate = "240/min" }`, 2},
		"chains":     {batch(40, 20) + clips, 2.5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once := func() []string {
				all, took := guesses(t, c.config, simulator.Config{Seed: 1}, 1)
				return farOff(t, all, took, c.factor)
			}
			wrong := once()
			if wrong == nil {
				return
			}
			// One slow task can make a draw wrong: two of three decide.
			if second := once(); second != nil || once() != nil {
				t.Error(strings.Join(append(wrong, second...), "\n"))
			}
		})
	}
}

// farOff lists the guesses that are not within the factor of the truth.
func farOff(t *testing.T, all []guessed, took time.Duration, factor float64) (wrong []string) {
	t.Helper()
	if all[0].known {
		t.Errorf("at first nothing is known, but the guess is %v", all[0].left)
	}
	judged, tasks := 0, all[len(all)-1].ended
	for _, g := range all {
		truth := took - g.at
		if open := tasks - g.ended; !g.known || open < tasks/10 {
			continue
		}
		judged++
		if g.left > time.Duration(float64(truth)*factor) || g.left < time.Duration(float64(truth)/factor) {
			wrong = append(wrong, fmt.Sprintf("after %v: %v left, in truth %v", g.at, g.left, truth))
		}
	}
	if judged == 0 {
		t.Error("there was no guess to judge")
	}
	return wrong
}

// What the state has results of is known from the start.
func TestTimeLeftIsKnownByEarlierResults(t *testing.T) {
	timed(t)
	t.Parallel()
	all, took := guesses(t, batch(60, 10), simulator.Config{Seed: 1}, 2)
	if first := all[0]; !first.known || first.left < took/2 || first.left > 2*took {
		t.Errorf("the first guess is %v (%v), in truth %v", first.left, first.known, took)
	}
}

// Once submitting has stopped, what will not be submitted takes no time.
func TestTimeLeftAfterAStop(t *testing.T) {
	t.Parallel()
	all, took := guesses(t, strings.Replace(batch(400, 40), "batch {", "batch {\n  budget = 1.50", 1), simulator.Config{Seed: 1}, 1)
	for _, g := range all {
		if g.known && g.left > took {
			t.Errorf("after %v: %v left of a run that takes %v", g.at, g.left, took)
		}
	}
}

func batch(n, parallelism int) string {
	return fmt.Sprintf(`
batch {
  parallelism = %d
}
task "still" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "picture ${count.index}", aspect_ratio = "1:1" }
}
`, parallelism, n)
}

const clips = `
task "clip" {
  for_each = task.still
  model    = "kling-2-6"
  input    = { mode = "image-to-video", prompt = "slow", image_urls = [each.value.urls[0]], duration = 5, sound = false }
}
`
