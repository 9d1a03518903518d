package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// A change is undone while its task runs: the earlier result is used at once and at no
// price, and the task that runs is paid for, so it is collected beside.

// planned is what a plan has for the first instance, and how many it pays for.
func (w *world) planned() (plan.Action, int) {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	_, p := w.plan(store, plan.Options{})
	return p.Actions[0], p.Totals().Paying()
}

func TestAChangeUndoneWhileItsTaskRunsIsFreeAndItsTaskIsCollected(t *testing.T) {
	for _, lines := range []string{"", "lifecycle {\n  prevent_regenerate = true\n}"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
			w.mustApply()
			first := w.record("task.a").TaskID
			w.write(image("a", "nano-banana", "[sim:latency=100s] P2"))
			w.cut(20*time.Second, plan.Options{})
			second := w.record("task.a").TaskID
			if second == first || w.record("task.a").Status != state.Running {
				t.Fatalf("P2: %+v", w.record("task.a"))
			}

			w.write(guarded("a", "P1", lines) + after("b", "a"))
			a, paying := w.planned()
			if a.Kind != plan.Keep || !a.Restored || paying != 1 || !strings.Contains(a.Detail, first+" was bought for this input earlier") || !strings.Contains(a.Detail, second) {
				t.Errorf("the plan pays for %d and has %s: %s", paying, a.Kind.Word(), a.Detail)
			}
			s := w.cut(20*time.Second, plan.Options{}) // b does not wait for P2
			if r := w.record("task.b"); s.Accepted != 1 || r.Status != state.Succeeded {
				t.Errorf("b: %+v, %+v", s, r)
			}
			r := w.record("task.a")
			if r.TaskID != first || !r.Complete() || len(r.Past) != 1 || r.Past[0].TaskID != second || r.Past[0].Status != state.Running {
				t.Errorf("cut off again: %+v", r)
			}
			if len(s.Running) != 1 || s.Running[0].TaskID != second {
				t.Errorf("what runs is not told: %+v", s)
			}

			store := w.open()
			_, p := w.plan(store, plan.Options{})
			if totals := p.Totals(); !p.Pending() || totals.Followed != 1 || totals.Paying() != 0 {
				t.Errorf("the next plan does not tell what runs: %+v", totals)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}

			if s := w.mustApply(); s.Accepted != 0 || len(s.Running)+len(s.Failed)+len(s.Undelivered) != 0 {
				t.Errorf("to the end: %+v", s)
			}
			past := w.record("task.a").Past[0]
			if past.Status != state.Succeeded || past.Incomplete(nil) || len(past.Result.Raw) == 0 {
				t.Errorf("the task of the change is not all here: %+v", past)
			}
			w.checkIDs()
			w.checkFiles()
			if bill := w.sim.Ledger(); len(bill) != 3 {
				t.Errorf("%d tasks were bought", len(bill))
			}
			if s := w.mustApply(); s.Accepted+s.Done != 0 {
				t.Errorf("again: %+v", s)
			}
		})
	}
}

// Who changes his mind once more, while the task runs, has paid for it.
func TestAChangeThatIsMadeAgainWhileItsTaskRunsIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := image("a", "nano-banana", "P1"), image("a", "nano-banana", "[sim:latency=110s] P2")
		w := newWorld(t, first, simulator.Config{Seed: 2})
		w.mustApply()
		w.write(second)
		w.cut(5*time.Second, plan.Options{})
		id := w.record("task.a").TaskID
		for range 3 {
			w.write(first)
			w.cut(5*time.Second, plan.Options{})
			w.write(second)
			if a, paying := w.planned(); a.Kind != plan.Collect || paying != 0 {
				t.Errorf("the plan pays for %d and has %s: %s", paying, a.Kind.Word(), a.Detail)
			}
			w.cut(5*time.Second, plan.Options{})
			if r := w.record("task.a"); r.TaskID != id || r.Status != state.Running || r.AcceptedAt.IsZero() {
				t.Errorf("the task of the change is not its own again: %+v", r)
			}
		}
		w.mustApply()
		w.check()
		w.checkFiles()
		if n := w.accepted(); n != 2 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}

// A doubt stays at the front, where it is shown and can be settled.
func TestAChangeUndoneWhileItsSubmitIsInDoubtWaitsForThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
		w.mustApply()
		first := w.record("task.a").TaskID
		w.write("batch {\n  on_in_doubt = \"hold\"\n}\n" + image("a", "nano-banana", "[sim:drop][sim:latency=100s] P2"))
		w.mustApply()
		w.write(image("a", "nano-banana", "P1"))
		if s := w.mustApply(); s.Accepted != 0 || len(s.InDoubt) != 1 {
			t.Errorf("%+v", s)
		}
		if r := w.record("task.a"); r.Status != state.InDoubt {
			t.Errorf("the doubt is not at the front: %+v", r)
		}
		if n := w.settleDoubts(); n != 1 {
			t.Errorf("%d doubts were settled", n)
		}
		w.cut(20*time.Second, plan.Options{})
		if r := w.record("task.a"); r.TaskID != first || len(r.Past) != 1 || r.Past[0].Status != state.Running {
			t.Errorf("settled as accepted: %+v", r)
		}
		w.mustApply()
		w.checkIDs()
		if n := w.accepted(); n != 2 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}

// What an answer may quote of a sensitive input can be hidden only as long as that is
// known to be its own: such a task is collected first.
func TestAChangeOfASensitiveInputIsCollectedBeforeItIsUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := strings.Replace(image("a", "nano-banana", "[sim:latency=100s] P2"), `"[sim:latency=100s] P2"`, `sensitive("[sim:latency=100s] P2")`, 1)
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
		w.mustApply()
		first := w.record("task.a").TaskID
		w.write(secret)
		w.cut(20*time.Second, plan.Options{})
		second := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "P1"))
		w.cut(20*time.Second, plan.Options{})
		if r := w.record("task.a"); r.TaskID != second || r.Status != state.Running {
			t.Errorf("it made room: %+v", r)
		}
		w.mustApply()
		r := w.record("task.a")
		if r.TaskID != first || len(r.Past) != 1 || len(r.Past[0].Result.Raw) == 0 {
			t.Errorf("collected: %+v", r)
		}
		w.check()
	})
}

// A request that is known late may be that of an earlier task which runs. If that fails,
// the run goes on as after any failure.
func TestARequestThatIsKnownLateHasItsEarlierTaskThatRuns(t *testing.T) {
	for marker, bought := range map[string]int{"[sim:latency=100s]": 3, "[sim:latency=100s][sim:fail=NSFW]": 3} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("b", "nano-banana", "B1"), simulator.Config{Seed: 3})
			w.mustApply()
			change := image("b", "nano-banana", marker+" B2")
			w.write(change)
			w.cut(20*time.Second, plan.Options{})
			second := w.record("task.b").TaskID
			w.write(image("b", "nano-banana", "B1"))
			w.cut(10*time.Second, plan.Options{})
			late := strings.Replace(change, ` B2"`, ` B${task.c.urls[0] == "" ? 1 : 2}"`, 1)
			w.write(image("c", "nano-banana", "C") + late + after("d", "b"))
			s := w.mustApply()
			if r := w.record("task.b"); r.TaskID != second {
				t.Errorf("%s: %+v", marker, r)
			}
			if fails := strings.Contains(marker, "fail"); fails && (len(s.Failed) != 1 || len(s.Skipped) != 1) || !fails && s.Done != 3 {
				t.Errorf("%s: %+v", marker, s)
			} else if !fails {
				bought++ // d
			}
			if n := w.accepted(); n != bought {
				t.Errorf("%s: %d tasks were bought", marker, n)
			}
			w.checkIDs()
		})
	}
}
