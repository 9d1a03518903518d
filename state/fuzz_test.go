package state

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"apixo-batch/state/disk"
)

// FuzzJournal: whatever is in the journal, it is read without a panic, and what
// is accepted opens again as the same.
func FuzzJournal(f *testing.F) {
	line, sum, _ := encodeHeader(journalHeader{Format: journalFormat, Version: 1, Lineage: "l", MaskKey: "k"})
	body, _ := encodeBody(Change{Op: "x", Put: []Record{odd()}, Money: []Entry{money(Reserve, "n", 1)}})
	also, _ := encodeBody(Change{Op: "y", Put: []Record{running(2)}})
	first, _ := appendLine(nil, 1, noon, [][]byte{body, also}, sum)
	whole := append(line, first...)
	f.Add(whole, false)
	f.Add(whole[:len(whole)-3], false)
	f.Add([]byte(`{"n":1,"put":[{"address":"task.a","status":"running"}],"p":"`+sum+`"`), true)
	f.Add([]byte(`{"n":1,"also":[{"put":[{"address":"task.a","status":"running","new":1}]},{}],"p":"`+sum+`"`), true)
	f.Add([]byte(`{"n":1,"money":[{"nonce":"a","kind":"release"}],"p":"`+sum+`"`), true)
	f.Add([]byte("{}\n\x00\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed { // get behind the checksum
			line, _ := seal(slices.Clone(data))
			data = append([]byte(firstLine(string(whole))), line...)
		}
		roundTrip(t, func(p Paths) { write(t, p.Journal, data) })
	})
}

// FuzzSnapshot is FuzzJournal for the snapshot.
func FuzzSnapshot(f *testing.F) {
	path := filepath.Join(f.TempDir(), "jobs.state.json")
	v := newView(newHeader("fuzz"))
	v.header.Serial, v.header.Changes = 1, 1
	if err := v.apply(Change{Put: []Record{odd()}, Money: []Entry{money(Reserve, "n", 1)}}, nil); err != nil {
		f.Fatal(err)
	}
	if _, err := writeSnapshot(disk.OS, path, v, "00000000"); err != nil {
		f.Fatal(err)
	}
	whole := contents(f, path)
	f.Add(whole, false)
	f.Add(whole[:len(whole)/2], false)
	f.Add(whole, true)
	f.Add([]byte(`{"format":"apixo-batch state","version":1,"lineage":"l","serial":1,"x":[{"a":null}],"records":[{"address":"task.a","status":"failed","y":1}],"spends":[{"nonce":"1"}]`), true)
	f.Add([]byte(`{"version":4,"terraform_version":"1.9.0"}`), false)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = reseal(string(data))
		}
		roundTrip(t, func(p Paths) { write(t, p.Snapshot, data) })
	})
}

func roundTrip(t *testing.T, fill func(Paths)) {
	paths := PathsFor(newPath(t))
	fill(paths)
	before, err := load(paths)
	if err != nil {
		if _, newer := errors.AsType[*VersionError](err); !newer && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("error of another kind: %v", err)
		}
		return
	}
	want := before.view.sortedRecords()
	if _, err := writeSnapshot(disk.OS, paths.Snapshot, &view{
		header: withSerial(before.view.header), unknown: before.view.unknown, records: before.view.records, order: before.view.order,
	}, before.tail.sum); err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	after, err := readSnapshot(paths)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if d := diff(want, after.view.sortedRecords()); d != "" {
		t.Fatal(d)
	}
	if d := diff(before.view.spendRows(), after.view.spendRows()); d != "" {
		t.Fatal(d)
	}
}

func withSerial(h Header) Header {
	h.Serial++
	return h
}
