package state

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// foreignBeside is a journal that alone is a whole state, with a snapshot of
// another state where its own would be.
func foreignBeside(t *testing.T, seen string) (paths Paths, own, other string) {
	t.Helper()
	path, elsewhere := newPath(t), newPath(t)
	o := open(t, elsewhere)
	charged(t, o, running(7))
	other = o.Header().Lineage
	closeStore(t, o)
	s := remembering(t, path, seen)
	charged(t, s, running(1), running(2))
	own = s.Header().Lineage
	crash(t, s)
	write(t, path, contents(t, elsewhere))
	return s.Paths(), own, other
}

func TestTheLineageThatThisMachineSawIsRecovered(t *testing.T) {
	seen := t.TempDir()
	paths, own, _ := foreignBeside(t, seen)
	s, err := Salvage(paths.Snapshot, seen)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Contents; got.Header.Lineage != own || len(got.Records) != 2 || got.Records[0].TaskID != running(1).TaskID {
		t.Errorf("%+v", got)
	}
	if want := []string{running(7).TaskID}; !slices.Equal(s.Loss.Tasks, want) {
		t.Errorf("tasks of the loss: %q, want %q", s.Loss.Tasks, want)
	}
}

func TestNoTaskOfAForeignJournalIsLost(t *testing.T) {
	paths, _, other := foreignBeside(t, "")
	s, err := Salvage(paths.Snapshot, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{running(1).TaskID, running(2).TaskID}; s.Contents.Header.Lineage != other || !slices.Equal(s.Loss.Tasks, want) {
		t.Errorf("lineage %s, tasks of the loss %q, want %q", s.Contents.Header.Lineage, s.Loss.Tasks, want)
	}
	told := false
	for _, f := range s.Findings {
		told = told || f.Path == paths.Journal && strings.Contains(f.Next, "the journal alone is a whole state")
	}
	if !told {
		t.Errorf("the other way is not named: %+v", s.Findings)
	}
	if _, err := s.WriteTo(paths.Snapshot, OpenOptions{Operation: "test"}); err != nil {
		t.Fatal(err)
	}
	if found := setAsideFindings(t, paths); len(found) != 0 {
		t.Errorf("all of it is in the state, and check says %+v", found)
	}
}

// A damaged snapshot of another state is no part of this one, either.
func TestADamagedForeignSnapshotIsLeftOut(t *testing.T) {
	seen := t.TempDir()
	paths, own, _ := foreignBeside(t, seen)
	edit(t, paths.Snapshot, `"running"`, `"pending"`)
	s, err := Salvage(paths.Snapshot, seen)
	if err != nil {
		t.Fatal(err)
	}
	if s.Contents.Header.Lineage != own || len(s.Contents.Records) != 2 || !slices.Contains(s.Loss.Tasks, running(7).TaskID) {
		t.Errorf("%+v, loss %+v", s.Contents, s.Loss)
	}
}

func TestCheckNamesTasksThatOnlyAFileSetAsideHas(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1), running(2))
	crash(t, s)
	aside := s.Paths().Journal + damagedMark + "20261122T200000.000Z"
	if err := os.Rename(s.Paths().Journal, aside); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	charged(t, s, running(2))
	closeStore(t, s)
	found := setAsideFindings(t, s.Paths())
	if len(found) != 1 || found[0].Path != aside || !strings.Contains(found[0].Problem, "nowhere in the state: 1") || !strings.Contains(found[0].Problem, running(1).TaskID) {
		t.Errorf("%+v", found)
	}
}

func setAsideFindings(t *testing.T, paths Paths) []Finding {
	t.Helper()
	r, err := Check(paths.Snapshot, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(r.Findings, func(f Finding) bool {
		return !strings.Contains(f.Path, damagedMark) || !strings.Contains(f.Problem, "nowhere")
	})
}
