package runner_test

import (
	"context"
	"errors"
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

// resubmitting writes one task, whose doubts are given up for another submit.
func resubmitting(prompt, batch string) string {
	return "batch {\n on_in_doubt = \"resubmit\"\n" + batch + "\n}\n" + image("a", "nano-banana", prompt)
}

func TestDoubtIsSubmittedAgainAtOnceWhereTheConfigurationSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, resubmitting("[sim:drop,times=1] a pier", ""), simulator.Config{Seed: 70})
		s := w.mustApply()
		if s.Done != 1 || s.Resubmitted != 1 || s.ResubmittedCost != 30_000 || len(s.InDoubt) != 0 {
			t.Fatalf("summary: %+v", s)
		}
		r := w.record("task.a")
		if len(r.Past) != 1 || r.Past[0].Status != state.InDoubt || r.Past[0].TaskID != "" || r.Doubt != nil {
			t.Fatalf("past: %+v", r.Past)
		}
		contents := w.contents()
		if committed := contents.Committed(); committed != 60_000 {
			t.Errorf("%s is committed for a submit and a doubt", committed)
		}
		if given := contents.Spends[0].Settled; given == nil || given.How != "resubmit" || given.By != "on_in_doubt" {
			t.Errorf("the ledger says %+v", given)
		}
		if n := len(w.sim.Ledger()); n != 2 {
			t.Errorf("%d tasks were accepted, want both", n)
		}
		w.check()
	})
}

func TestNoMoreThanMaxAttemptsAreSubmittedForDoubts(t *testing.T) {
	for _, most := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, resubmitting("[sim:drop] a pier", "retry { max_attempts = "+string(rune('0'+most))+" }"), simulator.Config{Seed: 71})
			for range 3 { // also in later runs
				s := w.mustApply()
				if len(s.InDoubt) != 1 || s.InDoubt[0].Nonce == "" || s.InDoubt[0].Doubt == nil {
					t.Fatalf("max_attempts %d: %+v", most, s)
				}
				if n := len(w.sim.Ledger()); n != most {
					t.Fatalf("max_attempts %d: %d accepted", most, n)
				}
			}
			if committed := w.contents().Committed(); committed != task.Cost(most)*30_000 {
				t.Errorf("max_attempts %d: %s committed", most, committed)
			}
			w.check()
		})
	}
}

func TestDoubtOfAnEarlierRunIsPlannedAsARetryThatMayPayTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := image("a", "nano-banana", "[sim:drop,times=1] a pier")
		w := newWorld(t, config, simulator.Config{Seed: 72})
		w.mustApply()
		w.write("batch {\n on_in_doubt = \"resubmit\"\n}\n" + config)
		for _, c := range []struct {
			opts plan.Options
			kind plan.Kind
			why  plan.Reason
		}{
			{plan.Options{}, plan.Retry, plan.Resubmission},
			{plan.Options{Resume: true}, plan.Doubtful, plan.OutcomeUnknown},
		} {
			store := w.open()
			_, p := w.plan(store, c.opts)
			if a := p.Actions[0]; a.Kind != c.kind || a.Reason != c.why {
				t.Errorf("resume %t: %c %s, %s", c.opts.Resume, a.Kind, a.Reason, a.Detail)
			}
			if resubmits := p.Totals().Resubmits; (resubmits == 1) != (c.why == plan.Resubmission) {
				t.Errorf("resume %t: %d may be paid twice", c.opts.Resume, resubmits)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil); err != nil || len(s.InDoubt) != 1 || s.Accepted != 0 {
			t.Errorf("resume: %+v, %v", s, err)
		}
		if s := w.mustApply(); s.Done != 1 || s.Resubmitted != 1 {
			t.Errorf("apply: %+v", s)
		}
		w.check()
	})
}

func TestChangedRequestOfADoubtWaitsForResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier"), simulator.Config{Seed: 73})
		w.mustApply()
		w.write(resubmitting("a quay", ""))
		if s := w.mustApply(); len(s.InDoubt) != 1 || s.Accepted != 0 {
			t.Errorf("another request: %+v", s)
		}
		w.write("batch { on_in_doubt = \"resubmit\" }\n" + image("b", "nano-banana", "a quay"))
		if s := w.mustApply(); len(s.InDoubt) != 1 || s.Accepted != 1 {
			t.Errorf("an orphan: %+v", s)
		}
	})
}

// A doubt whose successor is not sent is in doubt still, on disk and in what the
// run says.
func TestDoubtStaysWhereItsSuccessorCannotBePaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, resubmitting("[sim:drop] a pier", "budget = 0.05"), simulator.Config{Seed: 74})
		s := w.mustApply()
		if len(s.InDoubt) != 1 || len(s.Left) != 0 || s.Stop != task.BudgetReached || s.Resubmitted != 0 {
			t.Errorf("summary: %+v", s)
		}
		if r := w.record("task.a"); r.Status != state.InDoubt || len(r.Past) != 0 {
			t.Errorf("%s, past %+v", r.Status, r.Past)
		}
	})
}

func TestSuccessorThatFailsCountsTheDoubtAsAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, resubmitting("[sim:drop,times=1][sim:fail=Timeout] a pier", ""), simulator.Config{Seed: 75})
		if s := w.mustApply(); len(s.Failed) != 1 || s.Retried != 0 || len(w.sim.Ledger()) != 2 {
			t.Errorf("%d accepted: %+v", len(w.sim.Ledger()), s)
		}
		w.check()
	})
}

// doubt makes a world with one task in doubt, and gives the late answer to it.
func (w *world) doubt() (store *state.Store, r state.Record, late runner.Late) {
	w.t.Helper()
	if s := w.mustApply(); len(s.InDoubt) != 1 {
		w.t.Fatalf("summary: %+v", s)
	}
	r = w.record("task.a")
	late = runner.Late{Nonce: r.Nonce, By: "tester@test"}
	for _, accepted := range w.sim.Ledger() {
		if string(accepted.Input) == string(r.Request.Input) {
			late.TaskID = accepted.TaskID
		}
	}
	return w.open(), r, late
}

func TestLateAnswerSettlesWhateverWasMadeOfTheDoubt(t *testing.T) {
	for _, test := range []struct {
		name    string
		between func(t *testing.T, store *state.Store, a task.Address)
		want    runner.LateOutcome
		status  state.Status
		past    []state.Status // of what is left of other submits
	}{
		{"nothing yet", func(*testing.T, *state.Store, task.Address) {}, runner.LateRunning, state.Running, nil},
		{"taken for not charged", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveNotCharged(s, a, "x@y"))
		}, runner.LateRunning, state.Running, nil},
		{"taken for not charged, and a new submit is in doubt", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveNotCharged(s, a, "x@y"))
			another(t, s, a, func(r *state.Record) { r.Status = state.InDoubt })
		}, runner.LateRunning, state.Running, []state.Status{state.InDoubt}},
		{"taken for not charged, and a new submit has a result", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveNotCharged(s, a, "x@y"))
			another(t, s, a, func(r *state.Record) { r.Status, r.TaskID = state.Running, "task of another" })
		}, runner.LatePast, state.Running, nil},
		{"given up for a new submit", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveResubmit(s, a, "x@y"))
		}, runner.LateRunning, state.Running, nil},
		{"a new submit is in doubt", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveResubmit(s, a, "x@y"))
			another(t, s, a, func(r *state.Record) { r.Status = state.InDoubt })
		}, runner.LateRunning, state.Running, []state.Status{state.InDoubt}},
		{"a new submit was accepted and failed", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveResubmit(s, a, "x@y"))
			another(t, s, a, func(r *state.Record) {
				r.Status, r.TaskID, r.Failure = state.Failed, "task of another", &task.Failure{Reason: task.Timeout}
			})
		}, runner.LateRunning, state.Running, []state.Status{state.Failed}},
		{"another request waits to be submitted", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, runner.ResolveResubmit(s, a, "x@y"))
			r, _ := s.Record(a)
			r.Nonce, r.Fingerprint = "", "another"
			must(t, s.Commit(state.Change{Op: "pending", Put: []state.Record{r}}))
		}, runner.LatePast, state.Pending, nil},
		{"renamed", func(t *testing.T, s *state.Store, a task.Address) {
			r, _ := s.Record(a)
			r.Address = task.Address{Name: "b"}
			must(t, s.Commit(state.Change{Op: "move", Remove: []task.Address{a}, Put: []state.Record{r}}))
		}, runner.LateRunning, state.Running, nil},
		{"removed", func(t *testing.T, s *state.Store, a task.Address) {
			must(t, s.Commit(state.Change{Op: "rm", Remove: []task.Address{a}}))
		}, runner.LateCharged, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier"), simulator.Config{Seed: 76})
				store, r, late := w.doubt()
				test.between(t, store, r.Address)
				got, address, err := runner.SettleLate(store, late)
				if err != nil || got != test.want {
					t.Fatalf("got %s, %v, want %s", got, err, test.want)
				}
				after, _ := store.Record(address)
				if after.Status != test.status {
					t.Errorf("the record is %s, want %s", after.Status, test.status)
				}
				switch test.want {
				case runner.LateRunning:
					var past []state.Status
					for _, p := range after.Past {
						past = append(past, p.Status)
					}
					if after.TaskID != late.TaskID || after.Doubt != nil || !slices.Equal(past, test.past) {
						t.Errorf("the record is %+v", after)
					}
				case runner.LatePast:
					if after.Past[0].TaskID != late.TaskID {
						t.Errorf("the past is %+v", after.Past)
					}
				}
				if spend, _ := store.Spend(late.Nonce); spend.TaskID != late.TaskID || spend.ChargedAt.IsZero() || spend.Committed() != 30_000 {
					t.Errorf("the ledger says %+v", spend)
				}
				before := store.Header().Changes
				if got, _, err := runner.SettleLate(store, late); err != nil || got != runner.LateKnown || store.Header().Changes != before {
					t.Errorf("once more: %s, %v", got, err)
				}
				late.TaskID = "another"
				if _, _, err := runner.SettleLate(store, late); err == nil || store.Header().Changes != before {
					t.Errorf("a second task ID for one submit: %v", err)
				}
				must(t, store.Close())
			})
		})
	}
}

// another makes a further submit of an instance, of which comes what become says.
func another(t *testing.T, s *state.Store, a task.Address, become func(*state.Record)) {
	t.Helper()
	r, _ := s.Record(a)
	r.Status, r.Nonce = state.Submitting, "another"
	reserve := state.Entry{Kind: state.Reserve, Nonce: r.Nonce, Address: a, Model: r.Request.Model, Cost: r.Cost, Priced: true, At: time.Now()}
	must(t, s.Commit(state.Change{Op: "submitting", Put: []state.Record{r}, Money: []state.Entry{reserve}}))
	become(&r)
	must(t, s.Commit(state.Change{Op: string(r.Status), Put: []state.Record{r}}))
}

func TestLateAnswerThatFitsNothingChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:drop] a pier")+image("b", "nano-banana", "a quay"), simulator.Config{Seed: 77})
		store, r, late := w.doubt()
		defer store.Close()
		if _, _, err := runner.SettleLate(store, runner.Late{Nonce: "guessed", TaskID: "x"}); !errors.Is(err, runner.ErrUnknownSubmit) {
			t.Errorf("an unknown nonce: %v", err)
		}
		if _, _, err := runner.SettleLate(store, runner.Late{Nonce: late.Nonce}); err == nil {
			t.Error("an answer without a task was taken")
		}
		b, _ := store.Record(task.Address{Name: "b"})
		if _, _, err := runner.SettleLate(store, runner.Late{Nonce: late.Nonce, TaskID: b.TaskID}); err == nil || !strings.Contains(err.Error(), "task.b") {
			t.Errorf("the task of another: %v", err)
		}
		must(t, runner.ResolveNotCharged(store, r.Address, "x@y"))
		pending, _ := store.Record(r.Address)
		pending.Status = state.Submitting
		must(t, store.Commit(state.Change{Op: "submitting", Put: []state.Record{pending}}))
		if _, _, err := runner.SettleLate(store, late); !errors.Is(err, runner.ErrStillSubmitting) {
			t.Errorf("while it is being sent: %v", err)
		}
	})
}

func TestNotChargedReleasesWhatWasRepeatedAfterA5xx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:http=503] a pier"), simulator.Config{Seed: 78})
		w.mustApply()
		store := w.open()
		defer store.Close()
		a := task.Address{Name: "a"}
		r, _ := store.Record(a)
		if n := len(runner.Releases(store, r)); n != 4 || store.Committed() != 120_000 {
			t.Fatalf("%d submits can be released, %s is committed", n, store.Committed())
		}
		must(t, runner.ResolveNotCharged(store, a, "x@y"))
		if after, _ := store.Record(a); store.Committed() != 0 || after.Status != state.Failed {
			t.Errorf("%s, %s committed", after.Status, store.Committed())
		}
		for _, s := range store.Spends() {
			if s.Settled == nil || s.Settled.How != "not_charged" || s.Settled.By != "x@y" {
				t.Errorf("the ledger says %+v", s.Settled)
			}
		}
		if err := runner.ResolveNotCharged(store, a, "x@y"); !errors.Is(err, runner.ErrNothingToResolve) {
			t.Errorf("once more: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
