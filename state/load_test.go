package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Close that is interrupted leaves one of these sets of files. Each opens with
// all that was committed, and what is written next is read back.
func TestACloseCutOffAnywhereLosesNothing(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	put(t, s, running(2), succeeded(1))
	paths, before := s.Paths(), files(t, s.Paths())
	want := s.Records()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	after := files(t, paths)
	mix := func(snapshot, journal, backup map[string]string, extra ...string) map[string]string {
		set := map[string]string{paths.Snapshot: snapshot[paths.Snapshot], paths.Journal: journal[paths.Journal]}
		if b, ok := backup[paths.Backup]; ok {
			set[paths.Backup] = b
		}
		for _, name := range extra {
			set[filepath.Join(filepath.Dir(path), name)] = "half of"
		}
		return set
	}
	for name, set := range map[string]map[string]string{
		"before anything":         mix(before, before, before),
		"new name for the backup": mix(before, before, before, "jobs.state.json.backup.new"),
		"backup kept":             mix(before, before, after),
		"snapshot half written":   mix(before, before, after, ".jobs.state.json.0123456789abcdef.tmp"),
		"snapshot in place":       mix(after, before, after),
		"journal half written":    mix(after, before, after, ".jobs.state.journal.0123456789abcdef.tmp"),
		"journal in place":        mix(after, after, after),
	} {
		t.Run(name, func(t *testing.T) {
			putFiles(t, paths, set)
			if c, err := Read(path); err != nil || diff(want, c.Records) != "" {
				t.Errorf("Read: %v, %v", c, err)
			}
			for round := range 2 {
				s := open(t, path)
				if d := diff(want, s.Records()); d != "" || len(s.Notices()) != 0 {
					t.Errorf("round %d: %q\n%s", round, s.Notices(), d)
				}
				put(t, s, running(2))
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.tmp"))
			more, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new"))
			if len(left)+len(more) != 0 {
				t.Errorf("left behind: %v %v", left, more)
			}
		})
	}
}

func TestTheFirstCloseCutOff(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	paths, before := s.Paths(), files(t, s.Paths())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	set := files(t, paths)
	set[paths.Journal] = before[paths.Journal]
	putFiles(t, paths, set)
	s = open(t, path)
	defer s.Close()
	if len(s.Records()) != 1 || s.Header().Changes != 1 {
		t.Errorf("%d records, %d changes", len(s.Records()), s.Header().Changes)
	}
}

// Sets of files that do not belong together are refused, and nothing is changed.
func TestFilesThatDoNotBelongTogetherAreRefused(t *testing.T) {
	path := newPath(t)
	paths := PathsFor(path)
	var ages []map[string]string // after each of three runs, before its Close
	var closed []map[string]string
	for i := range 3 {
		s := open(t, path)
		put(t, s, running(i))
		ages = append(ages, files(t, paths))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		closed = append(closed, files(t, paths))
	}
	with := func(base map[string]string, path, content string) map[string]string {
		set := maps.Clone(base)
		set[path] = content
		return set
	}
	without := func(base map[string]string, path string) map[string]string {
		set := maps.Clone(base)
		delete(set, path)
		return set
	}
	snapshot := closed[2][paths.Snapshot]
	for name, test := range map[string]struct {
		set  map[string]string
		want string // in the message
	}{
		"snapshot missing":                 {without(closed[2], paths.Snapshot), paths.Backup},
		"snapshot empty":                   {with(closed[2], paths.Snapshot, ""), paths.Backup},
		"snapshot cut off":                 {with(closed[2], paths.Snapshot, snapshot[:len(snapshot)/2]), "cut off"},
		"snapshot without its last byte":   {with(closed[2], paths.Snapshot, snapshot[:len(snapshot)-1]), "cut off"},
		"snapshot edited":                  {with(closed[2], paths.Snapshot, strings.Replace(snapshot, "running", "pending", 1)), "checksum"},
		"snapshot edited and sealed":       {with(closed[2], paths.Snapshot, string(reseal(strings.Replace(snapshot, "running", "pending", 1)))), "another snapshot"},
		"older snapshot put back":          {with(closed[2], paths.Snapshot, closed[1][paths.Snapshot]), "older snapshot"},
		"journal older by two":             {with(closed[2], paths.Journal, ages[1][paths.Journal]), "not what"},
		"journal of the run, cut":          {with(closed[2], paths.Journal, firstLine(ages[2][paths.Journal])), "not what"},
		"journal empty":                    {with(closed[2], paths.Journal, ""), "first line"},
		"journal empty, nothing else":      {map[string]string{paths.Journal: ""}, "first line"},
		"snapshot empty, nothing else":     {map[string]string{paths.Snapshot: ""}, "empty"},
		"snapshot of zeros":                {with(closed[2], paths.Snapshot, string(make([]byte, 4096))), "JSON"},
		"terraform state":                  {with(closed[2], paths.Snapshot, `{"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x"}`), "not a file of this program"},
		"array":                            {with(closed[2], paths.Snapshot, `[1, 2]`), "JSON object"},
		"a journal as snapshot":            {with(closed[2], paths.Snapshot, closed[2][paths.Journal]), "not a file of this program"},
		"a snapshot as journal":            {with(closed[2], paths.Journal, snapshot), "not a file of this program"},
		"something else instead of both":   {map[string]string{paths.Snapshot: "hello", paths.Journal: "hello"}, "JSON"},
		"version as text":                  {with(closed[2], paths.Snapshot, strings.Replace(snapshot, `"version": 1`, `"version": "1"`, 1)), "JSON"},
		"records with an unknown status":   {with(closed[2], paths.Snapshot, string(reseal(strings.Replace(snapshot, `"running"`, `"paused"`, 1)))), "paused"},
		"records with the same address":    {with(closed[2], paths.Snapshot, string(reseal(strings.Replace(snapshot, "hero[1]", "hero[0]", 1)))), "twice"},
		"records that are not a list":      {with(closed[2], paths.Snapshot, string(reseal(strings.Replace(snapshot, `"records": [`, `"records": {}, "x": [`, 1)))), "list"},
		"header without lineage":           {with(closed[2], paths.Snapshot, string(reseal(strings.Replace(snapshot, `"lineage"`, `"lineag"`, 1)))), "header"},
		"journal continues a later serial": {with(closed[1], paths.Journal, closed[2][paths.Journal]), "older snapshot"},
	} {
		t.Run(name, func(t *testing.T) {
			putFiles(t, paths, test.set)
			_, err := Open(path, OpenOptions{})
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("Open: %v\nwant %q in it", err, test.want)
			}
			if d := diff(test.set, files(t, paths)); d != "" {
				t.Errorf("a refused Open changed something:\n%s", d)
			}
			if _, err := load(paths); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Read: %v", err)
			}
		})
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line + "\n"
}

func TestASnapshotWithoutAJournalIsTakenAndTold(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	os.Remove(s.Paths().Journal)
	s = open(t, path)
	defer s.Close()
	if len(s.Records()) != 1 || len(s.Notices()) != 1 || !strings.Contains(s.Notices()[0], "journal") {
		t.Errorf("%d records, notices %q", len(s.Records()), s.Notices())
	}
	put(t, s, running(2))
}

func TestANewerVersionIsRefused(t *testing.T) {
	for _, which := range []string{"snapshot", "journal"} {
		path := newPath(t)
		s := open(t, path)
		put(t, s, running(1))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		paths := s.Paths()
		if which == "snapshot" { // another version may have another checksum
			write(t, paths.Snapshot, []byte(strings.Replace(string(contents(t, path)), `"version": 1`, `"version": 2`, 1)))
		} else {
			write(t, paths.Journal, []byte(strings.Replace(string(contents(t, paths.Journal)), `"version":1`, `"version":2`, 1)))
		}
		before := files(t, paths)
		_, err := Open(path, OpenOptions{})
		if newer, ok := errors.AsType[*VersionError](err); !ok || newer.Version != 2 {
			t.Errorf("%s: %v", which, err)
		}
		if d := diff(before, files(t, paths)); d != "" {
			t.Error(d)
		}
	}
}

func TestPlacesThatCannotHoldAState(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing", "jobs.state.json")
	if _, err := Open(missing, OpenOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	if _, err := Open(dir, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
	if os.Getuid() == 0 {
		return // root may read and write everything
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(locked, "jobs.state.json"), OpenOptions{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("read-only directory: %v", err)
	}
}

func TestAStateThatOthersCanReadIsTold(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	if got := fmt.Sprint(s.Notices()); !strings.Contains(got, "0644") || !strings.Contains(got, "chmod 600") {
		t.Errorf("notices: %s", got)
	}
}

func TestASymlinkedStateStaysASymlink(t *testing.T) {
	path, link := newPath(t), filepath.Join(t.TempDir(), "link.state.json")
	s := open(t, path)
	put(t, s, running(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	s = open(t, link)
	if _, err := Open(path, OpenOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("by its other name: %v", err)
	}
	put(t, s, running(2))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	if c, err := Read(path); err != nil || len(c.Records) != 2 {
		t.Errorf("%v, %v", c, err)
	}
}

func TestPathsFor(t *testing.T) {
	for snapshot, want := range map[string]Paths{
		"a/jobs.state.json": {"a/jobs.state.json", "a/jobs.state.journal", "a/jobs.state.lock", "a/jobs.state.json.backup"},
		"mine":              {"mine", "mine.journal", "mine.lock", "mine.backup"},
	} {
		if got := PathsFor(snapshot); got != want {
			t.Errorf("PathsFor(%q) = %+v", snapshot, got)
		}
	}
}

// Whoever lost snapshot and journal must not pay for everything again.
func TestBackupAloneIsNoNewState(t *testing.T) {
	s := open(t, t.TempDir()+"/jobs.state.json")
	paths := s.Paths()
	put(t, s, running(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, paths.Snapshot)
	put(t, s, running(2))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	os.Remove(paths.Snapshot)
	os.Remove(paths.Journal)
	if _, err := Open(paths.Snapshot, OpenOptions{}); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), paths.Backup) {
		t.Errorf("error is %v, want one that names the backup", err)
	}
}
