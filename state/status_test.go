package state

import (
	"slices"
	"testing"

	"apixo-batch/spec/task"
)

var allStatuses = []Status{Pending, Submitting, InDoubt, Running, Succeeded, Failed}

func TestCanBecomeFollowsTheArrows(t *testing.T) {
	// Row by row the picture in doc.go; everything else is impossible.
	want := map[Status][]Status{
		Pending:    {Pending, Submitting},
		Submitting: {Pending, Running, Failed, InDoubt},
		InDoubt:    {InDoubt, Running, Pending, Failed, Submitting},
		Running:    {Running, Succeeded, Failed},
		Succeeded:  {Succeeded, Submitting},
		Failed:     {Failed, Submitting},
	}
	for _, from := range allStatuses {
		for _, to := range allStatuses {
			if got := CanBecome(from, to); got != slices.Contains(want[from], to) {
				t.Errorf("CanBecome(%s, %s) is %v", from, to, got)
			}
		}
	}
	if CanBecome("", Running) || CanBecome(Running, "") || CanBecome("paused", "paused") {
		t.Error("a status that nobody knows may become something")
	}
}

func TestCommitHoldsToTheArrows(t *testing.T) {
	for _, from := range allStatuses {
		for _, to := range allStatuses {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				s := open(t, t.TempDir()+"/jobs.state.json")
				defer s.Close()
				r := running(1)
				r.Status = from
				put(t, s, r)
				r.Status, r.Nonce = to, "another"
				err := s.Commit(Change{Op: "test", Put: []Record{r}})
				if (err == nil) != CanBecome(from, to) {
					t.Errorf("Commit says %v", err)
				}
				if got, _ := s.Record(r.Address); err != nil && (got.Status != from || got.Nonce == "another") {
					t.Errorf("a refused change is shown: %+v", got)
				}
				put(t, s, running(2)) // a refused change does not break the store
			})
		}
	}
}

func TestCommitDropsNoTask(t *testing.T) {
	s := open(t, t.TempDir()+"/jobs.state.json")
	defer s.Close()
	put(t, s, running(1))
	other := running(1)
	other.TaskID = "another"
	if err := s.Commit(Change{Op: "test", Put: []Record{other}}); err == nil {
		t.Error("a record with another task took the place of a paid one")
	}
	other.Past = append(other.Past, Past{TaskID: running(1).TaskID})
	put(t, s, other)
	moved := running(2)
	moved.Address = other.Address
	if err := s.Commit(Change{Op: "test", Remove: []task.Address{other.Address}, Put: []Record{moved}}); err != nil {
		t.Errorf("a record that was removed still stands in the way: %v", err)
	}
}
