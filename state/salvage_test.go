package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// A damageable is a state of three runs, the last of which was killed: a backup,
// a snapshot and a journal of many lines, and all that was true.
type damageable struct {
	paths Paths
	files map[string]string
	truth *view
}

func newDamageable(t *testing.T) *damageable {
	t.Helper()
	path := newPath(t)
	for run := range 3 {
		s := open(t, path)
		if run == 0 {
			if err := s.SetEndpoint("api.apixo.ai"); err != nil {
				t.Fatal(err)
			}
			commit(t, s, Change{Op: "approve", Approve: &Approval{Plan: "plan-1", Run: "r", At: noon}})
		}
		for i := range 4 {
			live(t, s, run*4+i)
		}
		if run < 2 {
			closeStore(t, s)
			continue
		}
		again(t, s, 0)
		put(t, s, withStatus(submitting(50), Submitting))
		truth := *s.view
		crash(t, s)
		return &damageable{s.Paths(), files(t, s.Paths()), &truth}
	}
	return nil
}

// live takes a record through its life, each to another end.
func live(t *testing.T, s *Store, i int) {
	t.Helper()
	reserved := submitting(i)
	commit(t, s, Change{Op: "submitting", Put: []Record{reserved}, Money: []Entry{ledgerEntry(Reserve, reserved)}})
	switch i % 4 {
	case 0:
		charged(t, s, running(i))
		put(t, s, withFingerprint(succeeded(i)))
	case 1:
		charged(t, s, running(i))
	case 2:
		commit(t, s, Change{Op: "pending", Put: []Record{withStatus(reserved, Pending)}, Money: []Entry{ledgerEntry(Release, reserved)}})
	case 3:
		charged(t, s, running(i))
		failed := running(i)
		failed.Status, failed.Failure = Failed, &task.Failure{Reason: task.Timeout, Retryable: true}
		put(t, s, failed)
	}
}

// again buys what has a result once more.
func again(t *testing.T, s *Store, i int) {
	t.Helper()
	before, _ := s.Record(address(i))
	next := submitting(i)
	next.Nonce, next.Past = "second", []Past{before.AsPast()}
	commit(t, s, Change{Op: "submitting", Put: []Record{next}, Money: []Entry{ledgerEntry(Reserve, next)}})
	next.Status, next.TaskID = Running, "task-second"
	charged(t, s, next)
}

func ledgerEntry(kind EntryKind, r Record) Entry {
	return Entry{Kind: kind, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, Cost: r.Cost, Priced: true, At: noon}
}

func withStatus(r Record, s Status) Record {
	r.Status = s
	return r
}

func withFingerprint(r Record) Record {
	r.Fingerprint = r.Request.Fingerprint()
	return r
}

// set puts the files in place, some of them damaged.
func (d *damageable) set(t *testing.T, damaged map[string]string) {
	t.Helper()
	all := map[string]string{}
	for path, content := range d.files {
		all[path] = content
	}
	for path, content := range damaged {
		all[path] = content
		if content == gone {
			delete(all, path)
		}
	}
	os.Remove(d.paths.unsaved())
	putFiles(t, d.paths, all)
}

// gone stands for a file that is not there.
const gone = "\x00gone"

// judge salvages what is there and holds it against the truth.
func (d *damageable) judge(t *testing.T) *Salvaged {
	t.Helper()
	before := files(t, d.paths)
	s, err := Salvage(d.paths.Snapshot, "")
	if err != nil {
		t.Fatalf("Salvage: %v", err)
	}
	if diff := diff(before, files(t, d.paths)); diff != "" {
		t.Fatalf("Salvage changed something:\n%s", diff)
	}
	if s.Damage == nil {
		return s
	}
	d.judgeTasks(t, s, before)
	d.judgeRecords(t, s)
	return s
}

// judgeTasks: every task ID that can be read anywhere is known afterwards.
func (d *damageable) judgeTasks(t *testing.T, s *Salvaged, files map[string]string) {
	t.Helper()
	told := strings.Join(s.Loss.Tasks, " ")
	for _, r := range s.Contents.Records {
		told += " " + strings.Join(r.allTasks(), " ")
		if r.Doubt != nil {
			told += " " + r.Doubt.Cause
		}
	}
	text := files[d.paths.Snapshot] + files[d.paths.Journal]
	for _, p := range d.truth.paid() {
		if p.TaskID != "" && strings.Contains(text, `"`+p.TaskID+`"`) && !strings.Contains(told, p.TaskID) {
			t.Errorf("task %s of %s can be read and is not in the new state", p.TaskID, p.Address)
		}
	}
}

// judgeRecords: nothing that was submitted is submitted again by itself.
func (d *damageable) judgeRecords(t *testing.T, s *Salvaged) {
	t.Helper()
	open := openLosses(s.Contents.Interventions)
	for address, was := range d.truth.records {
		stored := s.view.records[address]
		free := mayHaveSubmitted(was.record.Status, was.record.Failure) && was.record.Status != Submitting
		switch {
		case stored == nil && len(open) == 0:
			t.Errorf("%s (%s) is forgotten, and nobody is told", address, was.record.Status)
		case stored == nil || free:
		case mayHaveSubmitted(stored.record.Status, stored.record.Failure):
			t.Errorf("%s was %s and is %s: it would be submitted again", address, was.record.Status, stored.record.Status)
		case stored.record.Status == Running && stored.record.TaskID != was.record.TaskID && !stored.record.LostChanges:
			t.Errorf("%s has task %q, not %q, and may be retried", address, stored.record.TaskID, was.record.TaskID)
		}
	}
	known, charged := s.view.known(), map[string]bool{}
	for _, spend := range s.Contents.Spends {
		charged[spend.TaskID] = true
	}
	for _, r := range s.Contents.Records {
		if r.TaskID != "" && s.view.spends[r.Nonce] == nil && !charged[r.TaskID] {
			t.Errorf("the ledger does not know task %s of %s", r.TaskID, r.Address)
		}
		if r.Status == InDoubt && (r.Nonce == "" || s.view.spends[r.Nonce] == nil) {
			t.Errorf("%s is in doubt, and nothing is reserved", r.Address)
		}
	}
	if len(open) == 0 {
		for _, p := range d.truth.paid() {
			if !known.has(p) {
				t.Errorf("%s is lost, and nobody is told", p)
			}
		}
	}
	if s.Contents.Header.Lineage != d.truth.header.Lineage || s.Contents.Header.MaskKey != d.truth.header.MaskKey {
		t.Errorf("the state has become another one: %+v", s.Contents.Header)
	}
}

func TestAFlippedByteOfTheJournalLosesNoTask(t *testing.T) {
	d := newDamageable(t)
	journal := d.files[d.paths.Journal]
	step := 7
	if testing.Short() {
		step = 211
	}
	for at := 0; at < len(journal); at += step {
		damaged := []byte(journal)
		damaged[at] ^= 0x21
		d.set(t, map[string]string{d.paths.Journal: string(damaged)})
		s := d.judge(t)
		if t.Failed() {
			t.Fatalf("with byte %d of %d flipped: %v", at, len(journal), s.Damage)
		}
	}
}

func TestAFlippedByteOfTheSnapshotLosesNoTask(t *testing.T) {
	d := newDamageable(t)
	snapshot := d.files[d.paths.Snapshot]
	step := 7
	if testing.Short() {
		step = 211
	}
	for at := 250; at < len(snapshot); at += step { // the key and the lineage stand before
		damaged := []byte(snapshot)
		damaged[at] ^= 0x21
		for _, backup := range []string{d.files[d.paths.Backup], gone} {
			d.set(t, map[string]string{d.paths.Snapshot: string(damaged), d.paths.Backup: backup})
			if strings.Contains(snapshot[:at], `"records"`) || backup != gone {
				d.judge(t)
			}
			if t.Failed() {
				t.Fatalf("with byte %d of %d flipped, backup %v", at, len(snapshot), backup != gone)
			}
		}
	}
}

func TestWhatIsLostAndWhatIsNot(t *testing.T) {
	d := newDamageable(t)
	journal, snapshot := d.files[d.paths.Journal], d.files[d.paths.Snapshot]
	lines := strings.SplitAfter(strings.TrimSuffix(journal, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	first := d.truth.header.Changes - int64(len(lines)-1)
	without := func(i, j int) string { return strings.Join(slices.Concat(lines[:i], lines[j:]), "") }
	middle := len(lines) / 2
	garbage := "not a line of a journal\n"
	for name, test := range map[string]struct {
		damaged map[string]string
		gaps    string
	}{
		"a line is removed":             {map[string]string{d.paths.Journal: without(middle, middle+1)}, fmt.Sprintf("change %d", first+int64(middle))},
		"three lines are removed":       {map[string]string{d.paths.Journal: without(3, 6)}, fmt.Sprintf("changes %d to %d", first+3, first+5)},
		"a line is garbage":             {map[string]string{d.paths.Journal: strings.Join(lines[:3], "") + garbage + strings.Join(lines[4:], "")}, fmt.Sprintf("change %d", first+3)},
		"the last lines are garbage":    {map[string]string{d.paths.Journal: strings.Join(lines[:middle], "") + garbage + garbage}, fmt.Sprintf("everything from change %d on", first+int64(middle))},
		"a line is added":               {map[string]string{d.paths.Journal: strings.Join(lines[:3], "") + garbage + strings.Join(lines[3:], "")}, ""},
		"a line is there twice":         {map[string]string{d.paths.Journal: strings.Join(lines[:4], "") + strings.Join(lines[3:], "")}, ""},
		"two lines changed places":      {map[string]string{d.paths.Journal: strings.Join(lines[:3], "") + lines[4] + lines[3] + strings.Join(lines[5:], "")}, ""},
		"the header is garbage":         {map[string]string{d.paths.Journal: garbage + strings.Join(lines[1:], "")}, ""},
		"the journal is empty":          {map[string]string{d.paths.Journal: ""}, fmt.Sprintf("everything from change %d on", first+1)},
		"the journal is zeros":          {map[string]string{d.paths.Journal: string(make([]byte, 5000))}, fmt.Sprintf("everything from change %d on", first+1)},
		"the snapshot is gone":          {map[string]string{d.paths.Snapshot: gone}, "changes"},
		"the snapshot is empty":         {map[string]string{d.paths.Snapshot: ""}, "changes"},
		"the backup was put back":       {map[string]string{d.paths.Snapshot: d.files[d.paths.Backup]}, "changes"},
		"snapshot and journal are gone": {map[string]string{d.paths.Snapshot: gone, d.paths.Journal: gone}, "everything from"},
		"the snapshot is cut":           {map[string]string{d.paths.Snapshot: snapshot[:len(snapshot)*2/3]}, "changes"},
		"the snapshot is cut, alone":    {map[string]string{d.paths.Snapshot: snapshot[:len(snapshot)*2/3], d.paths.Backup: gone}, "changes"},
		"another state's journal":       {map[string]string{d.paths.Journal: otherJournal(t)}, fmt.Sprintf("everything from change %d on", first+1)},
	} {
		t.Run(name, func(t *testing.T) {
			d.set(t, test.damaged)
			if strings.HasPrefix(name, "snapshot and journal") || strings.HasPrefix(name, "the snapshot is gone") || strings.HasPrefix(name, "the snapshot is empty") {
				// The tasks of what is gone whole are not readable anywhere.
				s, err := Salvage(d.paths.Snapshot, "")
				if err != nil {
					t.Fatal(err)
				}
				d.judgeRecords(t, s)
			}
			s := d.judge(t)
			if s.Damage == nil {
				t.Fatal("it is not damaged")
			}
			got := ""
			if len(s.Loss.Gaps) > 0 {
				got = gapsText(s.Loss.Gaps)
			}
			if (test.gaps == "") != (got == "") || !strings.Contains(got, test.gaps) {
				t.Errorf("lost: %q, want %q", got, test.gaps)
			}
		})
	}
}

func otherJournal(t *testing.T) string {
	t.Helper()
	s := open(t, newPath(t))
	put(t, s, running(99))
	crash(t, s)
	return string(contents(t, s.Paths().Journal))
}

// A line holds whole records, so a later one makes good for one that is lost.
func TestALostLineThatALaterOneMakesGoodForPutsNothingInDoubt(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	put(t, s, withFingerprint(succeeded(1)))
	put(t, s, withFingerprint(succeeded(1)))
	crash(t, s)
	lines := strings.SplitAfter(string(contents(t, s.Paths().Journal)), "\n")
	write(t, s.Paths().Journal, []byte(lines[0]+lines[1]+lines[3]))
	salvaged, err := Salvage(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(salvaged.Doubted) != 0 || len(salvaged.Contents.Records) != 1 || salvaged.Contents.Records[0].Status != Succeeded {
		t.Errorf("%+v", salvaged.Contents.Records)
	}
	if len(salvaged.Loss.Gaps) != 1 { // what else stood in it is not known all the same
		t.Errorf("gaps: %v", salvaged.Loss.Gaps)
	}
}

// The task ID of an answer that was recorded last stands in the doubt.
func TestATaskInADamagedLineIsNamed(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	reserved := submitting(1)
	commit(t, s, Change{Op: "submitting", Put: []Record{reserved}, Money: []Entry{ledgerEntry(Reserve, reserved)}})
	charged(t, s, running(1))
	put(t, s, running(2))
	crash(t, s)
	journal := contents(t, s.Paths().Journal)
	lines := bytes.SplitAfter(journal, []byte("\n"))
	lines[2] = bytes.Replace(lines[2], []byte(`"status":"running"`), []byte(`"status":"run`), 1)
	write(t, s.Paths().Journal, bytes.Join(lines, nil))
	salvaged, err := Salvage(path, "")
	if err != nil {
		t.Fatal(err)
	}
	r := salvaged.view.records[address(1)].record
	if r.Status != InDoubt || !strings.Contains(r.Doubt.Cause, running(1).TaskID) || r.Nonce != reserved.Nonce || r.Fingerprint != reserved.Fingerprint {
		t.Errorf("%s, %+v", r.Status, r.Doubt)
	}
	if len(salvaged.Findings) != 1 || salvaged.Findings[0].Line != 3 || !strings.Contains(salvaged.Findings[0].Problem, running(1).TaskID) {
		t.Errorf("findings: %+v", salvaged.Findings)
	}
}

// What the mark of this machine knows to have happened is lost as well.
func TestTheMarkTellsHowMuchIsLost(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	charged(t, s, running(1))
	put(t, s, withStatus(submitting(2), Pending))
	old := files(t, s.Paths())
	charged(t, s, running(3))
	closeStore(t, s)
	old[s.Paths().Journal] += "garbage\n"
	putFiles(t, s.Paths(), old)
	salvaged, err := Salvage(path, seen)
	if err != nil {
		t.Fatal(err)
	}
	if salvaged.Contents.Header.Changes != 3 || len(salvaged.Doubted) != 1 {
		t.Errorf("%d changes, doubted %v, gaps %v", salvaged.Contents.Header.Changes, salvaged.Doubted, salvaged.Loss.Gaps)
	}
	if _, err := salvaged.WriteTo(path, OpenOptions{Seen: seen}); err != nil {
		t.Fatal(err)
	}
	s = remembering(t, path, seen) // no rollback: the loss is known and noted
	if open := s.OpenLosses(); len(open) != 1 {
		t.Errorf("open losses: %v", open)
	}
	closeStore(t, s)
}

func TestARecoveredStateOpensAndKeepsTheDamagedFiles(t *testing.T) {
	d := newDamageable(t)
	lines := strings.SplitAfter(d.files[d.paths.Journal], "\n")
	damaged := map[string]string{d.paths.Journal: strings.Join(lines[:4], "") + "garbage\n" + strings.Join(lines[5:], "")}
	for _, to := range []string{d.paths.Snapshot, filepath.Join(t.TempDir(), "new.state.json")} {
		d.set(t, damaged)
		before := files(t, d.paths)
		s := d.judge(t)
		aside, err := s.WriteTo(to, OpenOptions{Operation: "test", Tool: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if to == d.paths.Snapshot {
			if len(aside) != 2 || string(contents(t, aside[0])) != before[d.paths.Snapshot] || string(contents(t, aside[1])) != before[d.paths.Journal] {
				t.Errorf("set aside: %v", aside)
			}
		} else if diff := diff(before, files(t, d.paths)); diff != "" || len(aside) != 0 {
			t.Errorf("the damaged files changed: %v\n%s", aside, diff)
		}
		judgeRecovered(t, to, s)
	}
}

func judgeRecovered(t *testing.T, path string, s *Salvaged) {
	t.Helper()
	for range 2 {
		store := open(t, path)
		if d := diff(s.Contents.Records, store.Records()); d != "" {
			t.Errorf("other records than were shown:\n%s", d)
		}
		if d := diff(s.Contents.Spends, store.Spends()); d != "" {
			t.Errorf("another ledger than was shown:\n%s", d)
		}
		open := store.OpenLosses()
		if len(open) != 1 || len(store.Notices()) != 1 || !strings.Contains(store.Notices()[0], "recovered") {
			t.Errorf("losses %v, notices %q", open, store.Notices())
		}
		for _, loss := range open {
			if !strings.HasPrefix(loss.Why, "the state was damaged: ") || strings.Contains(loss.Why, "nothing was changed") {
				t.Errorf("the note gives advice, or no reason: %q", loss.Why)
			}
		}
		closeStore(t, store)
	}
	store := open(t, path)
	if err := store.AcceptLosses(); err != nil {
		t.Fatal(err)
	}
	if open := store.OpenLosses(); len(open) != 0 {
		t.Errorf("after they were accepted: %v", open)
	}
	closeStore(t, store)
	if c, err := Read(path); err != nil || len(c.Notices) != 0 || len(c.Interventions) != 2 || c.Interventions[0].Loss == nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRecoverDoesNotWriteOverAState(t *testing.T) {
	d := newDamageable(t)
	d.set(t, map[string]string{d.paths.Journal: "garbage\n"})
	s := d.judge(t)
	other := newPath(t)
	o := open(t, other)
	put(t, o, running(1))
	closeStore(t, o)
	if _, err := s.WriteTo(other, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("over another state: %v", err)
	}
	write(t, d.paths.Journal, []byte("other garbage\n"))
	if _, err := s.WriteTo(d.paths.Snapshot, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "changed since") {
		t.Errorf("over files that changed: %v", err)
	}
	d.set(t, nil)
	whole := d.judge(t)
	if _, err := whole.WriteTo(d.paths.Snapshot, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "nothing to recover") {
		t.Errorf("over a state that is well: %v", err)
	}
	if _, err := Salvage(newPath(t), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	running := open(t, d.paths.Snapshot)
	defer running.Close()
	if _, err := Salvage(d.paths.Snapshot, ""); !errors.Is(err, ErrLocked) {
		t.Errorf("of a state in use: %v", err)
	}
}

// A recovery that is cut off is started again, and comes to the same.
func TestARecoveryCutOffIsRepeated(t *testing.T) {
	d := newDamageable(t)
	lines := strings.SplitAfter(d.files[d.paths.Journal], "\n")
	damaged := strings.Join(lines[:4], "") + "garbage\n" + strings.Join(lines[5:], "")
	d.set(t, map[string]string{d.paths.Journal: damaged})
	s := d.judge(t)
	if _, err := s.WriteTo(d.paths.Snapshot, OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	write(t, d.paths.Journal, []byte(damaged)) // the new snapshot was in place, the new journal not
	again := d.judge(t)
	if again.Damage == nil {
		t.Fatal("it opens")
	}
	if d := diff(s.Contents.Records, again.Contents.Records); d != "" {
		t.Error(d)
	}
}

// A snapshot that another machine put in place is kept, and so is what this one
// did.
func TestAReplacedSnapshotIsLeftAlone(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	set := files(t, s.Paths())
	elsewhere := open(t, path) // the same state on another machine
	charged(t, elsewhere, running(7))
	closeStore(t, elsewhere)
	theirs := contents(t, path)
	putFiles(t, s.Paths(), set)

	s = open(t, path)
	charged(t, s, running(2))
	replace(t, path, theirs)
	charged(t, s, running(3)) // it goes on: what is paid for is recorded
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "replaced by another program") {
		t.Fatalf("Close says %v", err)
	}
	if !bytes.Equal(contents(t, path), theirs) {
		t.Error("the other's snapshot is gone")
	}
	if _, err := Open(path, OpenOptions{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open says %v", err)
	}
	salvaged, err := Salvage(path, "")
	if err != nil {
		t.Fatal(err)
	}
	var tasks []string
	for _, r := range salvaged.Contents.Records {
		tasks = append(tasks, r.allTasks()...)
		if r.Doubt != nil {
			tasks = append(tasks, r.Doubt.Cause)
		}
	}
	told := strings.Join(append(tasks, salvaged.Loss.Tasks...), " ")
	for _, want := range []Record{running(1), running(2), running(3), running(7)} {
		if !strings.Contains(told, want.TaskID) {
			t.Errorf("task %s is in neither record nor loss: %s", want.TaskID, told)
		}
	}
	aside, err := salvaged.WriteTo(path, OpenOptions{})
	if err != nil || len(aside) != 3 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
	closeStore(t, open(t, path))
}

func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	write(t, path+".sync", content)
	if err := os.Rename(path+".sync", path); err != nil {
		t.Fatal(err)
	}
}

// A snapshot that was spoiled during a run holds nothing that the run does not
// know: it is written anew.
func TestASnapshotThatIsSpoiledDuringARunIsWrittenAnew(t *testing.T) {
	for name, spoil := range map[string]func(path string, content []byte) error{
		"removed":   func(path string, _ []byte) error { return os.Remove(path) },
		"emptied":   func(path string, _ []byte) error { return os.Truncate(path, 0) },
		"cut":       func(path string, content []byte) error { return os.Truncate(path, int64(len(content)/2)) },
		"rewritten": func(path string, content []byte) error { return os.WriteFile(path, content, 0o600) },
		"edited": func(path string, content []byte) error {
			return os.WriteFile(path, bytes.Replace(content, []byte("running"), []byte("runnung"), 1), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := open(t, path)
			put(t, s, running(1))
			closeStore(t, s)
			s = open(t, path)
			put(t, s, running(2))
			if err := spoil(path, contents(t, path)); err != nil {
				t.Fatal(err)
			}
			put(t, s, running(3))
			closeStore(t, s)
			if c, err := Read(path); err != nil || len(c.Records) != 3 {
				t.Errorf("%v, %v", c, err)
			}
		})
	}
}

// A journal that is edited in place without another size is found by the next
// process.
func TestAJournalEditedInPlaceIsFoundByTheNextProcess(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	edit(t, s.Paths().Journal, `"running"`, `"pending"`)
	put(t, s, running(2))
	crash(t, s)
	if _, err := Open(path, OpenOptions{}); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("Open says %v", err)
	}
	salvaged, err := Salvage(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if r := salvaged.view.records[address(1)].record; r.Status != InDoubt {
		t.Errorf("%s is %s", r.Address, r.Status)
	}
}

func TestTwoStatesWhoseFilesWereSwapped(t *testing.T) {
	var sets [2]map[string]string
	var paths [2]Paths
	for i := range sets {
		s := open(t, newPath(t))
		charged(t, s, running(i))
		closeStore(t, s)
		s = open(t, s.Path())
		charged(t, s, running(i+10))
		crash(t, s)
		sets[i], paths[i] = files(t, s.Paths()), s.Paths()
	}
	write(t, paths[0].Journal, []byte(sets[1][paths[1].Journal]))
	if _, err := Open(paths[0].Snapshot, OpenOptions{}); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "belongs to another state") {
		t.Errorf("journals swapped: %v", err)
	}
	s, err := Salvage(paths[0].Snapshot, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Contents.Records) != 1 || len(openLosses(s.Contents.Interventions)) != 1 {
		t.Errorf("with the other's journal: %+v", s.Contents)
	}
	write(t, paths[0].Snapshot, []byte(sets[1][paths[1].Snapshot]))
	if c, err := Read(paths[0].Snapshot); err != nil || len(c.Records) != 2 { // both: that is just the other state
		t.Errorf("all swapped: %v, %v", c, err)
	}
}
