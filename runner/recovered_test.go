package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// A task that ran when later changes of the state were lost may have failed and
// been bought again in them: it is collected, and not bought again by itself.
func TestATaskWithLostChangesIsCollectedAndNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:latency=90s][sim:fail=Timeout,times=1] a pier")+
			image("b", "nano-banana", "[sim:latency=90s] a quay"), simulator.Config{Seed: 4})
		w.cut(time.Minute, plan.Options{})
		store := w.open()
		change := state.Change{Op: "recovered"}
		for _, r := range store.Records() {
			if r.Status != state.Running {
				t.Fatalf("%s is %s", r.Address, r.Status)
			}
			r.LostChanges = true
			change.Put = append(change.Put, r)
		}
		if err := store.Commit(change); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s := w.mustApply()
			if s.Accepted != 0 || s.Retried != 0 {
				t.Errorf("summary: %+v", s)
			}
			if r := w.record("task.a"); r.Status != state.Failed || r.Failure.Reason != task.Timeout || r.Failure.Retryable || r.LostChanges {
				t.Errorf("task.a: %+v, %+v", r, r.Failure)
			}
			if r := w.record("task.b"); r.Status != state.Succeeded || !r.Complete() || r.LostChanges {
				t.Errorf("task.b is %s", r.Status)
			}
		}
		w.check()
	})
}

// Runs that are cut off, journals that are damaged anyhow, and recoveries: what
// the API accepted stays what it was, and every task that can be read is collected.
func TestARecoveredStateBuysNothingAgain(t *testing.T) {
	rounds := usual(60, 20, 10)
	for seed := range rounds {
		synctest.Test(t, func(t *testing.T) { recoverDamaged(t, rand.New(rand.NewPCG(uint64(seed), 1))) })
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func recoverDamaged(t *testing.T, random *rand.Rand) {
	var config strings.Builder
	for i := range 6 {
		config.WriteString(image(fmt.Sprint("t", i), "nano-banana", fmt.Sprintf("[sim:latency=%ds] view %d", 1+random.IntN(60), i)))
	}
	w := newWorld(t, config.String(), simulator.Config{Seed: random.Uint64()})
	journal := w.killed(time.Duration(random.IntN(70)) * time.Second)
	bought := len(w.sim.Ledger())
	if err := os.WriteFile(state.PathsFor(w.statePath()).Journal, damage(random, journal), 0o600); err != nil {
		t.Fatal(err)
	}
	salvaged, err := state.Salvage(w.statePath(), "")
	if err != nil {
		t.Fatal(err)
	}
	if salvaged.Damage == nil {
		return // it was the unfinished end that was hit
	}
	if _, err := salvaged.WriteTo(w.statePath(), state.OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.applyPlan(context.Background(), plan.Options{Resume: true}, nil); err != nil {
		t.Fatal(err)
	}
	if now := len(w.sim.Ledger()); now != bought {
		t.Errorf("%d tasks were accepted before, %d now", bought, now)
	}
	c := w.contents()
	for _, r := range c.Records {
		if r.Status == state.Running || r.Status == state.Succeeded && !r.Complete() {
			t.Errorf("%s is left %s", r.Address, r.Status)
		}
	}
	if known := len(c.Records); known < 6 && len(c.Interventions[0].Loss.Gaps) == 0 {
		t.Errorf("%d of 6 records, and nothing is said to be lost", known)
	}
}

// killed applies for a while and gives the journal as a process leaves it that
// is killed then.
func (w *world) killed(after time.Duration) []byte {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	store := w.open()
	config, p := w.plan(store, plan.Options{})
	_, err := runner.New(runner.Options{
		API: w.api, Store: store, Files: w.local.Transport(), Dir: config.Dir, Catalog: catalog.Default(), Run: "run",
		Parallelism: 4, MaxRetryWait: time.Minute,
	}).Run(ctx, p)
	if err != nil && !isInterrupted(err) {
		w.t.Fatal(err)
	}
	journal, err := os.ReadFile(state.PathsFor(w.statePath()).Journal)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		w.t.Fatal(err)
	}
	for _, path := range []string{w.statePath(), state.PathsFor(w.statePath()).Backup} {
		if err := os.RemoveAll(path); err != nil {
			w.t.Fatal(err)
		}
	}
	return journal
}

// damage spoils a journal in one of the ways that disks and people have.
func damage(random *rand.Rand, journal []byte) []byte {
	lines := strings.SplitAfter(strings.TrimSuffix(string(journal), "\n"), "\n")
	at := 1 + random.IntN(max(1, len(lines)-1))
	switch random.IntN(5) {
	case 0: // a bit is flipped
		journal[random.IntN(len(journal))] ^= 1 << random.IntN(8)
		return journal
	case 1: // a block is zeros
		from := random.IntN(len(journal))
		clear(journal[from:min(len(journal), from+512)])
		return journal
	case 2: // a line is gone
		return []byte(strings.Join(append(lines[:at:at], lines[min(at+1, len(lines)):]...), "") + "\n")
	case 3: // the end is other text
		return []byte(strings.Join(lines[:at], "") + "x\ny\n")
	default: // a part is overwritten by another
		from, to := random.IntN(len(journal)), random.IntN(len(journal))
		copy(journal[to:], journal[from:min(len(journal), from+300)])
		return journal
	}
}
