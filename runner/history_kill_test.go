package runner_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// journaled applies and gives the lines of the journal as a process that is killed
// at the end leaves them, after the snapshot that it found; nil if there was none.
func (w *world) journaled() (snapshot []byte, lines []string) {
	w.t.Helper()
	snapshot, _ = os.ReadFile(w.statePath())
	store := w.open()
	config, p := w.plan(store, plan.Options{})
	_, err := runner.New(runner.Options{
		API: w.api, Store: store, Files: w.local.Transport(), Dir: config.Dir, Catalog: catalog.Default(), Run: "run", Parallelism: 4,
	}).Run(context.Background(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	journal, err := os.ReadFile(state.PathsFor(w.statePath()).Journal)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		w.t.Fatal(err)
	}
	return snapshot, strings.SplitAfter(strings.TrimSuffix(string(journal), "\n"), "\n")
}

// restore makes the state what a process leaves that is killed after so many lines.
func (w *world) restore(snapshot []byte, lines []string) {
	w.t.Helper()
	paths := state.PathsFor(w.statePath())
	w.remove("jobs.state.json")
	_ = os.Remove(paths.Backup)
	if snapshot != nil {
		w.put("jobs.state.json", string(snapshot))
	}
	w.put("jobs.state.journal", strings.TrimSuffix(strings.Join(lines, ""), "\n")+"\n")
}

// Wherever a process is killed, the next one ends where it would have ended, and
// buys nothing.
func TestKilledImportsAndVerdictsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "", simulator.Config{Seed: 21})
		a, b := w.submit("nano-banana", "P1"), w.submit("nano-banana", "P2")
		w.write(guarded("a", "P1", never) + image("b", "nano-banana", "P2") + importing("task.a", a) + importing("task.b", b))
		_, lines := w.journaled()
		if len(lines) < 6 {
			t.Fatalf("%d lines", len(lines))
		}
		for n := 1; n <= len(lines); n++ {
			w.restore(nil, lines[:n])
			w.mustApply()
			first, second := w.record("task.a"), w.record("task.b")
			if first.TaskID != a || first.Failure == nil || first.Failure.Reason != task.Rejected || second.TaskID != b || !second.Complete() || second.Failure != nil {
				t.Errorf("after line %d: %+v, %+v", n, first, second)
			}
			if spends := w.contents().Spends; len(spends) != 2 || w.accepted() != 2 {
				t.Errorf("after line %d: %d rows, %d bought", n, len(spends), w.accepted())
			}
			w.checkFiles()
		}
	})
}

func TestKilledMovesAndRemovalsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1")+image("b", "nano-banana", "P2")+image("c", "nano-banana", "P3"), simulator.Config{Seed: 22})
		w.mustApply()
		id := w.record("task.c").TaskID
		w.write(image("d", "nano-banana", "P3") + moving("task.c", "task.d") + "removed {\n  from = task.a\n}\nremoved {\n  from = task.b\n}\n")
		snapshot, lines := w.journaled()
		if len(lines) < 3 {
			t.Fatalf("%d lines", len(lines))
		}
		for n := 1; n <= len(lines); n++ {
			w.restore(snapshot, lines[:n])
			w.mustApply()
			if c := w.contents(); len(c.Records) != 1 || c.Records[0].TaskID != id || c.Records[0].Address.String() != "task.d" || len(c.Spends) != 3 || w.accepted() != 3 {
				t.Errorf("after line %d: %+v", n, c.Records)
			}
		}
	})
}
