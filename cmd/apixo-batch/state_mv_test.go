package main

import (
	"path/filepath"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Whatever its status, a record moves whole, and the answer to a submit that was
// made under the old address finds it under the new one.
func TestALateAnswerFindsAMovedRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.state.json")
	open := func() *state.Store {
		store, err := state.Open(path, state.OpenOptions{Operation: "test", Tool: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	commit := func(store *state.Store, c state.Change) {
		t.Helper()
		if err := store.Commit(c); err != nil {
			t.Fatal(err)
		}
	}
	old, moved := task.Address{Name: "lost"}, task.Address{Name: "found", Key: task.TextKey("a")}
	request, err := task.NewRequest("nano-banana", []byte(`{"prompt":"a cat"}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	record := state.Record{
		Address: old, Status: state.Submitting, Request: request, Fingerprint: request.Fingerprint(),
		Nonce: "N1", Cost: 30_000, Priced: true, SubmittedAt: time.Now(),
	}
	store := open()
	commit(store, state.Change{Op: "submitting", Put: []state.Record{record}, Money: []state.Entry{{
		Kind: state.Reserve, Nonce: "N1", Address: old, Model: "nano-banana", Cost: 30_000, Priced: true, At: time.Now(),
	}}})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	store = open() // which puts it in doubt
	before := store.Header().Changes
	p, out, _ := testProgram(nil, nil)
	if err := p.moveRecords(store, moving{old, moved}); err != nil {
		t.Fatal(err)
	}
	if n := store.Header().Changes - before; n != 1 {
		t.Errorf("%d commits, between which a process may be killed", n)
	}
	if got := out.String(); got != "Moved task.lost to task.found[\"a\"]\n" {
		t.Errorf("it says %q", got)
	}
	if r, there := store.Record(moved); !there || r.Status != state.InDoubt || r.Nonce != "N1" {
		t.Errorf("moved: %+v", r)
	}
	if _, there := store.Record(old); there {
		t.Error("it is where it was, too")
	}
	// Another instance may take the name that is free now.
	commit(store, state.Change{Op: "pending", Put: []state.Record{{Address: old, Status: state.Pending, Request: request}}})
	outcome, address, err := runner.SettleLate(store, runner.Late{Nonce: "N1", TaskID: "task_1"})
	if err != nil || outcome != runner.LateRunning || address != moved {
		t.Errorf("the late answer is %s, of %s, %v", outcome, address, err)
	}
	if r, _ := store.Record(moved); r.Status != state.Running || r.TaskID != "task_1" {
		t.Errorf("after the late answer: %+v", r)
	}
	if got := store.Committed(); got != 30_000 {
		t.Errorf("%s committed", got)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
