package state

import (
	"errors"
	"fmt"
	"os"

	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

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
