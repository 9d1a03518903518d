package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// remembering opens a state on a machine that remembers what it sees.
func remembering(t *testing.T, path, seen string) *Store {
	t.Helper()
	s, err := Open(path, OpenOptions{Operation: "test", Seen: seen})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refusedRollback checks that Open refuses and changes nothing.
func refusedRollback(t *testing.T, path, seen string) *RollbackError {
	t.Helper()
	paths := PathsFor(path)
	before := files(t, paths)
	_, err := Open(path, OpenOptions{Operation: "test", Seen: seen})
	rollback, ok := errors.AsType[*RollbackError](err)
	if !ok {
		t.Fatalf("Open says %v", err)
	}
	if d := diff(before, files(t, paths)); d != "" {
		t.Fatalf("a refused Open changed something:\n%s", d)
	}
	if _, held, _ := Holder(path); held {
		t.Fatal("a refused Open kept the lock")
	}
	return rollback
}

func acceptRollback(t *testing.T, path, seen string) *Store {
	t.Helper()
	s, err := Open(path, OpenOptions{Operation: "test", Seen: seen, AcceptRollback: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnOlderStateThanThisMachineHasSeenIsRefused(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	closeStore(t, s)
	old := files(t, s.Paths())
	s = remembering(t, path, seen)
	put(t, s, running(2))
	put(t, s, succeeded(1))
	closeStore(t, s)

	putFiles(t, s.Paths(), old)
	e := refusedRollback(t, path, seen)
	if e.Changes != 1 || e.Serial != 1 || e.Seen.Changes != 3 || e.Seen.Serial != 2 || e.Missing {
		t.Errorf("%+v", e)
	}
	for _, want := range []string{"1 changes (serial 1)", "it had 3 (serial 2)", "-accept-rollback", "nothing was changed"} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("%q is not in %q", want, e)
		}
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if found := CheckRollback(seen, path, c.Outline(), time.Now()); found == nil || found.Seen.Changes != 3 {
		t.Errorf("those who only look are told %v", found)
	}

	s = acceptRollback(t, path, seen)
	kept := s.Interventions()
	if len(kept) != 1 || kept[0].Kind != RollbackAccepted || !strings.Contains(kept[0].Why, "had seen 3") || kept[0].By == "" {
		t.Errorf("recorded: %+v", kept)
	}
	closeStore(t, s)
	s = remembering(t, path, seen) // accepted once, and for good
	if len(s.Interventions()) != 1 {
		t.Errorf("recorded: %+v", s.Interventions())
	}
	closeStore(t, s)
}

func TestAKilledRunIsRememberedToo(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	closeStore(t, s)
	s = remembering(t, path, seen)
	put(t, s, running(2))
	crash(t, s)
	if err := os.Remove(s.Paths().Journal); err != nil { // its snapshot alone would do, and lack a paid task
		t.Fatal(err)
	}
	if e := refusedRollback(t, path, seen); e.Seen.Changes != 2 || e.Changes != 1 {
		t.Errorf("%+v", e)
	}
}

// A run beside the reader moves its mark on, or begins the state, while the reader reads.
func TestARunBesideTheReaderIsNoRollback(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	before := time.Now()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	began := time.Now()
	read, err := ReadOutline(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, running(2))
	put(t, s, running(3))
	closeStore(t, s)
	if found := CheckRollback(seen, path, nil, before); found != nil {
		t.Errorf("a state that begins meanwhile: %v", found)
	}
	if found := CheckRollback(seen, path, read, began); found != nil {
		t.Errorf("a state that grows meanwhile: %v", found)
	}
	if found := CheckRollback(seen, path, read, time.Now()); found == nil {
		t.Error("a state that was older before")
	}

	// A copy that goes on elsewhere is another matter.
	snapshot, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := newPath(t)
	write(t, other, snapshot)
	began = time.Now()
	if read, err = ReadOutline(path); err != nil {
		t.Fatal(err)
	}
	s = remembering(t, other, seen)
	put(t, s, running(4))
	closeStore(t, s)
	if found := CheckRollback(seen, path, read, began); found == nil || !strings.Contains(found.Error(), other) {
		t.Errorf("a copy that goes on elsewhere: %v", found)
	}
}

func TestADeletedStateIsMissed(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	lineage := s.Header().Lineage
	put(t, s, running(1))
	closeStore(t, s)
	putFiles(t, s.Paths(), nil)

	if e := refusedRollback(t, path, seen); !e.Missing || e.Seen.Lineage != lineage || !strings.Contains(e.Error(), "bought again") {
		t.Errorf("%+v", e)
	}
	if found := CheckRollback(seen, path, nil, time.Now()); found == nil || !found.Missing {
		t.Errorf("those who only look are told %v", found)
	}
	other := filepath.Join(t.TempDir(), "jobs.state.json")
	closeStore(t, remembering(t, other, seen)) // nothing was seen there

	s = acceptRollback(t, path, seen)
	if kept := s.Interventions(); len(kept) != 1 || !strings.Contains(kept[0].Why, lineage) {
		t.Errorf("recorded: %+v", kept)
	}
	crash(t, s)
	closeStore(t, remembering(t, path, seen))
}

func TestAStateInWhichNothingHappenedIsNotMissed(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	closeStore(t, s)
	putFiles(t, s.Paths(), nil)
	closeStore(t, remembering(t, path, seen))
}

func TestAStateThatWasMovedLeavesItsOldPlaceFree(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	closeStore(t, s)
	moved := filepath.Join(t.TempDir(), "moved.state.json")
	for from, to := range map[string]string{s.Paths().Snapshot: moved, s.Paths().Journal: PathsFor(moved).Journal} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, remembering(t, moved, seen))
	closeStore(t, remembering(t, path, seen))
}

func TestAnotherStateInThePlaceOfOneIsRefused(t *testing.T) {
	path, other, seen := newPath(t), newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	lineage := s.Header().Lineage
	put(t, s, running(1))
	closeStore(t, s)
	own := files(t, s.Paths())
	o := open(t, other)
	put(t, o, running(2))
	closeStore(t, o)
	putFiles(t, s.Paths(), map[string]string{path: string(contents(t, other)), s.Paths().Journal: string(contents(t, o.Paths().Journal))})
	for range 2 { // a command that fails does not take the place
		e := refusedRollback(t, path, seen)
		if !e.Missing || e.Seen.Lineage != lineage || e.Lineage == "" || !strings.Contains(e.Error(), "another state was here") {
			t.Errorf("%+v", e)
		}
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if found := CheckRollback(seen, path, c.Outline(), time.Now()); found == nil || !found.Missing {
		t.Errorf("those who only look are told %v", found)
	}
	if r, err := Check(path, CheckOptions{Seen: seen}); err != nil || !r.Damaged() {
		t.Errorf("Check: %+v, %v", r, err)
	}
	if _, err := Push(path, pull(t, path), PushOptions{OpenOptions: OpenOptions{Seen: seen}, Force: true}); !isRollback(err) {
		t.Errorf("a push of what is there: %v", err)
	}

	closeStore(t, acceptRollback(t, path, seen)) // once, and for good
	closeStore(t, remembering(t, path, seen))
	putFiles(t, s.Paths(), own) // now this one is another
	refusedRollback(t, path, seen)
}

func TestAPushByForceOfAnotherStateTakesThePlace(t *testing.T) {
	path, other, seen := newPath(t), newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	closeStore(t, s)
	o := open(t, other)
	put(t, o, running(1))
	closeStore(t, o)
	options := PushOptions{OpenOptions: OpenOptions{Seen: seen}}
	if _, err := Push(path, pull(t, other), options); err == nil {
		t.Fatal("it was pushed without force")
	}
	closeStore(t, remembering(t, path, seen))
	options.Force, options.DropPaid = true, true
	if _, err := Push(path, pull(t, other), options); err != nil {
		t.Fatal(err)
	}
	closeStore(t, remembering(t, path, seen))
}

// Opening a copy does not make the machine forget where the original is.
func TestACopyElsewhereLeavesTheOriginalMissed(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	put(t, s, running(1))
	closeStore(t, s)
	copied := newPath(t)
	for from, to := range map[string]string{path: copied, s.Paths().Journal: PathsFor(copied).Journal} {
		write(t, to, contents(t, from))
	}
	closeStore(t, remembering(t, copied, seen))
	putFiles(t, s.Paths(), nil)
	closeStore(t, remembering(t, copied, seen)) // where it was before: nothing was moved
	if e := refusedRollback(t, path, seen); !e.Missing {
		t.Errorf("%+v", e)
	}
}

func TestAMarkHoldsFewPlaces(t *testing.T) {
	var m Mark
	dir := t.TempDir()
	for i := range 20 {
		path := filepath.Join(dir, fmt.Sprint(i))
		write(t, path, nil)
		m.arrive(path)
	}
	m.arrive(filepath.Join(dir, "15"))
	if len(m.Paths) != maxPlaces || m.place() != filepath.Join(dir, "15") || filepath.Base(m.Paths[0]) != "12" {
		t.Errorf("%q", m.Paths)
	}
}

func TestAMarkOfOnePathIsRead(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	write(t, filepath.Join(seen, "abc.json"), []byte(fmt.Sprintf(
		`{"format":"apixo-batch seen","version":1,"lineage":"abc","path":%q,"serial":1,"changes":3,"at":"2026-11-22T20:00:00Z"}`, absolute(path))))
	if e := refusedRollback(t, path, seen); !e.Missing || e.Seen.Lineage != "abc" {
		t.Errorf("%+v", e)
	}
}

// Whatever is wrong with the memory, the state opens.
func TestAMemoryThatCannotBeUsedBlocksNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	for name, spoil := range map[string]func(t *testing.T, seen, mark string) string{
		"no directory":    func(_ *testing.T, seen, _ string) string { return filepath.Join(seen, "gone", "away") },
		"a file":          func(*testing.T, string, string) string { return file },
		"not JSON":        func(t *testing.T, seen, mark string) string { write(t, mark, []byte("{")); return seen },
		"empty":           func(t *testing.T, seen, mark string) string { write(t, mark, nil); return seen },
		"another version": func(t *testing.T, seen, mark string) string { edit(t, mark, `"version":1`, `"version":2`); return seen },
		"another lineage": func(t *testing.T, seen, mark string) string {
			edit(t, mark, `"lineage":"`, `"lineage":"x`)
			return seen
		},
		"a negative count":   func(t *testing.T, seen, mark string) string { edit(t, mark, `"changes":`, `"changes":-`); return seen },
		"larger than we are": func(t *testing.T, seen, mark string) string { write(t, mark, make([]byte, maxMark+1)); return seen },
		"a directory": func(t *testing.T, seen, mark string) string {
			os.Remove(mark)
			os.Mkdir(mark, 0o700)
			return seen
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, seen := newPath(t), t.TempDir()
			s := remembering(t, path, seen)
			put(t, s, running(1))
			put(t, s, running(2))
			mark := filepath.Join(seen, s.Header().Lineage+".json")
			closeStore(t, s)
			use := spoil(t, seen, mark)
			s = remembering(t, path, use)
			put(t, s, running(3))
			closeStore(t, s)
		})
	}
}

func edit(t *testing.T, path, old, changed string) {
	t.Helper()
	text := string(contents(t, path))
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q:\n%s", path, old, text)
	}
	write(t, path, []byte(strings.Replace(text, old, changed, 1)))
}

func TestALineageCannotNameAFileElsewhere(t *testing.T) {
	for _, lineage := range []string{"", "../x", "a/b", `a\b`, "a.json", strings.Repeat("a", 65), "a\x00"} {
		if name, ok := markName(lineage); ok {
			t.Errorf("%q became %q", lineage, name)
		}
	}
}

func TestAMarkIsMovedNowAndThenAndAtTheEnd(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := remembering(t, path, seen)
		at := func() int64 {
			m, _ := readMark(seen, s.Header().Lineage)
			return m.Changes
		}
		for i, want := range []int64{1, 1, 1} {
			put(t, s, running(i))
			if at() != want {
				t.Errorf("after commit %d the mark is at %d, want %d", i+1, at(), want)
			}
		}
		time.Sleep(markEvery)
		put(t, s, running(4))
		if at() != 4 {
			t.Errorf("after %s the mark is at %d", markEvery, at())
		}
		put(t, s, running(5))
		closeStore(t, s)
		if m, _ := readMark(seen, s.Header().Lineage); m.Changes != 5 || m.Serial != 1 {
			t.Errorf("after Close the mark is %+v", m)
		}
	})
	left, _ := filepath.Glob(filepath.Join(seen, ".mark-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAClockThatWasSetBackChangesNothing(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) { // the clock of a bubble is years behind
		s := remembering(t, path, seen)
		put(t, s, running(1))
		closeStore(t, s)
	})
	s := remembering(t, path, seen)
	put(t, s, running(2))
	crash(t, s)
	synctest.Test(t, func(t *testing.T) {
		s := remembering(t, path, seen)
		put(t, s, succeeded(2))
		if len(s.Records()) != 2 || len(s.Notices()) != 0 {
			t.Errorf("%d records, notices %q", len(s.Records()), s.Notices())
		}
		crash(t, s)
	})
	s = remembering(t, path, seen)
	if r, _ := s.Record(address(2)); r.Status != Succeeded || s.Header().Changes != 3 {
		t.Errorf("%s, %d changes", r.Status, s.Header().Changes)
	}
	closeStore(t, s)
}

func TestALossIsToldInLocalTime(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	time.Local = time.FixedZone("away", 5*60*60)
	notice := lossNotice(Intervention{Kind: Recovered, At: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), By: "me", Loss: &Loss{}})
	if !strings.Contains(notice, "on 2026-11-23 01:00:00 by me") {
		t.Error(notice)
	}
}
