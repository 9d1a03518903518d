package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// settleLate brings the answer to a submit, as the n-th task of the API's ledger.
func (w *world) settleLate(nonce string, n int) runner.LateOutcome {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	outcome, _, err := runner.SettleLate(store, runner.Late{Nonce: nonce, TaskID: w.sim.Ledger()[n].TaskID})
	must(w.t, err)
	return outcome
}

// A late answer to a doubt that was given up is collected where the successor has
// no result either, and nothing more is bought.
func TestLateAnswerIsCollectedInsteadOfBuyingAgain(t *testing.T) {
	for _, test := range []struct{ name, prompt string }{
		{"the successor is in doubt", "[sim:drop,times=2] a pier"},
		{"the successor failed", "[sim:drop,times=1][sim:fail=Timeout,times=2] a pier"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, resubmitting(test.prompt, "retry { max_attempts = 2 }"), simulator.Config{Seed: 70})
				w.mustApply()
				r := w.record("task.a")
				committed := w.contents().Committed()
				if got := w.settleLate(r.Past[0].Nonce, 0); got != runner.LateRunning {
					t.Fatalf("it is %s", got)
				}
				after := w.record("task.a")
				if after.TaskID != w.sim.Ledger()[0].TaskID || len(after.Past) != 1 || after.Past[0].Nonce != r.Nonce || after.Past[0].Status != r.Status {
					t.Errorf("the record is %+v", after)
				}
				if now := w.contents().Committed(); now != committed {
					t.Errorf("%s was committed, and now %s", committed, now)
				}
				w.check()
				if s := w.mustApply(); s.Accepted > 1 || s.Accepted == 1 && r.Status == state.InDoubt {
					t.Errorf("bought again: %+v", s)
				}
				w.check()
			})
		})
	}
}

// However doubts turn into tasks, max_attempts submits are the most that are made
// without asking.
func TestLateAnswersDoNotMakeRoomForMoreSubmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, resubmitting("[sim:drop,times=9][sim:fail=SensitiveContent] a pier", "retry { max_attempts = 2 }"), simulator.Config{Seed: 70})
		w.mustApply()
		r := w.record("task.a")
		w.settleLate(r.Past[0].Nonce, 0)
		for range 3 {
			w.mustApply()
		}
		if n := len(w.sim.Ledger()); n != 2 {
			t.Errorf("%d tasks were accepted, and max_attempts is 2", n)
		}
	})
}

// A retry that was planned is one submit. Of those before it two were accepted, as
// their answers told late, so its own doubt is not given up for another.
func TestAcceptedSubmitsCountWhereADoubtFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, resubmitting("[sim:drop][sim:fail=Timeout] a pier", "retry { max_attempts = 2 }"), simulator.Config{Seed: 70})
		w.mustApply()
		r := w.record("task.a")
		w.settleLate(r.Past[0].Nonce, 0)
		w.settleLate(r.Nonce, 1)
		for range 4 {
			w.mustApply()
		}
		if n := len(w.sim.Ledger()); n != 3 || w.record("task.a").Status != state.InDoubt {
			t.Errorf("%d tasks were accepted, want the two and one retry; it is %s", n, w.record("task.a").Status)
		}
	})
}

// A doubt that was taken for not charged is still found by its answer, also after
// another submit followed.
func TestDoubtTakenForNotChargedIsFoundByItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		r := w.record("task.a")
		store := w.open()
		must(t, runner.ResolveNotCharged(store, r.Address, "x@y"))
		settled, _ := store.Record(r.Address)
		if n := len(runner.Releases(store, settled)); n != 0 || len(settled.Past) != 1 || settled.Past[0].Status != state.Pending {
			t.Errorf("%d can be released; the past is %+v", n, settled.Past)
		}
		if e := runner.WeighBalance(nil, store.Spends(), store.Records()); e != nil {
			t.Errorf("it counts as a doubt: %+v", e)
		}
		must(t, store.Close())
		w.mustApply()
		if got := w.settleLate(r.Nonce, 0); got != runner.LatePast {
			t.Errorf("it is %s", got)
		}
		if past := w.record("task.a").Past; len(past) != 1 || past[0].TaskID != w.sim.Ledger()[0].TaskID {
			t.Errorf("the past is %+v", past)
		}
		if committed := w.contents().Committed(); committed != 60_000 {
			t.Errorf("%s is committed for two tasks", committed)
		}
		w.check()
		w.mustApply() // which collects it
		past := w.record("task.a").Past
		if len(past) != 1 || past[0].Status != state.Succeeded || len(past[0].Artifacts) != 1 {
			t.Fatalf("the past is %+v", past)
		}
		w.wantFile(past[0].Artifacts[0].Path)
	})
}

// A task that only the ledger knows, since its record was removed, is charged once.
func TestTaskOfARemovedRecordIsNotTakenForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier")+image("b", "nano-banana", "[sim:drop] a quay"), simulator.Config{Seed: 70})
		w.mustApply()
		a, b := w.record("task.a"), w.record("task.b")
		var id string
		for _, accepted := range w.sim.Ledger() {
			if string(accepted.Input) == string(a.Request.Input) {
				id = accepted.TaskID
			}
		}
		store := w.open()
		defer store.Close()
		must(t, store.Commit(state.Change{Op: "rm", Remove: []task.Address{a.Address}}))
		if outcome, _, err := runner.SettleLate(store, runner.Late{Nonce: a.Nonce, TaskID: id}); outcome != runner.LateCharged {
			t.Fatal(outcome, err)
		}
		if outcome, _, err := runner.SettleLate(store, runner.Late{Nonce: b.Nonce, TaskID: id}); err == nil || !strings.Contains(err.Error(), "task.a") {
			t.Errorf("one task for two submits: %s, %v", outcome, err)
		}
		if err := w.resolveTaskID(store, b.Address, id); err == nil || !strings.Contains(err.Error(), "task.a") {
			t.Errorf("resolved with the task of another: %v", err)
		}
	})
}

func TestNotChargedReleasesWhatSucceededAfterA5xxOnlyForThe5xx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:http=503,times=2] a pier"), simulator.Config{Seed: 78})
		if s := w.mustApply(); s.Done != 1 {
			t.Fatalf("summary: %+v", s)
		}
		store := w.open()
		defer store.Close()
		a := task.Address{Name: "a"}
		r, _ := store.Record(a)
		if n := len(runner.Releases(store, r)); n != 2 || store.Committed() != 90_000 {
			t.Fatalf("%d submits can be released, %s is committed", n, store.Committed())
		}
		must(t, runner.ResolveNotCharged(store, a, "x@y"))
		if after, _ := store.Record(a); after.Status != state.Succeeded || store.Committed() != 30_000 {
			t.Errorf("%s, %s committed", after.Status, store.Committed())
		}
	})
}

func TestATaskThatIsNotTheSubmitsLeavesItInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier")+image("b", "nano-banana", "a pier"), simulator.Config{Seed: 70})
		store, r, _ := w.doubt()
		defer store.Close()
		for taskID, want := range map[string]string{
			"nonsense":                `the API does not confirm task "nonsense" of model nano-banana: 404 Task not found; task.a stays in doubt`,
			w.record("task.b").TaskID: "belongs to task.b already; the submit of task.a stays in doubt",
		} {
			if _, err := runner.FindTask(t.Context(), w.api, nil, store, r.Address, taskID); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", taskID, err)
			}
		}
	})
}

func TestTaskOlderThanItsSubmitIsSaidToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier"), simulator.Config{Seed: 70})
		store, r, late := w.doubt()
		defer store.Close()
		found, err := runner.FindTask(t.Context(), w.api, nil, store, r.Address, late.TaskID)
		if err != nil || found.Earlier() != 0 {
			t.Fatalf("%+v, %v", found, err)
		}
		r.SubmittedAt = found.CreatedAt.Add(time.Hour) // by a clock that was wrong
		must(t, store.Commit(state.Change{Op: "in_doubt", Put: []state.Record{r}}))
		if found, err = runner.FindTask(t.Context(), w.api, nil, store, r.Address, late.TaskID); err != nil || found.Earlier() != time.Hour {
			t.Fatalf("%+v, %v", found, err)
		}
		must(t, runner.ResolveTaskID(store, found, "x@y"))
		if after, _ := store.Record(r.Address); after.Status != state.Running || after.TaskID != late.TaskID {
			t.Errorf("the record is %+v", after)
		}
		if err := runner.ResolveTaskID(store, found, "x@y"); err == nil {
			t.Error("it was settled twice")
		}
	})
}
