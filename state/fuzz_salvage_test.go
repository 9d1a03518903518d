package state

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// fixtures adds the files of version 1 as seeds.
func fixtures(f *testing.F) (snapshot, journal []byte) {
	return contents(f, filepath.Join("testdata", "v1", "minor.state.json")), contents(f, filepath.Join("testdata", "v1", "minor.state.journal"))
}

// FuzzSalvage: whatever the files hold, what is salvaged can be written and read
// back, and no task of a whole line is missing.
func FuzzSalvage(f *testing.F) {
	snapshot, journal := fixtures(f)
	f.Add(snapshot, []byte(nil), journal)
	f.Add(snapshot[:len(snapshot)-500], snapshot, journal)
	f.Add([]byte(nil), []byte(nil), journal[:len(journal)-300])
	f.Add(bytes.Replace(snapshot, []byte("task_id"), []byte("task_iq"), 1), []byte(nil), bytes.Replace(journal, []byte("running"), []byte("runn"), 1))
	f.Add([]byte(nil), []byte(nil), contents(f, filepath.Join("testdata", "v1", "first.state.journal")))
	f.Fuzz(func(t *testing.T, snapshot, backup, journal []byte) {
		paths := PathsFor(newPath(t))
		for path, content := range map[string][]byte{paths.Snapshot: snapshot, paths.Backup: backup, paths.Journal: journal} {
			if len(content) > 0 {
				write(t, path, content)
			}
		}
		s, err := Salvage(paths.Snapshot, "")
		if err != nil {
			if _, newer := errors.AsType[*VersionError](err); !newer && !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		again := reread(t, s.view)
		if d := diff(s.Contents.Records, again.sortedRecords()); d != "" {
			t.Fatal(d)
		}
		if s.Damage != nil {
			noneMissing(t, s, journal)
		}
	})
}

// reread writes a view and reads it back.
func reread(t *testing.T, v *view) *view {
	t.Helper()
	next := *v
	next.header.Serial++
	var b bytes.Buffer
	if _, err := encodeSnapshot(&b, &next, "00000000"); err != nil {
		t.Fatalf("it cannot be written: %v", err)
	}
	s, err := parseSnapshot(b.Bytes())
	if err != nil {
		t.Fatalf("it cannot be read back: %v\n%s", err, b.Bytes())
	}
	return s.view
}

// noneMissing checks that each task of a whole line of the state's own journal
// is told of.
func noneMissing(t *testing.T, s *Salvaged, journal []byte) {
	t.Helper()
	j := splitJournal(journal)
	if j.header == nil || j.header.Lineage != s.Contents.Header.Lineage {
		return
	}
	told := slices.Clone(s.Loss.Tasks)
	removed := map[task.Address]bool{}
	for _, r := range s.Contents.Records {
		told = append(told, r.allTasks()...)
		if r.Doubt != nil {
			told = append(told, r.Doubt.Cause)
		}
	}
	for _, l := range j.lines {
		for _, c := range l.changes {
			for _, a := range c.Remove {
				removed[a] = true
			}
		}
	}
	for _, l := range j.lines {
		for _, c := range l.changes {
			for _, r := range c.Put {
				if r.TaskID != "" && !removed[r.Address] && !tells(told, r.TaskID) {
					t.Fatalf("task %q of %s is not told of: %q", r.TaskID, r.Address, told)
				}
			}
		}
	}
}

// tells reports whether a task ID is in texts, as it is or quoted.
func tells(texts []string, taskID string) bool {
	quoted := strconv.Quote(taskID)
	return slices.ContainsFunc(texts, func(s string) bool {
		return strings.Contains(s, taskID) || strings.Contains(s, quoted[1:len(quoted)-1])
	})
}

// FuzzScrape: damaged text is searched without a panic, and what is found is
// possible.
func FuzzScrape(f *testing.F) {
	snapshot, journal := fixtures(f)
	f.Add(snapshot)
	f.Add(journal)
	f.Add(snapshot[300 : len(snapshot)-300])
	f.Add([]byte(`{"address":{"address":"task.a","task_id":"x","request":{"model":"m","input":{}}`))
	f.Add([]byte(`"task_id":"before" {"address":"task.a[1]","status":"running","task_id":"\ud800"}{"nonce":"n","address":"task.b","cost_usd_micros":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scrape(data)
		for _, r := range s.records {
			if err := checkRecord(r, ""); err != nil {
				t.Error(err)
			}
		}
		for _, e := range s.entries {
			if e.Nonce == "" || e.Cost < 0 {
				t.Errorf("%+v", e)
			}
		}
		for _, p := range s.fragments {
			if back, err := task.ParseAddress(p.address.String()); p.address != (task.Address{}) && (err != nil || back != p.address) {
				t.Errorf("%q: %v", p.address, err)
			}
		}
		headCount(data, "serial")
	})
}

// FuzzDocument: what Push takes can be pulled again, and is the same.
func FuzzDocument(f *testing.F) {
	snapshot, journal := fixtures(f)
	f.Add(snapshot, false)
	f.Add(snapshot, true)
	f.Add(journal, false)
	f.Add([]byte(`{"format":"apixo-batch state","version":1,"lineage":"../x","serial":1,"records":[]`), true)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = reseal(string(data))
		}
		if checkFormat("document", snapshotFormat, data) != nil {
			return
		}
		doc, err := parseSnapshot(data)
		if err != nil {
			return
		}
		again := reread(t, doc.view)
		if lost := lostBy(doc.view, again); len(lost) > 0 {
			t.Fatalf("lost: %v", lost)
		}
		if d := diff(doc.view.sortedRecords(), again.sortedRecords()); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzMark: a mark that is accepted is kept as it is, and names a file in its
// directory.
func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"format":"apixo-batch seen","version":1,"lineage":"11111111-1111-4111-8111-111111111111","path":"/a/b","serial":1,"changes":2,"at":"2026-11-22T12:00:00Z"}`))
	f.Add([]byte(`{"format":"apixo-batch seen","version":1,"lineage":"../../x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, ok := parseMark(data)
		if !ok {
			return
		}
		dir := t.TempDir()
		if err := writeMark(dir, m); err != nil {
			return // such as a time that JSON cannot hold
		}
		back, ok := readMark(dir, m.Lineage)
		if !ok || back.Changes != m.Changes || back.Serial != m.Serial || !back.At.Equal(m.At) {
			t.Errorf("%+v became %+v", m, back)
		}
		if entries, _ := filepath.Glob(filepath.Join(dir, "*")); len(entries) != 1 {
			t.Errorf("%v", entries)
		}
	})
}
