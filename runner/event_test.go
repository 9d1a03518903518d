package runner_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// story is the kinds of the events of an instance, in order.
func (w *world) story(address string) (kinds []runner.EventKind) {
	for _, e := range w.events {
		if e.Address.String() == address {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

const threeStories = `
batch {
  budget      = 0.07
  parallelism = 1
}
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "good", aspect_ratio = "1:1" }
}
task "b" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "without a file [sim:file=404]", aspect_ratio = "1:1" }
}
task "c" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "too dear", aspect_ratio = "1:1" }
}
`

func TestEventsTellEachStepOfATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, threeStories, simulator.Config{Seed: 1, Latency: &simulator.Latency{Min: 20 * time.Second, Max: 20 * time.Second}})
		w.mustApply()
		a, b := w.story("task.a"), w.story("task.b")
		if !subsequence(a, runner.Started, runner.Submitted, runner.Reported, runner.Succeeded, runner.Fetching, runner.Fetched, runner.Saved) {
			t.Errorf("task.a: %v", a)
		}
		if !subsequence(b, runner.Started, runner.Submitted, runner.Succeeded, runner.Fetching, runner.Unfetched, runner.Failed) {
			t.Errorf("task.b: %v", b)
		}
		if file := w.only(runner.Fetched).File; file == nil || file.Path == "" || file.Bytes == 0 || file.Bytes != file.Size {
			t.Errorf("fetched %+v", file)
		}
		near := w.only(runner.Nearing).Bound
		if near == nil || near.Run || near.Limit != 7*task.USD/100 || near.Committed != 6*task.USD/100 {
			t.Errorf("near: %+v", near)
		}
		if stop := w.only(runner.Stopping); stop.Reason != task.BudgetReached {
			t.Errorf("stop: %+v", stop)
		}
	})
}

// subsequence reports whether the kinds stand in all in that order, among others.
func subsequence(all []runner.EventKind, kinds ...runner.EventKind) bool {
	for _, kind := range kinds {
		at := slices.Index(all, kind)
		if at < 0 {
			return false
		}
		all = all[at+1:]
	}
	return true
}

// only is the one event of a kind.
func (w *world) only(kind runner.EventKind) (found runner.Event) {
	w.t.Helper()
	n := 0
	for _, e := range w.events {
		if e.Kind == kind {
			found = e
			n++
		}
	}
	if n != 1 {
		w.t.Errorf("%d events of kind %s", n, kind)
	}
	return found
}

func TestALongDownloadTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:file=trickle] P1"), simulator.Config{Seed: 2})
		w.mustApply()
		var last int64 = -1
		told := 0
		for _, e := range w.events {
			if e.Kind != runner.Fetching {
				continue
			}
			if e.File.Bytes <= last || e.File.Bytes > 0 && e.File.Size < e.File.Bytes {
				t.Errorf("after %d bytes: %+v", last, e.File)
			}
			last = e.File.Bytes
			told++
		}
		if told < 10 {
			t.Errorf("told %d times", told)
		}
	})
}
