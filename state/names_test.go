package state

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

func nameEntry(kind EntryKind, r Record, taskID string) Entry {
	e := ledgerEntry(kind, r)
	e.TaskID = taskID
	return e
}

// submitted makes a submit that was refused, answered with a 5xx, or lost its answer.
func submitted(t *testing.T, s *Store, n int, status Status) Record {
	t.Helper()
	r := running(n)
	r.Status, r.TaskID, r.Attempt = Submitting, "", 0
	commit(t, s, Change{Op: "submitting", Put: []Record{r}, Money: []Entry{ledgerEntry(Reserve, r)}})
	switch r = withStatus(r, status); status {
	case Failed:
		r.Failure = &task.Failure{Reason: task.ServerError, Retryable: true}
		r.Past = []Past{r.AsPast()}
	case InDoubt:
		r.Doubt = &Doubt{Cause: "no answer"}
	case Pending:
		commit(t, s, Change{Op: "pending", Put: []Record{r}, Money: []Entry{ledgerEntry(Release, r)}})
		return r
	}
	commit(t, s, Change{Op: string(status), Put: []Record{r}})
	return r
}

// A name holds its record in doubt, on disk from the next Open on, and counts its money
// again.
func TestNamedSubmitIsInDoubt(t *testing.T) {
	for _, status := range []Status{Pending, Failed, InDoubt} {
		t.Run(string(status), func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
			r := submitted(t, s, 1, status)
			commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, "task_9")}})
			if names := s.Names(r.Nonce); len(names) != 1 || names[0] != "task_9" || s.Committed() != r.Cost {
				t.Fatalf("named %q, %s is committed", names, s.Committed())
			}
			seen := func(what string, all []Record) {
				if got := all[0]; got.Status != InDoubt || got.Doubt.Named != "task_9" || got.Nonce != r.Nonce || len(got.Past) != 0 || got.Cost != r.Cost {
					t.Errorf("%s: %+v", what, got)
				}
			}
			seen("in memory", []Record{s.AsNamed(r)})
			path := s.Path()
			closeStore(t, s)
			c, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			seen("read", c.Records)
			s = open(t, path)
			seen("opened", s.Records())
			commit(t, s, Change{Op: "resolve", Money: []Entry{nameEntry(Dismiss, r, "task_9")}})
			closeStore(t, s)
			s = open(t, path)
			if got := s.Records()[0]; got.Doubt.Named != "" || len(s.Names(r.Nonce)) != 0 {
				t.Errorf("dismissed: %+v", got)
			}
			closeStore(t, s)
		})
	}
}

func TestNamesOfASubmitAreFewAndDistinct(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	defer closeStore(t, s)
	r := submitted(t, s, 1, InDoubt)
	for i := range 3 * MaxNames {
		commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, fmt.Sprint("task_", i/2))}})
	}
	if spend, _ := s.Spend(r.Nonce); len(spend.Named) != MaxNames || spend.TaskID != "" || !spend.HasName("task_3") {
		t.Errorf("%+v", spend)
	}
}

// What is another submit's, or was named for a submit with a task, is in nobody's way.
func TestSettledNamesHoldNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	defer closeStore(t, s)
	r, other := submitted(t, s, 1, InDoubt), running(2)
	put(t, s, other)
	commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, other.TaskID)}})
	if names := s.Names(r.Nonce); len(names) != 0 {
		t.Errorf("another's task is a name: %q", names)
	}
	commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, "task_9")}})
	accepted := withStatus(r, Running)
	accepted.Doubt, accepted.TaskID = nil, "task_10"
	commit(t, s, Change{Op: "running", Put: []Record{accepted}, Money: []Entry{nameEntry(Charge, accepted, "task_10")}})
	if names := s.Names(r.Nonce); len(names) != 0 {
		t.Errorf("an accepted submit has names: %q", names)
	}
}

func TestImpossibleNamesAreRefused(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	defer closeStore(t, s)
	r := submitted(t, s, 1, InDoubt)
	stranger := r
	stranger.Nonce = "stranger"
	for _, e := range []Entry{nameEntry(Name, r, ""), nameEntry(Name, stranger, "task_1"), nameEntry(Dismiss, stranger, "task_1")} {
		if err := s.Commit(Change{Op: "name", Money: []Entry{e}}); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}

// Two doubts are settled with one task at once: only one has it.
func TestTaskSettlesOnlyOneDoubt(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	defer closeStore(t, s)
	errs := make(chan error, 2)
	for n := range 2 {
		r := submitted(t, s, n, InDoubt)
		r = withStatus(r, Running)
		r.Doubt, r.TaskID = nil, "task_9"
		e := nameEntry(Charge, r, r.TaskID)
		e.Settled = &Settlement{How: "late_answer", By: "test"}
		go func() { errs <- s.Commit(Change{Op: "late answer", Put: []Record{r}, Money: []Entry{e}}) }()
	}
	first, second := <-errs, <-errs
	if (first == nil) == (second == nil) {
		t.Errorf("%v, %v", first, second)
	} else if first == nil {
		first = second
	}
	if first == nil || !strings.Contains(first.Error(), "belongs to") {
		t.Errorf("%v", first)
	}
}

// The reservation of a named submit is lost with a damaged line: what was named is told.
func TestNameOfALostSubmitIsTold(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	r := submitted(t, s, 1, InDoubt)
	commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, "task_9")}})
	paths := s.Paths()
	crash(t, s)
	text := contents(t, paths.Journal)
	at := bytes.Index(text, []byte(`"reserve"`))
	text[at+1] = 'R'
	write(t, paths.Journal, text)
	found, err := Salvage(paths.Snapshot, "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(found.Loss.Tasks, "task_9") {
		t.Errorf("%+v", found.Loss)
	}
}

// A change that must not follow a name is refused by one that was committed, and by one
// that is committed with it, whichever came first.
func TestChangeIsRefusedUnlessNamed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	r := submitted(t, s, 1, Failed)
	next := withStatus(r, Submitting)
	next.Nonce = "next"
	intent := Change{Op: "submitting", Put: []Record{next}, Money: []Entry{ledgerEntry(Reserve, next)}, UnlessNamed: []string{r.Nonce}}
	name := Change{Op: "name", Money: []Entry{nameEntry(Name, r, "task_9")}}
	draft := s.view.draft()
	for _, c := range []Change{intent, name} {
		draft.foresee(c)
	}
	if err := draft.accept(intent); !errors.Is(err, ErrNamed) {
		t.Errorf("with a name in its batch: %v", err)
	}
	commit(t, s, name)
	if err := s.Commit(intent); !errors.Is(err, ErrNamed) {
		t.Errorf("after a name: %v", err)
	}
	commit(t, s, Change{Op: "resolve", Money: []Entry{nameEntry(Dismiss, r, "task_9")}})
	commit(t, s, intent)
}

// Whichever comes first, money is not given back while a name holds its submit, and is
// once none does.
func TestReleaseWaitsForNames(t *testing.T) {
	for _, order := range [][]EntryKind{{Name, Release}, {Release, Name}} {
		s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
		r := submitted(t, s, 1, Failed)
		for _, kind := range order {
			commit(t, s, Change{Op: string(kind), Money: []Entry{nameEntry(kind, r, map[EntryKind]string{Name: "task_9"}[kind])}})
		}
		if s.Committed() != r.Cost {
			t.Errorf("%q: %s is committed", order, s.Committed())
		}
		commit(t, s, Change{Op: "resolve", Money: []Entry{nameEntry(Dismiss, r, "task_9")}})
		if spend, _ := s.Spend(r.Nonce); s.Committed() != 0 || spend.ReleasedAt.IsZero() || !spend.ReleaseHeldAt.IsZero() {
			t.Errorf("%q, dismissed: %+v", order, spend)
		}
	}
}

// A name that was dismissed makes room for another.
func TestDismissedNameMakesRoom(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.state.json"))
	r := submitted(t, s, 1, InDoubt)
	for n := range MaxNames + 1 {
		commit(t, s, Change{Op: "name", Money: []Entry{nameEntry(Name, r, fmt.Sprint("task_", n))}})
	}
	full, _ := s.Spend(r.Nonce)
	commit(t, s, Change{Op: "resolve", Money: []Entry{nameEntry(Dismiss, r, "task_1"), nameEntry(Name, r, "task_true")}})
	if spend, _ := s.Spend(r.Nonce); full.TakesName() || len(spend.Named) != MaxNames || !spend.HasName("task_true") || spend.HasName("task_1") {
		t.Errorf("%+v, then %+v", full.Named, spend.Named)
	}
}
