package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// Severity is how much a finding matters.
type Severity string

const (
	// Damaged: something is lost, contradicts itself, or cannot be read.
	Damaged Severity = "error"
	// Odd: nothing is lost, and somebody should know.
	Odd Severity = "warning"
)

// Finding is one thing that Check found.
type Finding struct {
	Severity Severity     `json:"severity"`
	Path     string       `json:"path,omitempty"`
	Line     int          `json:"line,omitempty"`   // of a journal, from 1
	Offset   int64        `json:"offset,omitempty"` // in bytes, where that line begins
	Address  task.Address `json:"-"`
	Problem  string       `json:"problem"`
	Next     string       `json:"next,omitempty"` // what to do about it
}

// Report is all that Check found.
type Report struct {
	Path     string
	Findings []Finding
	// Readable is set if the state can be read as a whole; otherwise there is
	// neither a Header nor a count.
	Readable  bool
	Header    Header
	Records   int
	Submits   int // in the ledger
	Artifacts int // that were read and compared
	// Holder is who has the state open, nil if nobody has: then what is under
	// way is no finding.
	Holder *LockInfo
}

// Damaged reports whether anything is worse than odd.
func (r *Report) Damaged() bool {
	for _, f := range r.Findings {
		if f.Severity == Damaged {
			return true
		}
	}
	return false
}

func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// CheckOptions say what a state is held against.
type CheckOptions struct {
	// Dir is what the paths of artifacts count from, "" if they are not to be
	// read.
	Dir string
	// Seen is as in OpenOptions.
	Seen string
}

// Check reads every file of the state at path and all that its records name,
// without a lock and without changing anything. The error tells that the state
// could not be looked at, such as fs.ErrNotExist; damage is in the report.
func Check(path string, o CheckOptions) (*Report, error) {
	paths := PathsFor(resolve(path))
	if err := checkPlace(paths); err != nil {
		return nil, err
	}
	r := &Report{Path: paths.Snapshot}
	holder, held, err := Holder(path)
	if held {
		r.Holder = &holder
	} else if _, is := errors.AsType[*notLockError](err); is {
		r.add(Finding{Severity: Damaged, Path: paths.Lock, Problem: err.Error(), Next: "look at it and move it away"})
	}
	l, err := r.checkFiles(paths)
	if err != nil {
		return nil, err
	}
	r.checkBackup(paths, l)
	r.checkBeside(paths, l)
	r.checkModes(paths)
	if l == nil {
		return r, nil
	}
	r.Readable, r.Header, r.Records, r.Submits = true, l.view.header, len(l.view.records), len(l.view.order)
	r.checkSeen(paths, l, o.Seen)
	r.checkRecords(l.view)
	r.checkLedger(l.view)
	if o.Dir != "" {
		r.checkArtifacts(l.view, o.Dir)
	}
	return r, nil
}

// checkFiles reads snapshot and journal, each alone and both together. It
// returns nil if they cannot be brought together.
func (r *Report) checkFiles(paths Paths) (*loaded, error) {
	l, err := loadSteady(paths)
	if err == nil && !l.exists {
		return nil, fmt.Errorf("there is no state %s: %w", paths.Snapshot, fs.ErrNotExist)
	}
	if err == nil {
		for _, notice := range l.notices {
			r.add(Finding{Severity: Odd, Path: paths.Journal, Problem: notice})
		}
		if l.torn > 0 && r.Holder == nil {
			r.add(Finding{Severity: Odd, Path: paths.Journal, Problem: tornNotice(paths, l.torn), Next: "nothing to do; the next apply cuts it off"})
		}
		return l, nil
	}
	if !errors.Is(err, ErrCorrupt) {
		return nil, err
	}
	_, snapshot := readSnapshot(paths)
	all := []error{snapshot, replayAlone(paths)}
	if all[0] == nil && all[1] == nil {
		all = []error{err} // each is whole, and they do not belong together
	}
	for _, err := range all {
		r.addError(err)
	}
	return nil, nil
}

const nextRecover = "state recover shows what can be read, and brings it together"

func (r *Report) addError(err error) {
	if err == nil {
		return
	}
	f := Finding{Severity: Damaged, Problem: err.Error()}
	if damage, ok := errors.AsType[*CorruptError](err); ok {
		f = Finding{Severity: Damaged, Path: damage.Path, Line: damage.Line, Offset: damage.Offset, Problem: damage.Problem, Next: nextRecover}
	}
	r.add(f)
}

// replayAlone reads a journal for itself.
func replayAlone(paths Paths) error {
	j, err := openJournal(paths.Journal)
	if err != nil || j == nil {
		return err
	}
	defer j.Close()
	return j.replay(func(Change, []json.RawMessage) error { return nil })
}

// checkBackup holds the backup against the state.
func (r *Report) checkBackup(paths Paths, l *loaded) {
	b, err := readSnapshot(Paths{Snapshot: paths.Backup})
	if err != nil {
		f := Finding{Severity: Odd, Path: paths.Backup, Problem: "the backup cannot be used: " + problemOf(err), Next: "nothing to do; the next run replaces it"}
		r.add(f)
		return
	}
	if b == nil || l == nil {
		return
	}
	switch backup, now := b.view.header, l.view.header; {
	case backup.Lineage != now.Lineage && len(values(l.view.interventions)) == 0:
		r.add(Finding{Severity: Odd, Path: paths.Backup, Problem: fmt.Sprintf("the backup is of another state (lineage %s)", backup.Lineage)})
	case backup.Lineage == now.Lineage && backup.Changes > now.Changes:
		r.add(Finding{
			Severity: Damaged, Path: paths.Backup,
			Problem: fmt.Sprintf("the backup is newer than the state: %d changes against %d", backup.Changes, now.Changes),
			Next:    "an older state was put back; state push -force " + paths.Backup + " goes on with the backup",
		})
	}
}

func problemOf(err error) string {
	if damage, ok := errors.AsType[*CorruptError](err); ok {
		return damage.Problem
	}
	return err.Error()
}

// checkModes finds files that others may read.
func (r *Report) checkModes(paths Paths) {
	for _, notice := range readableByOthers(paths) {
		r.add(Finding{Severity: Odd, Problem: notice}) // it says what to do
	}
}

// checkSeen compares with what this machine has seen, and tells of losses that
// nobody has accepted.
func (r *Report) checkSeen(paths Paths, l *loaded, seen string) {
	found := unlike(seen, paths.Snapshot, l.view.header, func() time.Time { return latest(l.view.sortedRecords()) })
	switch {
	case found != nil && found.Missing:
		r.add(Finding{Severity: Damaged, Path: paths.Snapshot, Next: "put the files of the other back",
			Problem: fmt.Sprintf("another state was here when this machine saw it on %s (lineage %s, %d changes)", found.Seen.At.Local().Format(time.DateTime), found.Seen.Lineage, found.Seen.Changes)})
	case found != nil:
		r.add(Finding{
			Severity: Damaged, Path: paths.Snapshot,
			Problem: fmt.Sprintf("it has %d changes, and this machine has seen %d on %s", found.Changes, found.Seen.Changes, found.Seen.At.Local().Format(time.DateTime)),
			Next:    "put the newer files back",
		})
	}
	for _, notice := range l.view.lossNotices() {
		r.add(Finding{Severity: Odd, Path: paths.Snapshot, Problem: notice, Next: "look at APIXO's dashboard before apply -accept-rollback"})
	}
	for _, loss := range openLosses(values(l.view.interventions)) {
		problem := "task %q could be read in what the recovery lost, and no record had it"
		if loss.Kind == Replaced {
			problem = "task %q was in the state that an older one replaced"
		}
		for _, id := range loss.Loss.Tasks {
			r.add(Finding{
				Severity: Odd, Path: paths.Snapshot,
				Problem: fmt.Sprintf(problem, id),
				Next:    "look it up on APIXO's dashboard; if a submit in doubt made it, resolve -task-id settles that",
			})
		}
	}
}

// checkBeside looks at what else lies there: the lock's note, what killed
// processes left, copies of the state.
func (r *Report) checkBeside(paths Paths, l *loaded) {
	if _, err := os.Lstat(paths.Lock); err == nil && r.Holder == nil {
		r.add(Finding{Severity: Odd, Path: paths.Lock, Problem: "nobody holds the lock of this file: its process was killed", Next: "nothing to do; the next command takes it over"})
	}
	for _, path := range leftovers(paths) {
		if r.Holder != nil {
			break // it may be writing them
		}
		r.add(Finding{Severity: Odd, Path: path, Problem: "a file that a killed process was writing", Next: "nothing to do; the next apply removes it"})
	}
	r.checkUnsaved(paths.unsaved(), l)
	for _, path := range copies(paths) {
		if isSetAside(path) {
			r.checkSetAside(path, l)
		} else {
			r.checkCopy(path, l)
		}
	}
}

// checkSetAside tells which tasks are in a damaged file that a recovery set
// aside, and nowhere in the state.
func (r *Report) checkSetAside(path string, l *loaded) {
	data, err := os.ReadFile(path)
	if err != nil || l == nil {
		return
	}
	known := l.view.known()
	for _, i := range values(l.view.interventions) {
		if i.Loss != nil {
			for _, id := range i.Loss.Tasks {
				known.add(id, "")
			}
		}
	}
	var missing []string
	for _, f := range fragments(data) {
		for _, id := range f.tasks {
			if p := (Paid{TaskID: id}); !known.has(p) {
				missing = append(missing, id)
				known.add(id, "")
			}
		}
	}
	if len(missing) == 0 {
		return
	}
	r.add(Finding{
		Severity: Damaged, Path: path,
		Problem: fmt.Sprintf("a recovery set this file aside; tasks in it that are nowhere in the state: %d, the first being %q", len(missing), missing[0]),
		Next:    "look them up on APIXO's dashboard; keep the file until they are settled",
	})
}

// checkUnsaved tells what a run knew that could not write its state.
func (r *Report) checkUnsaved(path string, l *loaded) {
	unsaved, err := readSnapshot(Paths{Snapshot: path})
	if err == nil && unsaved == nil {
		return
	}
	f := Finding{Severity: Damaged, Path: path, Problem: "a run could not write its state here, since another program had replaced that", Next: nextRecover}
	if err == nil && l != nil {
		lost := lostBy(unsaved.view, l.view)
		f.Problem += fmt.Sprintf("; paid submits in it that are missing in the state: %d", len(lost))
		f.Next = "state push " + path
		if len(lost) == 0 {
			f.Severity, f.Next = Odd, "it can be removed"
		}
	}
	r.add(f)
}

// leftovers are the files that killed processes left behind.
func leftovers(paths Paths) []string {
	var all []string
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.Backup, paths.unsaved()} {
		left, _ := atomicfile.Leftovers(disk.OS, path) // a directory that cannot be listed is told elsewhere
		all = append(all, left...)
	}
	if _, err := os.Lstat(paths.newBackup()); err == nil {
		all = append(all, paths.newBackup())
	}
	return all
}

// checkCopy tells what a copy beside the state knows and the state does not.
func (r *Report) checkCopy(path string, l *loaded) {
	severity, next := Odd, ""
	if isConflict(path) {
		severity, next = Damaged, "a cloud sync set it aside; move it away once nothing in it is missing here, and keep the state out of synced folders"
	}
	c, err := readSnapshot(Paths{Snapshot: path})
	switch {
	case err != nil || c == nil || l == nil:
		if severity == Damaged {
			r.add(Finding{Severity: severity, Path: path, Problem: "a conflicting copy that cannot be compared", Next: next})
		}
	case c.view.header.Lineage != l.view.header.Lineage: // another state's business
	default:
		lost := lostBy(c.view, l.view)
		if len(lost) == 0 {
			r.add(Finding{Severity: Odd, Path: path, Problem: "a copy of this state, in which nothing was paid for that is missing here", Next: next})
			return
		}
		problem := fmt.Sprintf("a copy of this state; paid submits in it that are missing here: %d, the first being %s", len(lost), lost[0])
		r.add(Finding{Severity: severity, Path: path, Problem: problem, Next: next})
	}
}
