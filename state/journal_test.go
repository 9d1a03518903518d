package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// twenty makes the journal of 20 changes after a snapshot, and says which
// records each number of finished lines stands for.
func twenty(t *testing.T) (paths Paths, journal []byte, after [][]Record) {
	t.Helper()
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(100))
	closeStore(t, s)
	s = open(t, path)
	after = append(after, s.Records())
	for _, status := range []Status{Running, Succeeded} {
		for i := range 10 {
			put(t, s, Record{Address: address(i), Status: status, TaskID: "task-1"})
			after = append(after, s.Records())
		}
	}
	crash(t, s)
	return s.Paths(), contents(t, s.Paths().Journal), after
}

func TestAJournalCutAtAnyByteLosesOnlyTheUnfinishedLine(t *testing.T) {
	paths, journal, after := twenty(t)
	headerEnd := bytes.IndexByte(journal, '\n') + 1
	step := 1
	if testing.Short() {
		step = 41
	}
	for cut := 0; cut < len(journal); cut += step {
		write(t, paths.Journal, journal[:cut])
		s, err := Open(paths.Snapshot, OpenOptions{})
		if cut < headerEnd { // a journal is put in place with its header: this is no crash
			if !errors.Is(err, ErrCorrupt) || len(contents(t, paths.Journal)) != cut {
				t.Fatalf("cut in the header at %d: %v", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		lines := bytes.Count(journal[:cut], []byte("\n"))
		torn := journal[cut-1] != '\n'
		if d := diff(after[lines-1], s.Records()); d != "" {
			t.Fatalf("cut at %d:\n%s", cut, d)
		}
		if (len(s.Notices()) == 1) != torn {
			t.Fatalf("cut at %d: notices %q", cut, s.Notices())
		}
		if cut%16 != 0 && torn {
			crash(t, s)
			continue
		}
		put(t, s, running(500))
		crash(t, s)
		if c, err := Read(paths.Snapshot); err != nil || len(c.Records) != len(after[lines-1])+1 || len(c.Notices) != 0 {
			t.Fatalf("cut at %d, after another commit: %v, %v", cut, c, err)
		}
	}
}

func TestBytesThatWereNeverWrittenAreCutAtTheEndOnly(t *testing.T) {
	paths, journal, after := twenty(t)
	write(t, paths.Journal, append(slices.Clone(journal), make([]byte, 300)...))
	s := open(t, paths.Snapshot)
	if d := diff(after[20], s.Records()); d != "" || len(s.Notices()) != 1 {
		t.Errorf("zeros behind the end: %q\n%s", s.Notices(), d)
	}
	crash(t, s)

	last := bytes.LastIndexByte(journal[:len(journal)-1], '\n') + 1
	holed := slices.Clone(journal)
	clear(holed[last+10 : last+50])
	write(t, paths.Journal, holed)
	s = open(t, paths.Snapshot)
	if d := diff(after[19], s.Records()); d != "" || len(s.Notices()) != 1 {
		t.Errorf("zeros in the last line: %q\n%s", s.Notices(), d)
	}
	crash(t, s)

	middle := slices.Clone(journal)
	clear(middle[len(middle)/2 : len(middle)/2+10])
	refused(t, paths, middle)
}

// refused checks that Open and Read find a journal damaged and change nothing.
func refused(t *testing.T, paths Paths, journal []byte) *CorruptError {
	t.Helper()
	write(t, paths.Journal, journal)
	before := files(t, paths)
	_, err := Open(paths.Snapshot, OpenOptions{})
	damage, ok := errors.AsType[*CorruptError](err)
	if !ok {
		t.Fatalf("Open says %v", err)
	}
	if d := diff(before, files(t, paths)); d != "" {
		t.Fatalf("a refused Open changed something:\n%s", d)
	}
	if _, err := load(paths); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("Read says %v", err)
	}
	if _, held, _ := Holder(paths.Snapshot); held {
		t.Fatal("a refused Open kept the lock")
	}
	return damage
}

func TestAFlippedByteIsNeverSilentlyWrong(t *testing.T) {
	paths, journal, after := twenty(t)
	last := bytes.LastIndexByte(journal[:len(journal)-1], '\n') + 1
	step := 1
	if testing.Short() {
		step = 53
	}
	for i := 0; i < len(journal); i += step {
		flipped := slices.Clone(journal)
		flipped[i] ^= 1 << (i % 8)
		write(t, paths.Journal, flipped)
		l, err := load(paths)
		switch {
		case err != nil:
			if _, newer := errors.AsType[*VersionError](err); !newer && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("byte %d: %v", i, err)
			}
		case i < last:
			t.Fatalf("byte %d, not in the last line: nobody noticed", i)
		case l.torn == 0 || diff(after[19], l.view.sortedRecords()) != "":
			t.Fatalf("byte %d of the last line: nobody noticed", i)
		}
	}
}

func TestDamageInTheMiddleNamesTheLine(t *testing.T) {
	paths, journal, _ := twenty(t)
	lines := bytes.SplitAfter(journal, []byte("\n"))
	offset := len(bytes.Join(lines[:6], nil))
	damaged := slices.Clone(journal)
	damaged[offset+30] ^= 1
	err := refused(t, paths, damaged)
	if err.Path != paths.Journal || err.Line != 7 || err.Offset != int64(offset) {
		t.Errorf("error is %v, want line 7 at byte %d", err, offset)
	}
}

func TestACompleteLastLineThatIsDamagedIsNotDropped(t *testing.T) {
	// It was acknowledged: to drop an intent would be to pay twice.
	paths, journal, _ := twenty(t)
	damaged := slices.Clone(journal)
	damaged[len(damaged)-40] ^= 1
	if err := refused(t, paths, damaged); err.Line != 21 {
		t.Errorf("error is %v, want line 21", err)
	}
}

func TestTheChainShowsLinesThatWereRemovedMovedOrAdded(t *testing.T) {
	paths, journal, _ := twenty(t)
	lines := func() [][]byte { return bytes.SplitAfter(slices.Clone(journal), []byte("\n")) }
	for name, edit := range map[string]func(l [][]byte) [][]byte{
		"removed":        func(l [][]byte) [][]byte { return slices.Delete(l, 5, 6) },
		"first removed":  func(l [][]byte) [][]byte { return slices.Delete(l, 1, 2) },
		"moved":          func(l [][]byte) [][]byte { l[5], l[6] = l[6], l[5]; return l },
		"repeated":       func(l [][]byte) [][]byte { return slices.Insert(l, 5, l[5]) },
		"header twice":   func(l [][]byte) [][]byte { return slices.Insert(l, 1, l[0]) },
		"empty line":     func(l [][]byte) [][]byte { return slices.Insert(l, 5, []byte("\n")) },
		"line of others": func(l [][]byte) [][]byte { return slices.Insert(l, 5, []byte("{}\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, paths, bytes.Join(edit(lines()), nil))
		})
	}
}

func TestAJournalOfAnotherStateIsRefused(t *testing.T) {
	paths, _, _ := twenty(t)
	_, foreign, _ := twenty(t)
	if err := refused(t, paths, foreign); !strings.Contains(err.Error(), "lineage") {
		t.Errorf("error is %v", err)
	}
}

func TestLongLinesAreReadBack(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	r := running(1)
	r.TaskID = strings.Repeat("long", 1<<20)
	put(t, s, r)
	commit(t, s, Change{Op: "rm", Remove: []task.Address{address(1)}, Put: []Record{running(2)}})
	if err := s.Commit(Change{Op: strings.Repeat("x", maxLine)}); err == nil {
		t.Error("a line that nobody would read was written")
	}
	crash(t, s)
	s = open(t, path)
	defer s.Close()
	if len(s.Records()) != 1 {
		t.Errorf("records: %d", len(s.Records()))
	}
}

func TestALineWithoutAnEndIsCut(t *testing.T) {
	paths, journal, after := twenty(t)
	write(t, paths.Journal, append(slices.Clone(journal), bytes.Repeat([]byte("x"), 3<<20)...))
	s := open(t, paths.Snapshot)
	defer s.Close()
	if d := diff(after[20], s.Records()); d != "" {
		t.Error(d)
	}
	if info, _ := os.Stat(paths.Journal); info.Size() != int64(len(journal)) {
		t.Errorf("the journal has %d bytes, want %d", info.Size(), len(journal))
	}
}

func TestOpenFoldsALargeJournal(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 64 MB")
	}
	path := newPath(t)
	s := open(t, path)
	long := strings.Repeat("x", 8<<20)
	for range 9 {
		put(t, s, Record{Address: address(1), Status: Running, TaskID: long})
	}
	crash(t, s)
	s = open(t, path)
	if info, err := os.Stat(s.Paths().Journal); err != nil || info.Size() > 4096 {
		t.Errorf("the journal has %d bytes, %v", info.Size(), err)
	}
	put(t, s, running(2))
	crash(t, s)
	c, err := Read(path)
	if err != nil || len(c.Records) != 2 || c.Header.Serial != 1 || c.Header.Changes != 10 {
		t.Errorf("%v", err)
	}
}

// What is accepted can be read back in any place of a line, to the last level.
func TestTheDeepestChangeThatIsAcceptedCanBeRead(t *testing.T) {
	accepted := 0
	for levels := 9_980; levels < 10_000; levels++ {
		object, err := encode(lineChange(Change{Op: "deep", Put: []Record{nested(levels)}}))
		if err != nil {
			t.Fatal(err)
		}
		readable := json.Valid(slices.Concat([]byte(`{"also":[`), object, []byte("]}")))
		if _, err := encodeBody(Change{Op: "deep", Put: []Record{nested(levels)}}); (err == nil) != readable {
			t.Errorf("%d levels: readable %t, %v", levels, readable, err)
		} else if readable {
			accepted++
		}
	}
	if accepted == 0 || accepted == 20 {
		t.Errorf("%d of 20 were accepted: the bound is not among them", accepted)
	}
}
