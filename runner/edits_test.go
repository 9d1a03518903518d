package runner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// What happens when people edit a configuration while its tasks run.

// image writes one task.
func image(name, model, prompt string) string {
	mode := "text-to-image"
	return fmt.Sprintf("task %q {\n  model = %q\n  input = { mode = %q, prompt = %q, aspect_ratio = \"1:1\" }\n}\n", name, model, mode, prompt)
}

// cut applies for a while.
func (w *world) cut(after time.Duration, opts plan.Options) runner.Summary {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	s, err := w.applyPlan(ctx, opts, nil)
	if err != nil && !isInterrupted(err) {
		w.t.Fatal(err)
	}
	return s
}

func TestResumeKeepsWhatAnEditDisplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:latency=5m] P1")+image("b", "nano-banana", "[sim:latency=5m] P2"), simulator.Config{Seed: 1})
		w.cut(30*time.Second, plan.Options{})
		w.write("batch { timeout = \"10m\" }\n" + image("a", "nano-banana", "[sim:latency=5m] P2") + image("b", "nano-banana", "P3"))
		s, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil)
		if err != nil || s.Accepted != 0 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		w.check()
		w.checkFiles()
		if b := w.record("task.b"); b.Status != state.Succeeded || !b.Complete() {
			t.Errorf("the displaced task is %s, with %d files", b.Status, len(b.Artifacts))
		}
	})
}

func TestTaskIsPolledUnderTheModelItWasSubmittedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:latency=2m] a pier"), simulator.Config{Seed: 2})
		w.cut(20*time.Second, plan.Options{})
		w.write("batch { timeout = \"30m\" }\n" + image("a", "seedream-4-5", "[sim:latency=2m] a pier"))
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
			t.Errorf("summary: %+v", s)
		}
		r := w.record("task.a")
		if len(r.Past) != 1 || r.Past[0].Status != state.Succeeded || len(r.Past[0].Artifacts) != 1 {
			t.Errorf("past: %+v", r.Past)
		}
		w.check()
	})
}

func TestRunningTaskOfABlockedInstanceIsCollected(t *testing.T) {
	chain := func(prompt string) string {
		return image("a", "nano-banana", prompt) + `
task "b" {
  model = "veo-3-1"
  input = { mode = "fast", prompt = "[sim:latency=5m] push in", image_urls = [task.a.urls[0]] }
}`
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chain("P1"), simulator.Config{Seed: 3})
		w.cut(time.Minute, plan.Options{})
		w.write(chain("[sim:fail=NSFW] P2"))
		s := w.mustApply()
		if len(s.Failed) != 1 || len(s.Skipped) != 1 || len(s.Running) != 0 {
			t.Errorf("summary: %+v", s)
		}
		if b := w.record("task.b"); b.Status != state.Succeeded || !b.Complete() {
			t.Errorf("task.b is %s, with %d files", b.Status, len(b.Artifacts))
		}
		w.check()
	})
}

func TestUnchangedTaskThatFailsIsRetriedWithItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+`
task "b" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:latency=5m][sim:fail=Timeout,times=1] grid of ${length(task.a.urls)}", aspect_ratio = "1:1" }
  timeout = "2h"
}`, simulator.Config{Seed: 4})
		w.cut(time.Minute, plan.Options{})
		s, err := w.applyPlan(context.Background(), plan.Options{Replace: func(a task.Address) bool { return a.Name == "a" }}, nil)
		if err != nil || s.Done != 2 || s.Accepted != 2 {
			t.Errorf("summary: %+v, %v", s, err)
		}
		w.check()
	})
}

func TestPaidResultIsFetchedBeforeItsSuccessorIsBought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:file=500,times=5] P1"), simulator.Config{Seed: 5})
		if s := w.mustApply(); len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.DownloadFailed {
			t.Fatalf("summary: %+v", s)
		}
		w.write(image("a", "nano-banana", "P2"))
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
			t.Errorf("summary: %+v", s)
		}
		if r := w.record("task.a"); len(r.Past) != 1 || len(r.Past[0].Artifacts) != 1 {
			t.Errorf("past: %+v", r.Past)
		}
		w.check()
	})
}

func TestNewTaskOfAnOldNameHasAPlaceForItsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 6})
		w.mustApply()
		w.write(image("b", "nano-banana", "P1") + image("a", "nano-banana", "P2"))
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 || len(s.Failed) != 0 {
			t.Errorf("summary: %+v", s)
		}
		if a, b := w.record("task.a").Artifacts[0].Path, w.record("task.b").Artifacts[0].Path; a == b {
			t.Errorf("both have %s", a)
		}
		w.check()
		w.checkFiles()
	})
}

func TestResolveRefusesATaskOfThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 7})
		w.mustApply()
		old := w.record("task.a")
		time.Sleep(time.Hour)
		w.write(image("a", "nano-banana", "[sim:drop] P2"))
		w.mustApply()
		store := w.open()
		defer store.Close()
		if err := runner.ResolveTaskID(context.Background(), w.api, store, old.Address, old.TaskID); err == nil {
			t.Error("the predecessor's task was taken for the lost one")
		}
	})
}

func TestPriceThatIsKnownLateIsHeldToTheBudget(t *testing.T) {
	config := `
batch { budget = 0.10 }
model "nano-banana" {
  price = { usd = 0.03, per = "image" }
}
` + image("a", "nano-banana", "P1") + `
task "b" {
  model = "nano-banana"
  count = 10
  input = { mode = "text-to-image", prompt = "v ${count.index}", aspect_ratio = "1:1", num_images = %s }
}`
	for _, c := range []struct{ name, images string }{
		{"unknown", `"${length(task.a.urls)} pieces"`},
		{"more than approved", `length(task.a.urls) + 7`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, strings.Replace(config, "%s", c.images, 1), simulator.Config{Seed: 8})
				s := w.mustApply()
				if s.Accepted != 1 || len(s.Skipped) != 10 || s.Skipped[0].Failure.Reason != task.BudgetReached {
					t.Errorf("accepted %d, skipped %+v", s.Accepted, s.Skipped)
				}
				w.check()
			})
		})
	}
}

// The brake ends submitting and nothing else, also where a job rests between
// two submits.
func TestBrakeDuringARestLeavesTheRunGoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "batch {\n  budget = 0.19\n  parallelism = 4\n}\n"+
			image("a", "nano-banana", "[sim:http=503] x")+image("long", "nano-banana", "[sim:latency=60s] x")+`
task "b" {
  model = "nano-banana"
  count = 10
  input = { mode = "text-to-image", prompt = "[sim:latency=3s] v ${count.index}", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 9})
		s := w.mustApply()
		if s.Stop != task.BudgetReached || len(s.Running) != 0 || len(s.Undelivered) != 0 {
			t.Errorf("stop %s, running %d, undelivered %d", s.Stop, len(s.Running), len(s.Undelivered))
		}
		w.check()
	})
}

// Every task that was accepted while the state broke is told of.
func TestTasksThatCannotBeRecordedAreAllNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(prompts(8, "parallelism = 8"), `"a harbour`, `"[sim:slow=6s] a harbour`, 1), simulator.Config{Seed: 10})
		time.AfterFunc(3*time.Second, func() { w.remove("jobs.state.journal") })
		_, err := w.apply(context.Background(), func(o *runner.Options) {})
		if !errors.Is(err, runner.ErrState) {
			t.Fatalf("error: %v", err)
		}
		accepted := w.sim.Ledger()
		if len(accepted) == 0 {
			t.Fatal("nothing was accepted")
		}
		for _, a := range accepted {
			if !strings.Contains(err.Error(), a.TaskID) {
				t.Errorf("task %s is not named in: %v", a.TaskID, err)
			}
		}
	})
}

func randomConfig() string {
	text := "batch {\n  parallelism = 3\n  timeout = \"10m\"\n}\n"
	prompt := rand.Perm(9)
	for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
		if rand.N(4) == 0 {
			continue
		}
		text += image(name, []string{"nano-banana", "seedream-4-5"}[rand.N(2)], fmt.Sprintf("P%d", prompt[i]))
		if rand.N(2) == 0 {
			text += fmt.Sprintf(`
task "%s2" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "Q%d", image_urls = [task.%s.urls[0]], aspect_ratio = "1:1" }
}
`, name, rand.N(3), name)
		}
	}
	return text
}

// Edits, renames, swaps, -replace, resume, faults and cuts, all at random.
func TestRandomEditsLoseNothing(t *testing.T) {
	for range 8 {
		synctest.Test(t, func(t *testing.T) {
			faults, err := simulator.ParseFaults("429=2%,504=2%,drop=2%,fail=4%")
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, randomConfig(), simulator.Config{
				Seed: rand.Uint64(), Faults: faults, Latency: &simulator.Latency{Min: 20 * time.Second, Max: 90 * time.Second},
			})
			for range 25 {
				if rand.N(2) == 0 {
					w.write(randomConfig())
				}
				opts := plan.Options{Resume: rand.N(3) == 0}
				if rand.N(5) == 0 {
					opts.Replace = func(a task.Address) bool { return a.Name == "a" || a.Name == "b" }
				}
				ctx, cancel := context.WithTimeout(context.Background(), rand.N(4*time.Minute))
				_, err := w.applyPlan(ctx, opts, nil)
				if err != nil && ctx.Err() == nil {
					t.Fatalf("%v\n%s", err, w.get("jobs.hcl"))
				}
				cancel()
				w.checkIDs()
				if rand.N(4) == 0 {
					w.settleDoubts()
				}
			}
			w.checkFiles()
		})
		if t.Failed() {
			return
		}
	}
}
