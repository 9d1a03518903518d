package runner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// series writes n tasks whose prompts are made by a template with ${count.index}.
func series(n, parallelism int, prompt string) string {
	return fmt.Sprintf(`
batch { parallelism = %d }
task "shot" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "%s ${count.index}", aspect_ratio = "1:1" }
}`, parallelism, n, prompt)
}

func TestHaltRules(t *testing.T) {
	const everyOther = `${count.index % 2 == 0 ? "[sim:fail=NSFW]" : ""} view`
	for _, test := range []struct {
		name     string
		halt     runner.Halt
		prompt   string
		failed   int // at least; a task more may be in flight
		detail   string
		finished bool // all tasks are carried out
	}{
		{"never", runner.Halt{}, "[sim:fail=NSFW] view", 60, "", true},
		{"equal failures in a row", runner.Halt{Equal: 10}, "[sim:fail=NSFW] view", 10, "10 equal failures in a row: content_policy (NSFW)", false},
		{"successes between equal failures", runner.Halt{Equal: 10}, everyOther, 30, "", true},
		{"a count", runner.Halt{Failed: 4}, everyOther, 4, "4 of the", false},
		{"a share, reached", runner.Halt{Percent: 40}, everyOther, 2, "the last with content_policy (NSFW)", false},
		{"a share, not reached", runner.Halt{Percent: 60}, `${count.index >= 20 && count.index % 2 == 0 ? "[sim:fail=NSFW]" : ""} view`, 20, "", true},
		{"refusals", runner.Halt{Failed: 4}, "[sim:http=400] view", 4, "invalid_input (400)", false},
		{"doubts", runner.Halt{Equal: 10}, "[sim:drop] view", 0, "10 equal failures in a row: in_doubt", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n, parallelism = 60, 2
				w := newWorld(t, series(n, parallelism, test.prompt), simulator.Config{Seed: 40})
				s, err := w.apply(context.Background(), func(o *runner.Options) { o.Halt = test.halt })
				if err != nil {
					t.Fatal(err)
				}
				if test.finished {
					if s.Stop != "" || len(s.Left) > 0 || len(s.Failed) != test.failed {
						t.Errorf("stop %q: %s; %d failed, %d left", s.Stop, s.StopDetail, len(s.Failed), len(s.Left))
					}
					return
				}
				if s.Stop != task.Halted || !strings.Contains(s.StopDetail, test.detail) || len(s.Left) == 0 {
					t.Errorf("stop %q: %s; %d left", s.Stop, s.StopDetail, len(s.Left))
				}
				if f := len(s.Failed); f < test.failed || f > test.failed+parallelism {
					t.Errorf("%d failed, want %d and at most %d more", f, test.failed, parallelism)
				}
				if len(s.Running)+len(s.Undelivered) > 0 {
					t.Errorf("%d run on and %d were not fetched", len(s.Running), len(s.Undelivered))
				}
				w.check()
			})
		})
	}
}

func TestHaltNowLeavesWhatRunsToALaterRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(40, 8, `${count.index == 3 ? "[sim:fail=NSFW][sim:latency=10s]" : "[sim:latency=2m]"} view`), simulator.Config{Seed: 41})
		begin := time.Now()
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.Halt = runner.Halt{Failed: 1, Now: true} })
		if err != nil || s.Stop != task.Halted || len(s.Failed) != 1 {
			t.Fatalf("stop %q, %d failed, %v", s.Stop, len(s.Failed), err)
		}
		if len(s.Running) != 7 || len(s.Left) != 32 {
			t.Errorf("%d run on, %d left; want 7 and 32", len(s.Running), len(s.Left))
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("it left after %s", took)
		}
		w.check()
		s, err = w.apply(context.Background(), func(o *runner.Options) { o.Halt = runner.Halt{} })
		if err != nil || len(s.Left)+len(s.Running) > 0 {
			t.Errorf("the later run: %d left, %d running, %v", len(s.Left), len(s.Running), err)
		}
		w.check()
		w.checkFiles()
	})
}

// Buying 500 refusals is impossible: a model proves itself first.
func TestAModelWithoutASuccessIsNotBoughtInBulk(t *testing.T) {
	const n, inFlight, equal = 500, 32, 10
	for _, prompt := range []string{"[sim:fail=NSFW]", "[sim:drop]"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, series(n, n, prompt), simulator.Config{Seed: 42})
			s := w.mustApply()
			if accepted := len(w.sim.Ledger()); s.Stop != task.Halted || accepted > inFlight+equal {
				t.Errorf("%s: %d accepted before it stopped (%q)", prompt, accepted, s.Stop)
			}
			if most := w.sim.Stats().MaxRunning; prompt == "[sim:fail=NSFW]" && most != inFlight {
				t.Errorf("%d tasks in flight, want %d", most, inFlight)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(n, n, "[sim:fail=NSFW]"), simulator.Config{Seed: 42})
		if _, err := w.apply(context.Background(), func(o *runner.Options) { o.Halt = runner.Halt{} }); err != nil {
			t.Fatal(err)
		}
		if accepted := len(w.sim.Ledger()); accepted != n {
			t.Errorf("told never to halt, it bought %d of %d", accepted, n)
		}
	})
}

func TestTheProofOfAModelCostsOneTaskOfTime(t *testing.T) {
	timed(t)
	const latency = 30 * time.Second
	run := func(halt runner.Halt) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, series(260, 200, "view"), simulator.Config{Seed: 43, Latency: &simulator.Latency{Min: latency, Max: latency}})
			begin := time.Now()
			s, err := w.apply(context.Background(), func(o *runner.Options) { o.Halt = halt })
			if took = time.Since(begin); err != nil || s.Done != 260 {
				t.Fatalf("done %d, %v", s.Done, err)
			}
		})
		return took
	}
	free, careful := run(runner.Halt{}), run(runner.Halt{Equal: 10})
	t.Logf("260 tasks of %s, 200 at a time: %s, and %s with the proof", latency, free, careful)
	if careful > free+latency+5*time.Second {
		t.Errorf("the proof costs %s, more than one task of %s", careful-free, latency)
	}
}

func TestAModelThatHasAResultIsProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(1, 100, "view"), simulator.Config{Seed: 44})
		w.mustApply()
		w.write(series(100, 100, "[sim:latency=5m] other"))
		w.mustApply()
		if most := w.sim.Stats().MaxRunning; most != 100 {
			t.Errorf("%d tasks in flight, want 100", most)
		}
	})
}
