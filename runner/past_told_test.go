package runner_test

import (
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

// The files of an earlier task are under names of their own: events and summary tell them.
func TestEventsAndSummaryNameTheFilesOfAnEarlierTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := undoneWorld(t, "[sim:latency=100s] P2")
		id := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "P1"))
		s := w.mustApply()
		past := w.record("task.a").Past
		if len(past) != 1 || past[0].TaskID != id || len(past[0].Artifacts) != 1 {
			t.Fatalf("%+v", past)
		}
		path := past[0].Artifacts[0].Path
		if c := s.Collected; len(c) != 1 || c[0].TaskID != id || !slices.Equal(c[0].Paths, []string{path}) {
			t.Errorf("the summary has %+v", c)
		}
		fetched := w.earlier(runner.Fetched)
		if len(fetched) != 1 || fetched[0].File.Path != path || fetched[0].Record.TaskID != id || fetched[0].Record.Status != state.Succeeded {
			t.Errorf("fetched: %+v", fetched)
		}
		if begun := w.earlier(runner.Fetching); len(begun) == 0 || begun[0].Record.TaskID != id {
			t.Errorf("fetching: %+v", begun)
		}
	})
}

func TestEventsTellThatTheFileOfAnEarlierTaskCannotBeHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := undoneWorld(t, "[sim:latency=100s][sim:file=404] P2")
		w.write(image("a", "nano-banana", "P1"))
		s := w.mustApply()
		if got := w.earlier(runner.Unfetched); len(got) == 0 || got[0].Detail == "" || len(s.Collected) != 0 || len(s.Undelivered) != 1 {
			t.Errorf("%+v, %+v", got, s)
		}
	})
}

// undoneWorld has a result of P1, and a task of a changed prompt that runs.
func undoneWorld(t *testing.T, changed string) *world {
	w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
	w.mustApply()
	w.write(image("a", "nano-banana", changed))
	w.cut(20*time.Second, plan.Options{})
	w.events = nil
	return w
}

// earlier are the events of a kind that are about an earlier task.
func (w *world) earlier(kind runner.EventKind) []runner.Event {
	return slices.DeleteFunc(slices.Clone(w.events), func(e runner.Event) bool { return e.Kind != kind || !e.Earlier })
}

// What expired before anybody fetched it is told once, with its price, and noted.
func TestAnEarlierTaskWhoseFilesExpiredIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := undoneWorld(t, "[sim:latency=100s] P2")
		id := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "P1"))
		w.cut(5*time.Second, plan.Options{})
		told := 0
		for range 4 { // from the first answer on its URLs could live for a day
			time.Sleep(25 * time.Hour)
			w.events = nil
			w.mustApply()
			for _, e := range w.events {
				if strings.Contains(e.Detail, id) && strings.Contains(e.Detail, "cannot be had any more") && strings.Contains(e.Detail, "$0.03") {
					told++
				}
			}
		}
		if p := w.record("task.a").Past[0]; told != 1 || p.TaskID != id || p.Failure == nil || p.Failure.Reason != task.Expired {
			t.Errorf("told %d times: %+v", told, p)
		}
		w.checkIDs()
		if n := w.accepted(); n != 2 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}
