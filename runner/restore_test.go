package runner_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// A result that was paid for is used again when its input comes back, whatever was
// asked for in between.

func TestChangeThatWasRefusedAndUndoneBuysNothing(t *testing.T) {
	for _, refusal := range []string{"[sim:http=402]", "[sim:http=400]", "[sim:fail=NSFW]", "[sim:fail=Timeout]"} {
		for _, lines := range []string{"", "lifecycle {\n  prevent_regenerate = true\n}"} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, image("a", "nano-banana", "P1")+after("b", "a"), simulator.Config{Seed: 1})
				w.mustApply()
				id := w.record("task.a").TaskID
				w.write("batch {\n  retry {\n    max_attempts = 1\n  }\n}\n" + image("a", "nano-banana", refusal+" P2") + after("b", "a"))
				w.mustApply()
				before := w.accepted()
				w.write(guarded("a", "P1", lines) + after("b", "a"))
				if err := w.planError(plan.Options{}); err != nil {
					t.Fatalf("%s: %v", refusal, err)
				}
				if s := w.mustApply(); s.Accepted != 0 || w.accepted() != before {
					t.Errorf("%s: bought %+v", refusal, s)
				}
				if r := w.record("task.a"); r.TaskID != id || r.Status != state.Succeeded || !r.Complete() {
					t.Errorf("%s: record %+v", refusal, r)
				}
				if s := w.mustApply(); s.Accepted+s.Done != 0 {
					t.Errorf("%s: again %+v", refusal, s)
				}
				w.checkIDs()
				w.checkFiles()
			})
		}
	}
}

func TestInputThatComesBackUsesItsResultAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+after("b", "a"), simulator.Config{Seed: 2})
		w.mustApply()
		first, uses := w.record("task.a").TaskID, w.record("task.b").TaskID
		w.write(image("a", "nano-banana", "P2") + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 2 {
			t.Fatalf("P2: %+v", s)
		}
		second := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "P1") + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("P1 again: %+v", s)
		}
		if a, b := w.record("task.a"), w.record("task.b"); a.TaskID != first || b.TaskID != uses || len(a.Past) != 1 || a.Past[0].TaskID != second {
			t.Errorf("records: %+v, %+v", a, b)
		}
		w.checkFiles()
		w.write(image("a", "nano-banana", "P2") + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 0 || w.record("task.a").TaskID != second {
			t.Errorf("P2 again: %+v", s)
		}
		w.checkFiles()
		s, err := w.applyPlan(context.Background(), plan.Options{Replace: func(a task.Address) bool { return a.Name == "a" }}, nil)
		if err != nil || s.Accepted != 2 {
			t.Errorf("-replace: %+v, %v", s, err)
		}
		w.check()
		w.checkFiles()
	})
}

// The change that is undone may still be on its way: its file cannot be fetched, or
// its task runs.
func TestInputThatComesBackWhileTheChangeIsOnItsWayBuysNothing(t *testing.T) {
	for _, marker := range []string{"[sim:file=404]", "[sim:file=500]", "[sim:latency=6m]"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
			w.mustApply()
			first := w.record("task.a").TaskID
			w.write(image("a", "nano-banana", marker+" P2"))
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			_, _ = w.apply(ctx, nil)
			cancel()
			before := w.accepted()
			w.write(image("a", "nano-banana", "P1"))
			store := w.open()
			_, p := w.plan(store, plan.Options{})
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			if detail := p.Actions[0].Detail; !strings.Contains(detail, first+" was bought for this input earlier, and is in ") {
				t.Errorf("%s: the plan says %q", marker, detail)
			}
			for range 3 {
				if s, err := w.apply(context.Background(), nil); s.Accepted != 0 || w.accepted() != before {
					t.Errorf("%s: bought %+v, %v", marker, s, err)
				}
			}
			if r := w.record("task.a"); strings.Contains(marker, "latency") && r.TaskID != first {
				t.Errorf("%s: record %+v", marker, r)
			}
			w.checkIDs()
		})
	}
}

// An address that is renamed together with the undoing keeps its earlier results.
func TestInputThatComesBackUnderAnotherAddressBuysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+image("c", "nano-banana", "C"), simulator.Config{Seed: 2})
		w.mustApply()
		first := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "P2") + image("c", "nano-banana", "C"))
		w.mustApply()
		w.write(image("b", "nano-banana", "P1") + image("c", "nano-banana", "C"))
		if s := w.mustApply(); s.Accepted != 0 || w.record("task.b").TaskID != first {
			t.Errorf("renamed and undone: %+v", s)
		}
		if s := w.mustApply(); s.Accepted+s.Done != 0 {
			t.Errorf("again: %+v", s)
		}
		w.checkIDs()
		w.checkFiles()
	})
}

// The request of b is known only once a has been collected: then b has its earlier
// result, and buys none.
func TestRequestThatIsKnownLateUsesItsEarlierResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+image("b", "nano-banana", "B1"), simulator.Config{Seed: 3})
		w.mustApply()
		first := w.record("task.b").TaskID
		w.write(image("a", "nano-banana", "P1") + image("b", "nano-banana", "B2"))
		w.mustApply()
		late := strings.Replace(image("b", "nano-banana", "B1"), `"B1"`, `"B${task.c.urls[0] == "" ? 2 : 1}"`, 1)
		w.write(image("a", "nano-banana", "P1") + image("c", "nano-banana", "C") + late)
		if s := w.mustApply(); s.Accepted != 1 || w.record("task.b").TaskID != first {
			t.Errorf("bought: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

func TestProtectionAndIgnoredChangesReachEarlierResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 4})
		w.mustApply()
		id := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "[sim:http=402] P2"))
		w.mustApply()
		w.write(guarded("a", "P3", "lifecycle {\n  prevent_regenerate = true\n}"))
		if err := w.planError(plan.Options{}); err == nil || !strings.Contains(err.Error(), "task.a would be bought anew") {
			t.Errorf("prevent_regenerate: %v", err)
		}
		w.write(guarded("a", "P3", "lifecycle {\n  ignore_changes = all\n}"))
		if s := w.mustApply(); s.Accepted != 0 || w.record("task.a").TaskID != id {
			t.Errorf("ignore_changes: %+v", s)
		}
	})
}

func TestEarlierResultIsFetchedIfItsFileIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 5})
		w.mustApply()
		w.write(image("a", "nano-banana", "P2"))
		w.mustApply()
		gone := w.record("task.a").Past[0].Artifacts[0].Path
		w.remove(gone)
		w.write(image("a", "nano-banana", "P1"))
		s, err := w.applyPlan(context.Background(), plan.Options{Missing: map[string]bool{gone: true}}, nil)
		if err != nil || s.Accepted != 0 || s.Done != 1 {
			t.Errorf("summary: %+v, %v", s, err)
		}
		w.check()
		w.checkFiles()
	})
}

// What is listed in replace_triggered_by may be added to and taken from; what it
// lists may not change.
func TestEditOfTheTriggersBuysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := func(list, second string) string {
			return image("a", "nano-banana", "P1") + image("c", "nano-banana", second) + guarded("b", "B", "lifecycle {\n  replace_triggered_by = ["+list+"]\n}")
		}
		w := newWorld(t, config("task.a", "C1"), simulator.Config{Seed: 6})
		w.mustApply()
		for _, list := range []string{"task.a, task.c", "task.c", "task.c, task.a"} {
			w.write(config(list, "C1"))
			if s := w.mustApply(); s.Accepted != 0 {
				t.Errorf("[%s]: %+v", list, s)
			}
		}
		w.write(config("task.c, task.a", "C2"))
		if s := w.mustApply(); s.Accepted != 2 {
			t.Errorf("a new c: %+v", s)
		}
		w.write(config("task.c, task.a", "C1")) // both were bought for the first c
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("the first c again: %+v", s)
		}
		w.checkIDs()
	})
}

// What ignore_changes keeps is neither priced nor forbidden, also where it is not
// known yet, or where the record comes from another instance.
func TestPlanForIgnoredChangesBuysNothing(t *testing.T) {
	buys := func(w *world, opts plan.Options) (n int) {
		store := w.open()
		defer store.Close()
		_, p := w.plan(store, opts)
		return p.Totals().Paying()
	}
	synctest.Test(t, func(t *testing.T) {
		series := func(first string) string {
			return "task \"h\" {\n  model = \"nano-banana\"\n  count = 3\n  input = { mode = \"text-to-image\", prompt = \"a pier\", aspect_ratio = \"1:1\", seed = " + first +
				" + count.index }\n  lifecycle {\n    ignore_changes = [input.seed]\n    prevent_regenerate = true\n  }\n}\n"
		}
		w := newWorld(t, series("1"), simulator.Config{Seed: 7})
		w.mustApply()
		w.write(series("2"))
		if n := buys(w, plan.Options{}); n != 0 {
			t.Errorf("the plan buys %d", n)
		}
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("summary: %+v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := strings.TrimSuffix(after("c", "b"), "}\n") + "lifecycle {\n  ignore_changes = [input.image_urls]\n  prevent_regenerate = true\n}\n}\n"
		w := newWorld(t, image("b", "nano-banana", "B")+c, simulator.Config{Seed: 8})
		w.mustApply()
		replace := plan.Options{Replace: func(a task.Address) bool { return a.Name == "b" }}
		if n := buys(w, replace); n != 1 {
			t.Errorf("the plan buys %d", n)
		}
		if s, err := w.applyPlan(context.Background(), replace, nil); err != nil || s.Accepted != 1 {
			t.Errorf("summary: %+v, %v", s, err)
		}
	})
}
