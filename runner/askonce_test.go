package runner_test

import (
	"context"
	"slices"
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

// started is a world in which the tasks of a configuration were submitted, and
// not waited for.
func started(t *testing.T, config string, c simulator.Config) *world {
	t.Helper()
	w := newWorld(t, config, c)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := w.apply(ctx, nil); err != nil && !isInterrupted(err) {
		t.Fatal(err)
	}
	return w
}

// collect is apply as download does it: nothing is bought, and each task that
// runs is asked for once.
func (w *world) collect(adjust func(*runner.Options)) (runner.Summary, error) {
	w.t.Helper()
	return w.applyPlan(context.Background(), plan.Options{Download: true}, func(o *runner.Options) {
		o.AskOnce = true
		if adjust != nil {
			adjust(o)
		}
	})
}

func TestATaskIsAskedForOnceAndLeftRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := started(t, `
task "slow" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:latency=1h] a pier", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 31})
		before, began := w.sim.Stats().Polls, time.Now()
		s, err := w.collect(nil)
		if err != nil || len(s.Running) != 1 || s.Running[0].TaskID == "" {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if calls, took := w.sim.Stats().Polls-before, time.Since(began); calls != 1 || took > time.Second {
			t.Errorf("%d status calls in %s", calls, took)
		}
		time.Sleep(time.Hour)
		if s, err := w.collect(nil); err != nil || s.Done != 1 || s.Accepted != 0 {
			t.Errorf("an hour later: %+v, %v", s, err)
		}
		w.check()
		w.checkFiles()
	})
}

// A refusal or a page of a proxy says nothing about the task, and is not taken for
// an answer; when none comes, that is told.
func TestAskingTakesAFewCallsWhereNoAnswerComes(t *testing.T) {
	for marker, want := range map[string]struct {
		calls, done int
		told        string
	}{
		"status=500,times=3":  {4, 1, ""},
		"status=429,times=2":  {3, 1, ""},
		"status=html,times=9": {4, 0, "no answer tells how the task is"},
		"status=503":          {4, 0, "status 503"},
		"status=404":          {1, 0, "the API does not know the task (404); resume asks again, and takes it for lost after 10 minutes"},
		"status=other-task":   {4, 0, "no answer tells how the task is"},
	} {
		t.Run(marker, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := started(t, `
task "slow" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:latency=30s][sim:`+marker+`] a pier", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 32})
				time.Sleep(time.Minute)
				w.events = nil
				before := w.sim.Stats().Polls
				s, err := w.collect(nil)
				if err != nil || s.Done != want.done || len(s.Running) != 1-want.done || len(s.Failed) > 0 {
					t.Fatalf("summary: %+v, %v", s, err)
				}
				if calls := w.sim.Stats().Polls - before; calls != want.calls {
					t.Errorf("%d status calls, want %d", calls, want.calls)
				}
				told := slices.ContainsFunc(w.events, func(e runner.Event) bool {
					return e.Kind == runner.Warned && strings.Contains(e.Detail, want.told)
				})
				if told != (want.told != "") {
					t.Errorf("events: %+v", w.events)
				}
				if r := w.record("task.slow"); want.done == 0 && r.Status != state.Running {
					t.Errorf("recorded as %s", r.Status)
				}
				w.check()
			})
		})
	}
}

// Nothing that is collected so leads to a submit: not what fails now, nor what
// failed before, nor what changed, is new, or is in doubt.
func TestCollectingBuysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := func(name, prompt string) string {
			return `
task "` + name + `" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "` + prompt + `", aspect_ratio = "1:1" }
}`
		}
		w := started(t, block("fails", "[sim:fail=Timeout][sim:latency=30s]")+block("changes", "[sim:latency=30s] one")+
			block("doubt", "[sim:drop]")+block("refused", "[sim:http=400]"), simulator.Config{Seed: 33})
		w.write(`
batch { on_in_doubt = "resubmit" }` + block("fails", "[sim:fail=Timeout][sim:latency=30s]") + block("changes", "another") +
			block("doubt", "[sim:drop]") + block("refused", "[sim:http=400]") + block("new", "new") + `
task "uses" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "from ${task.changes.urls[0]}", aspect_ratio = "1:1" }
}`)
		time.Sleep(time.Minute)
		before := w.sim.Stats().Submits
		for range 2 {
			s, err := w.collect(nil)
			if err != nil || s.Accepted != 0 || len(s.InDoubt) != 1 {
				t.Fatalf("summary: %+v, %v", s, err)
			}
		}
		if n := w.sim.Stats().Submits - before; n != 0 {
			t.Errorf("%d submits", n)
		}
		if r := w.record("task.fails"); r.Status != state.Failed || !r.Failure.Retryable || len(r.Past) != 0 {
			t.Errorf("what failed: %+v", r)
		}
		if r := w.record("task.changes"); !r.Complete() || len(r.Past) != 0 {
			t.Errorf("what changed: %+v", r)
		}
		w.check()
		w.checkFiles()
	})
}

// Only limits what is collected and told; records that were renamed move all.
func TestOnlySomeInstancesAreCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := started(t, prompts(2, ""), simulator.Config{Seed: 34})
		w.write(strings.Replace(prompts(2, ""), `task "shot"`, `task "view"`, 1))
		time.Sleep(time.Hour)
		first := task.Address{Name: "view", Key: task.IndexKey(0)}
		s, err := w.collect(func(o *runner.Options) { o.Only = func(a task.Address) bool { return a == first } })
		if err != nil || s.Done != 1 || len(s.Running)+len(s.Undelivered)+len(s.Left) != 0 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if r := w.record("task.view[0]"); !r.Complete() {
			t.Errorf("the one that was asked for: %+v", r)
		}
		if r := w.record("task.view[1]"); r.Status != state.Running {
			t.Errorf("the other one: %+v", r)
		}
		w.check()
	})
}
