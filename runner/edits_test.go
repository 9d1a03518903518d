package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
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
		if err := w.resolveTaskID(store, old.Address, old.TaskID); err == nil {
			t.Error("the predecessor's task was taken for the lost one")
		}
	})
}

func TestPriceThatIsKnownLateIsHeldToTheBudget(t *testing.T) {
	config := `
batch { budget = 0.10 }
model "gpt-image-1" {
  price = { usd = 0.03, per = "image" }
}
` + image("a", "nano-banana", "P1") + `
task "b" {
  model = "gpt-image-1"
  count = 10
  input = { mode = "gpt-image-1", prompt = "v ${count.index}", aspect_ratio = "1:1", num_images = %s }
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
	for range usual(8, 8, 3) {
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

// What the API has forgotten, or has no file for, must come to an end within one
// run, however short its timeout is: edits and -replace wait for it.
func TestHopelessTasksComeToAnEnd(t *testing.T) {
	for marker, reason := range map[string]task.Reason{"[sim:status=404]": task.Lost, "[sim:noresult]": task.NoResult} {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, image("a", "nano-banana", marker+" P1"), simulator.Config{Seed: 11})
				if s := w.mustApply(); len(s.Failed) != 1 || s.Failed[0].Failure.Reason != reason {
					t.Fatalf("summary: %+v", s)
				}
				w.write(image("a", "nano-banana", "P2"))
				if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
					t.Errorf("after an edit: %+v", s)
				}
			})
		})
	}
}

func TestClockThatWasSetBackPutsNothingOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 12})
		w.cut(3*time.Second, plan.Options{})
		r := w.record("task.a")
		r.AcceptedAt = r.AcceptedAt.Add(30 * time.Hour)
		store := w.open()
		if err := errors.Join(store.Commit(state.Change{Op: "test", Put: []state.Record{r}}), store.Close()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if s := w.mustApply(); s.Done != 1 || time.Since(begin) > 5*time.Minute {
			t.Errorf("after %s: %+v", time.Since(begin), s)
		}
	})
}

func TestReplaceGivesUpAResultThatCannotBeFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:file=500] P1"), simulator.Config{Seed: 13})
		w.mustApply()
		w.write(image("a", "nano-banana", "P2"))
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 {
			t.Fatalf("without -replace: %+v", s)
		}
		all := plan.Options{Replace: func(task.Address) bool { return true }}
		if s, err := w.applyPlan(context.Background(), all, nil); err != nil || s.Done != 1 || s.Accepted != 1 {
			t.Errorf("with -replace: %+v, %v", s, err)
		}
	})
}

func TestRetouchedFileStaysAndTheNewOneGoesBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 14})
		w.mustApply()
		path := w.record("task.a").Artifacts[0].Path
		w.put(path, "retouched")
		w.write(image("a", "nano-banana", "P2"))
		// Its size is not what was recorded, so it counts as missing.
		s, err := w.applyPlan(context.Background(), plan.Options{Missing: map[string]bool{path: true}}, nil)
		if err != nil || s.Done != 1 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if got := w.get(path); got != "retouched" {
			t.Errorf("the file holds %q", got)
		}
		w.checkFiles()
	})
}

func TestSecretOfARunningTaskIsHiddenAfterAnEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "topsecretprompt"
		config := func(prompt string) string {
			return `
variable "v" {
  default   = "` + secret + `"
  sensitive = true
}
` + image("a", "nano-banana", prompt) + `
task "b" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "[sim:latency=1m] x", negative_prompt = "no ${var.v}", image_urls = [task.a.urls[0]], aspect_ratio = "1:1" }
}`
		}
		w := newWorld(t, config("P1"), simulator.Config{Seed: 15})
		w.cut(50*time.Second, plan.Options{})
		running := w.record("task.b").TaskID
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost || !strings.Contains(r.URL.RawQuery, running) {
				return w.local.Transport().RoundTrip(r)
			}
			text := `{"code":200,"message":"success","data":{"taskId":"` + running + `","state":"failed","failCode":"NSFW","failMsg":"rejected: ` + secret + `"}}`
			return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}, nil
		})
		w.api = w.client(testKey)
		w.write(config("P2"))
		w.mustApply()
		if text := w.get("jobs.state.json"); strings.Contains(text, secret) || !strings.Contains(text, "its message is left out") {
			t.Error("the secret is in the state, or it is not said what became of the message")
		}
	})
}
