package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sound makes a state in which all is well, with its one result on disk.
func sound(t *testing.T) (path, dir string) {
	t.Helper()
	path = newPath(t)
	dir = filepath.Dir(path)
	content := []byte("a picture")
	sum := sha256.Sum256(content)
	r := withFingerprint(succeeded(1))
	r.Artifacts = []Artifact{{Path: "out/1.png", Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}}
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "out", "1.png"), content)
	for range 2 {
		s := open(t, path)
		charged(t, s, r, withFingerprint(running(2)))
		closeStore(t, s)
	}
	return path, dir
}

func check(t *testing.T, path string, o CheckOptions) *Report {
	t.Helper()
	paths := PathsFor(path)
	before := files(t, paths)
	r, err := Check(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(before, files(t, paths)); d != "" {
		t.Errorf("Check changed something:\n%s", d)
	}
	return r
}

func TestCheckOfASoundStateFindsNothing(t *testing.T) {
	path, dir := sound(t)
	r := check(t, path, CheckOptions{Dir: dir, Seen: t.TempDir()})
	if len(r.Findings) != 0 || r.Records != 2 || r.Submits != 2 || r.Artifacts != 1 || r.Damaged() || r.Holder != nil {
		t.Errorf("%+v", r)
	}
	if _, err := Check(newPath(t), CheckOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	commitTo := func(c Change) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			s := open(t, path)
			commit(t, s, c)
			closeStore(t, s)
		}
	}
	replaceIn := func(old, changed string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			text := strings.Replace(string(contents(t, path)), old, changed, 1)
			write(t, path, reseal(text))
			os.Remove(PathsFor(path).Journal)
		}
	}
	twin := withFingerprint(running(3))
	twin.TaskID = running(2).TaskID
	doubtful := withFingerprint(submitting(4))
	doubtful.Status, doubtful.Doubt = InDoubt, &Doubt{Since: noon, Cause: "lost"}
	for name, test := range map[string]struct {
		spoil    func(t *testing.T, path string)
		severity Severity
		want     string // in one finding
	}{
		"snapshot damaged":      {func(t *testing.T, path string) { edit(t, path, "running", "runnung") }, Damaged, "checksum does not match"},
		"snapshot empty":        {func(t *testing.T, path string) { write(t, path, nil) }, Damaged, "empty"},
		"snapshot missing":      {func(t *testing.T, path string) { os.Remove(path) }, Damaged, "the snapshot is missing"},
		"journal damaged":       {func(t *testing.T, path string) { edit(t, PathsFor(path).Journal, "lineage", "lineagf") }, Damaged, "does not match its checksum"},
		"journal missing":       {func(t *testing.T, path string) { os.Remove(PathsFor(path).Journal) }, Odd, "there is no journal"},
		"journal cut off":       {func(t *testing.T, path string) { appendTo(t, PathsFor(path).Journal, `{"n":`) }, Odd, "was not finished"},
		"older snapshot":        {func(t *testing.T, path string) { write(t, path, contents(t, PathsFor(path).Backup)) }, Damaged, "older snapshot was put back"},
		"older snapshot, alone": {olderAlone, Damaged, "the backup is newer"},
		"backup damaged":        {func(t *testing.T, path string) { edit(t, PathsFor(path).Backup, "running", "runnung") }, Odd, "the backup cannot be used"},
		"backup of another":     {func(t *testing.T, path string) { write(t, PathsFor(path).Backup, foreignSnapshot(t)) }, Odd, "of another state"},
		"lock of a killed run":  {func(t *testing.T, path string) { write(t, PathsFor(path).Lock, []byte("{}")) }, Odd, "nobody holds the lock"},
		"temporary file": {func(t *testing.T, path string) {
			write(t, filepath.Join(filepath.Dir(path), ".jobs.state.json.0123456789abcdef.tmp"), nil)
		}, Odd, "a killed process was writing"},
		"readable by others":     {func(t *testing.T, path string) { os.Chmod(path, 0o644) }, Odd, "0644"},
		"conflict, nothing new":  {func(t *testing.T, path string) { write(t, conflictOf(path), contents(t, path)) }, Odd, "nothing was paid for that is missing"},
		"conflict, paid for":     {conflictWithMore, Damaged, "missing here: 1"},
		"conflict, not readable": {func(t *testing.T, path string) { write(t, conflictOf(path), contents(t, path)[:500]) }, Damaged, "cannot be compared"},
		"unsaved, paid for":      {unsavedWithMore, Damaged, "missing in the state: 1"},
		"unsaved, nothing new":   {func(t *testing.T, path string) { write(t, PathsFor(path).unsaved(), contents(t, path)) }, Odd, "could not write its state"},
		"file missing":           {func(t *testing.T, path string) { os.Remove(filepath.Join(filepath.Dir(path), "out/1.png")) }, Damaged, "is missing"},
		"file shorter":           {func(t *testing.T, path string) { write(t, filepath.Join(filepath.Dir(path), "out/1.png"), []byte("a")) }, Damaged, "has 1 bytes, not the 9"},
		"file changed": {func(t *testing.T, path string) {
			write(t, filepath.Join(filepath.Dir(path), "out/1.png"), []byte("A picture"))
		}, Damaged, "another content"},
		"file a directory":        {fileADirectory, Damaged, "not a regular file"},
		"file outside":            {replaceIn(`"out/1.png"`, `"../1.png"`), Damaged, "cannot be looked at"},
		"fingerprint of another":  {replaceIn(`"fingerprint": "1:`, `"fingerprint": "1:0`), Damaged, "fingerprint"},
		"running without a task":  {replaceIn(`"task_id": "task-00000002"`, `"task_id": ""`), Damaged, "has no task ID"},
		"two owners of a task":    {commitTo(Change{Op: "x", Put: []Record{twin}, Money: []Entry{ledgerEntry(Charge, twin)}}), Damaged, "belongs to task.hero[2] as well"},
		"accepted, not charged":   {commitTo(Change{Op: "x", Put: []Record{withFingerprint(running(5))}}), Damaged, "the ledger does not know what it cost"},
		"doubt, not reserved":     {commitTo(Change{Op: "x", Put: []Record{doubtful}}), Damaged, "nothing is reserved"},
		"running, released":       {commitTo(Change{Op: "x", Money: []Entry{ledgerEntry(Release, running(2))}}), Damaged, "reservation was released"},
		"reserved, not recorded":  {commitTo(Change{Op: "x", Money: []Entry{money(Reserve, "x", 7)}}), Odd, "no record knows"},
		"recovered with a loss":   {commitTo(Change{Op: "x", Intervene: &Intervention{Kind: Recovered, At: noon, By: "me", Loss: &Loss{Gaps: []Gap{{From: 3, To: 4}}}}}), Odd, "changes 3 to 4"},
		"recovered, task unknown": {commitTo(Change{Op: "x", Intervene: &Intervention{Kind: Recovered, At: noon, By: "me", Loss: &Loss{Tasks: []string{"task-a", "task-b"}}}}), Odd, `task "task-b" could be read`},
		"past of a missing file":  {commitTo(Change{Op: "x", Put: []Record{pastWithFile()}, Money: []Entry{ledgerEntry(Charge, pastWithFile()), money(Charge, "old", 1)}}), Odd, "earlier task of task.hero[6] is missing"},
		"cut off while it sent":   {killedSubmitting, Odd, "cut off before the answer"},
		"result index of nothing": {replaceIn(`"index": 0`, `"index": 4`), Damaged, "number 4 of a result with 1"},
	} {
		t.Run(name, func(t *testing.T) {
			path, dir := sound(t)
			test.spoil(t, path)
			r := check(t, path, CheckOptions{Dir: dir})
			found := slices.ContainsFunc(r.Findings, func(f Finding) bool {
				return f.Severity == test.severity && strings.Contains(f.Problem, test.want)
			})
			if !found || r.Damaged() != (test.severity == Damaged) {
				t.Errorf("want %s %q, damaged %v; got %+v", test.severity, test.want, r.Damaged(), r.Findings)
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	write(t, path, append(contents(t, path), text...))
}

func olderAlone(t *testing.T, path string) {
	t.Helper()
	newest := contents(t, path)
	write(t, path, contents(t, PathsFor(path).Backup))
	write(t, PathsFor(path).Backup, newest)
	os.Remove(PathsFor(path).Journal)
}

func foreignSnapshot(t *testing.T) []byte {
	t.Helper()
	s := open(t, newPath(t))
	put(t, s, running(1))
	closeStore(t, s)
	return contents(t, s.Path())
}

func conflictOf(path string) string {
	return strings.TrimSuffix(path, ".json") + " (conflicted copy).json"
}

func conflictWithMore(t *testing.T, path string) {
	t.Helper()
	set := files(t, PathsFor(path))
	s := open(t, path)
	charged(t, s, withFingerprint(running(8)))
	closeStore(t, s)
	write(t, conflictOf(path), contents(t, path))
	for name, content := range set {
		write(t, name, []byte(content))
	}
}

func unsavedWithMore(t *testing.T, path string) {
	t.Helper()
	conflictWithMore(t, path)
	if err := os.Rename(conflictOf(path), PathsFor(path).unsaved()); err != nil {
		t.Fatal(err)
	}
}

func fileADirectory(t *testing.T, path string) {
	t.Helper()
	file := filepath.Join(filepath.Dir(path), "out/1.png")
	os.Remove(file)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
}

func pastWithFile() Record {
	r := withFingerprint(running(6))
	r.Past = []Past{{Nonce: "old", TaskID: "task-old", Status: Succeeded, Artifacts: []Artifact{{Path: "out/old.png", Bytes: 1}}}}
	return r
}

func killedSubmitting(t *testing.T, path string) {
	t.Helper()
	s := open(t, path)
	r := withFingerprint(submitting(7))
	commit(t, s, Change{Op: "submitting", Put: []Record{r}, Money: []Entry{ledgerEntry(Reserve, r)}})
	crash(t, s)
	os.Remove(s.Paths().Lock)
}

func TestCheckDuringARunDoesNotJudgeWhatIsUnderWay(t *testing.T) {
	path, dir := sound(t)
	s := open(t, path)
	r := withFingerprint(submitting(7))
	commit(t, s, Change{Op: "submitting", Put: []Record{r}, Money: []Entry{ledgerEntry(Reserve, r)}})
	report := check(t, path, CheckOptions{Dir: dir})
	if len(report.Findings) != 0 || report.Holder == nil || report.Holder.Operation != "test" {
		t.Errorf("%+v", report)
	}
	closeStore(t, s)
}

func TestCheckKnowsARollback(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	charged(t, s, withFingerprint(running(1)))
	closeStore(t, s)
	old := files(t, s.Paths())
	s = remembering(t, path, seen)
	charged(t, s, withFingerprint(running(2)))
	closeStore(t, s)
	putFiles(t, s.Paths(), old)
	r := check(t, path, CheckOptions{Seen: seen})
	if !r.Damaged() || !strings.Contains(r.Findings[0].Problem, "has seen 2") {
		t.Errorf("%+v", r.Findings)
	}
}
