package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func importing(to, id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, id)
}

func moving(from, to string) string {
	return fmt.Sprintf("moved {\n  from = %s\n  to   = %s\n}\n", from, to)
}

func TestImportedTaskIsCollectedAtNoCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "", simulator.Config{Seed: 1})
		id := w.submit("nano-banana", "P1")
		w.write(image("a", "nano-banana", "P1") + after("b", "a") + importing("task.a", id))
		s := w.mustApply()
		if s.Accepted != 1 || s.Done != 2 || s.Spent != w.record("task.b").Cost {
			t.Errorf("summary: %+v", s)
		}
		r := w.record("task.a")
		if r.TaskID != id || !r.Complete() || r.Cost != 0 || !r.Priced {
			t.Errorf("record: %+v", r)
		}
		for _, spend := range w.contents().Spends {
			if spend.TaskID == id && (spend.Cost != 0 || spend.Settled == nil || spend.Settled.How != "import") {
				t.Errorf("ledger: %+v", spend)
			}
		}
		if s := w.mustApply(); s.Accepted+s.Done != 0 {
			t.Errorf("again: %+v", s)
		}
		w.write(image("a", "nano-banana", "P2") + importing("task.a", id)) // the block has done its work
		if s := w.mustApply(); s.Accepted != 1 {
			t.Errorf("after an edit: %+v", s)
		}
		w.checkIDs()
		w.checkFiles()
	})
}

func TestRunningTaskIsImported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "", simulator.Config{Seed: 2})
		id := w.submit("nano-banana", "[sim:latency=80s] P1")
		w.write(image("a", "nano-banana", "[sim:latency=80s] P1") + importing("task.a", id))
		w.cut(20*time.Second, plan.Options{})
		if r := w.record("task.a"); r.Status != state.Running {
			t.Errorf("record: %+v", r)
		}
		s, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil)
		if err != nil || s.Done != 1 || w.accepted() != 1 {
			t.Errorf("summary: %+v, %v", s, err)
		}
		w.checkFiles()
	})
}

func TestImportThatTheAPIDoesNotConfirmChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+importing("task.a", "task_of_somebody"), simulator.Config{Seed: 3})
		s := w.mustApply()
		if len(s.Failed) != 1 || !strings.Contains(s.Failed[0].Failure.Message, "knows no task task_of_somebody of model nano-banana") || len(w.contents().Records) != 0 {
			t.Errorf("summary: %+v", s)
		}
		id := w.submit("nano-banana", "P1")
		w.write(image("a", "nano-banana", "P1") + importing("task.a", id))
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded })
		w.api = w.client(testKey)
		if s := w.mustApply(); len(s.Failed) != 1 || !s.Failed[0].Failure.Retryable || len(w.contents().Records) != 0 {
			t.Errorf("unreachable: %+v", s)
		}
		if w.accepted() != 1 {
			t.Error("something was bought")
		}
	})
}

func TestImportIsRefusedWhereSomethingPaidWouldBeLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		both := image("a", "nano-banana", "P1") + image("b", "nano-banana", "P2")
		w := newWorld(t, both, simulator.Config{Seed: 4})
		w.mustApply()
		id := w.submit("nano-banana", "P3")
		for text, want := range map[string]string{
			importing("task.a", id): "of its own, which is paid for",
			image("c", "nano-banana", "P4") + importing("task.c", w.record("task.a").TaskID): "it belongs to task.a",
		} {
			w.write(both + text)
			if err := w.planError(plan.Options{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q: %v", want, err)
			}
		}
		w.write(image("d", "nano-banana", "[sim:drop] P5"))
		w.mustApply()
		w.write(image("d", "nano-banana", "[sim:drop] P5") + importing("task.d", id))
		if err := w.planError(plan.Options{}); err == nil || !strings.Contains(err.Error(), "resolve -task-id="+id) {
			t.Errorf("in doubt: %v", err)
		}
	})
}

func TestImportTakesThePlaceOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:fail=NSFW] P1"), simulator.Config{Seed: 5})
		w.mustApply()
		failed := w.record("task.a").TaskID
		id := w.submit("nano-banana", "P1")
		w.write(image("a", "nano-banana", "P1") + importing("task.a", id))
		if s := w.mustApply(); s.Accepted != 0 || s.Done != 1 {
			t.Errorf("summary: %+v", s)
		}
		if r := w.record("task.a"); r.TaskID != id || len(r.Past) != 1 || r.Past[0].TaskID != failed {
			t.Errorf("record: %+v", r)
		}
		w.checkIDs()
	})
}

func TestImportWaitsForTheResultThatItsRequestUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "", simulator.Config{Seed: 6})
		id := w.submit("nano-banana", "anything")
		w.write(image("a", "nano-banana", "P1") + after("b", "a") + importing("task.b", id))
		if s := w.mustApply(); s.Accepted != 1 || s.Done != 2 || w.record("task.b").TaskID != id {
			t.Errorf("summary: %+v", s)
		}
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("again: %+v", s)
		}
	})
}

func TestRecordThatWasDroppedIsImportedAtItsOldPrice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 7})
		w.mustApply()
		r := w.record("task.a")
		w.write("removed {\n  from = task.a\n}\n")
		w.mustApply()
		if len(w.contents().Records) != 0 {
			t.Fatal("the record is there")
		}
		w.write(image("a", "nano-banana", "P1") + importing("task.a", r.TaskID))
		if s := w.mustApply(); s.Accepted != 0 || w.record("task.a").Cost != r.Cost || len(w.contents().Spends) != 1 {
			t.Errorf("summary: %+v, %+v", s, w.contents().Spends)
		}
		w.check()
	})
}

func TestMovedRecordsCostNothingAlsoWhenTheRequestIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+after("b", "a"), simulator.Config{Seed: 8})
		w.mustApply()
		id := w.record("task.b").TaskID
		moved := moving("task.a", "task.one") + moving("task.b", "task.two") + moving("task.two", "task.three")
		w.write(image("one", "nano-banana", "P1") + after("three", "one") + moved)
		if s := w.mustApply(); s.Accepted != 0 || w.record("task.three").TaskID != id {
			t.Errorf("summary: %+v", s)
		}
		// Moved and changed at once: the earlier task is in its record's past.
		w.write(image("last", "nano-banana", "P2") + moving("task.one", "task.last") + moved)
		if s := w.mustApply(); s.Accepted != 1 || len(w.record("task.last").Past) != 1 {
			t.Errorf("summary: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

func TestMoveToAnOccupiedAddressIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+image("b", "nano-banana", "P2"), simulator.Config{Seed: 9})
		w.mustApply()
		w.write(image("b", "nano-banana", "P2") + moving("task.a", "task.b"))
		if err := w.planError(plan.Options{}); err == nil || !strings.Contains(err.Error(), "The record of task.a cannot move to task.b") {
			t.Errorf("error: %v", err)
		}
	})
}

func TestRemovedRecordStaysAsLongAsSomethingOfItIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:latency=80s] P1")+image("b", "nano-banana", "[sim:drop] P2"), simulator.Config{Seed: 10})
		w.cut(time.Minute, plan.Options{})
		w.write("removed {\n  from = task.a\n}\nremoved {\n  from = task.b\n}\n")
		s := w.mustApply() // collects a
		if len(s.InDoubt) != 1 || w.record("task.a").Status != state.Succeeded {
			t.Errorf("summary: %+v", s)
		}
		w.mustApply()
		records := w.contents().Records
		if len(records) != 1 || records[0].Address.String() != "task.b" || w.accepted() != 2 {
			t.Errorf("records: %+v", records)
		}
	})
}

// scene is one thing that somebody wants, whatever it is called and wherever it
// was bought.
type scene struct {
	prompt, name string
	imported     string // its task's ID, if it was bought elsewhere
	gone         bool
}

// Renames with and without moved blocks, swaps, chains, imports, removals and
// ignored edits, in any order and cut anywhere: each thing is bought once.
func TestRandomHistoriesBuyNothingTwice(t *testing.T) {
	for range 6 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "", simulator.Config{Seed: rand.Uint64(), Latency: &simulator.Latency{Min: 20 * time.Second, Max: 60 * time.Second}})
			var scenes []*scene
			var moved strings.Builder
			names := 0
			name := func() string { names++; return fmt.Sprintf("t%d", names) }
			for step := range 30 {
				s := &scene{}
				if len(scenes) > 0 {
					s = scenes[rand.N(len(scenes))]
				}
				switch n := rand.N(10); {
				case n < 4 || s.gone || len(scenes) == 0:
					s = &scene{prompt: fmt.Sprintf("P%d", step), name: name()}
					if rand.N(3) == 0 {
						s.imported = w.submit("nano-banana", s.prompt)
					}
					scenes = append(scenes, s)
				case n < 6:
					old := s.name
					s.name = name()
					moved.WriteString(moving("task."+old, "task."+s.name))
				case n < 8:
					s.name = name()
				case n < 9:
					other := scenes[rand.N(len(scenes))]
					if !other.gone && !strings.Contains(moved.String(), "task."+s.name+"\n") && !strings.Contains(moved.String(), "task."+other.name+"\n") {
						s.name, other.name = other.name, s.name
					}
				}
				w.write(historyConfig(scenes, moved.String()))
				w.cut(rand.N(3*time.Minute), plan.Options{Resume: rand.N(4) == 0})
			}
			w.mustApply()
			bought := make(map[string]int)
			for _, a := range w.sim.Ledger() {
				if bought[string(a.Input)]++; bought[string(a.Input)] > 1 {
					t.Errorf("%s was bought twice\n%s", a.Input, w.get("jobs.hcl"))
				}
			}
			if len(bought) != len(scenes) {
				t.Errorf("%d of %d were bought", len(bought), len(scenes))
			}
			w.checkIDs()
			w.checkFiles()
		})
		if t.Failed() {
			return
		}
	}
}

func historyConfig(scenes []*scene, moved string) string {
	var b strings.Builder
	b.WriteString("batch {\n  parallelism = 3\n}\n" + moved)
	for _, s := range scenes {
		// negative_prompt is ignored, so it may say anything.
		fmt.Fprintf(&b, "task %q {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = %q, aspect_ratio = \"1:1\" }\n", s.name, s.prompt)
		b.WriteString("  lifecycle {\n    ignore_changes = [input.negative_prompt]\n  }\n}\n")
		if s.imported != "" {
			b.WriteString(importing("task."+s.name, s.imported))
		}
	}
	return b.String()
}

// Of what was paid for, only a removed block takes a record out of the state, and
// only once it is all here.
func TestRandomRemovalsLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := simulator.ParseFaults("429=2%,drop=5%,fail=5%,file=10%")
		if err != nil {
			faults, err = simulator.ParseFaults("429=2%,drop=5%,fail=5%")
		}
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, "", simulator.Config{Seed: rand.Uint64(), Faults: faults, Latency: &simulator.Latency{Min: 20 * time.Second, Max: 90 * time.Second}})
		for step := range 25 {
			var text strings.Builder
			for n := range step + 1 {
				if n < step-3 && rand.N(2) == 0 {
					fmt.Fprintf(&text, "removed {\n  from = task.t%d\n}\n", n)
				} else if n >= step-3 {
					text.WriteString(image(fmt.Sprintf("t%d", n), "nano-banana", fmt.Sprintf("P%d", n)))
				}
			}
			w.write(text.String())
			before := make(map[task.Address]state.Record)
			for _, r := range recordsOf(w) {
				before[r.Address] = r
			}
			w.cut(rand.N(3*time.Minute), plan.Options{})
			for _, r := range recordsOf(w) {
				delete(before, r.Address)
			}
			for a, r := range before {
				named := strings.Contains(text.String(), "from = "+a.String()+"\n")
				if !named || r.Status == state.Running || r.Status == state.InDoubt || r.Status == state.Succeeded && !r.Complete() {
					t.Errorf("%s is gone: named %v, %s", a, named, r.Status)
				}
			}
		}
	})
}

func recordsOf(w *world) []state.Record {
	store := w.open()
	defer store.Close()
	return store.Records()
}

// A task that was bought elsewhere and has failed is no reason for resume to buy.
func TestResumeBuysNothingForAFailedImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "", simulator.Config{Seed: 21})
		id := w.submit("nano-banana", "[sim:fail=Timeout] P1")
		w.write("batch {\n  retry {\n    max_attempts = 1\n  }\n}\n" + image("a", "nano-banana", "P1") + importing("task.a", id))
		_, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := w.accepted()
		if s, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil); err != nil || w.accepted() != before || before != 1 {
			t.Errorf("resume bought, %d and %d: %+v, %v", before, w.accepted(), s, err)
		}
		if s := w.mustApply(); s.Accepted != 1 {
			t.Errorf("apply: %+v", s)
		}
	})
}
