package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"apixo-batch/spec/task"
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
	r, began := &Report{Path: paths.Snapshot}, time.Now()
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
	r.checkSeen(paths, l, o.Seen, began)
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

// checkModes finds files that others may read.
func (r *Report) checkModes(paths Paths) {
	for _, notice := range readableByOthers(paths) {
		r.add(Finding{Severity: Odd, Problem: notice}) // it says what to do
	}
}

// checkSeen compares with what this machine has seen, and tells of losses that
// nobody has accepted.
func (r *Report) checkSeen(paths Paths, l *loaded, seen string, began time.Time) {
	found := CheckRollback(seen, paths.Snapshot, l.view.outline(), began)
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
