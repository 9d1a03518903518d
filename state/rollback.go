package state

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// RollbackError means that a state is older than this machine has seen it, or
// gone: what was submitted since is not in it and would be bought again.
type RollbackError struct {
	Path string
	// Changes and Serial are those of the state, and Latest the latest time in
	// its records. They are zero if there is no state.
	Changes int64
	Serial  int64
	Latest  time.Time
	// Missing is set if the state that was seen is not there at all.
	Missing bool
	Seen    Mark
}

func (e *RollbackError) Error() string {
	seen := e.Seen.At.Local().Format(time.DateTime)
	if e.Missing {
		return fmt.Sprintf("the state that this machine saw at %s on %s is not there (lineage %s, %d changes): everything in it would be bought again; nothing was changed. "+
			"Put its files back, or name them with -state=PATH; -accept-rollback goes on without it", e.Path, seen, e.Seen.Lineage, e.Seen.Changes)
	}
	latest := ""
	if !e.Latest.IsZero() {
		latest = ", the latest of " + e.Latest.Local().Format(time.DateTime)
	}
	where := ""
	if e.Seen.Path != absolute(e.Path) {
		where = " as " + e.Seen.Path
	}
	return fmt.Sprintf("state %s is older than this machine has seen it: it has %d changes (serial %d)%s, and on %s it had %d (serial %d)%s. "+
		"What was submitted since would be bought again; nothing was changed. Put the newer files back; -accept-rollback goes on with the older state",
		e.Path, e.Changes, e.Serial, latest, seen, e.Seen.Changes, e.Seen.Serial, where)
}

// CheckRollback holds the state at path against the marks in a directory, and
// changes nothing. c is nil if there is no state. The result is nil if all is
// well, or nothing is known.
func CheckRollback(seen, path string, c *Contents) *RollbackError {
	snapshot := PathsFor(resolve(path)).Snapshot
	if c == nil {
		return missing(seen, snapshot, "")
	}
	return older(seen, snapshot, c.Header, func() time.Time { return latest(c.Records) })
}

func older(seen, path string, h Header, latest func() time.Time) *RollbackError {
	m, known := readMark(seen, h.Lineage)
	if seen == "" || !known || m.Changes <= h.Changes {
		return nil
	}
	return &RollbackError{Path: path, Changes: h.Changes, Serial: h.Serial, Latest: latest(), Seen: m}
}

func noTime() time.Time { return time.Time{} }

// missing finds the state that was seen at a path, unless it is of the lineage
// that is about to be there.
func missing(seen, path, lineage string) *RollbackError {
	if seen == "" {
		return nil
	}
	marks := marksAt(seen, absolute(path))
	marks = slices.DeleteFunc(marks, func(m Mark) bool { return m.Changes == 0 })
	if len(marks) == 0 || slices.ContainsFunc(marks, func(m Mark) bool { return m.Lineage == lineage }) {
		return nil
	}
	last := slices.MaxFunc(marks, func(a, b Mark) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Changes, b.Changes)) })
	return &RollbackError{Path: path, Missing: true, Seen: last}
}

// latest is the latest time in records.
func latest(records []Record) time.Time {
	var last time.Time
	for i := range records {
		for _, t := range [...]time.Time{records[i].SubmittedAt, records[i].AcceptedAt, records[i].FinishedAt} {
			if t.After(last) {
				last = t
			}
		}
	}
	return last
}

// checkRollback refuses what was loaded if this machine has seen more of it.
// next is the header of the state that is about to be put in its place, nil if
// none is.
func (s *Store) checkRollback(l *loaded, o OpenOptions, next *Header) error {
	var found *RollbackError
	switch {
	case o.Seen == "":
	case next != nil && l.exists && l.view.header.Lineage == next.Lineage && older(o.Seen, s.paths.Snapshot, l.view.header, noTime) == nil:
		// What is there is the newest: whether the next is older is Push's to say.
	case next != nil:
		if found = older(o.Seen, s.paths.Snapshot, *next, noTime); found == nil && !l.exists {
			found = missing(o.Seen, s.paths.Snapshot, next.Lineage)
		}
	case l.exists:
		found = older(o.Seen, s.paths.Snapshot, l.view.header, func() time.Time { return latest(l.view.sortedRecords()) })
		s.notices = append(s.notices, anotherHere(o.Seen, s.paths.Snapshot, l.view.header.Lineage)...)
	default:
		found = missing(o.Seen, s.paths.Snapshot, "")
	}
	if found == nil {
		return nil
	}
	if !o.AcceptRollback {
		return found
	}
	s.accepted = found
	return nil
}

// anotherHere tells that a path holds another state than it did.
func anotherHere(seen, path, lineage string) []string {
	if m, known := readMark(seen, lineage); known && m.Path == absolute(path) {
		return nil // no need to look through them all
	}
	found := missing(seen, path, lineage)
	if found == nil {
		return nil
	}
	return []string{fmt.Sprintf("%s held another state when this machine last saw it, on %s (lineage %s); this one has lineage %s",
		path, found.Seen.At.Local().Format(time.DateTime), found.Seen.Lineage, lineage)}
}

// recordAccepted writes down, in the state, that it was taken as it is.
func (s *Store) recordAccepted() error {
	accepted := s.acceptance()
	if accepted == nil {
		return nil
	}
	return s.Commit(Change{Op: "accept-rollback", Intervene: accepted})
}

// acceptance is the note of an accepted rollback; nil if there was none.
func (s *Store) acceptance() *Intervention {
	if s.accepted == nil {
		return nil
	}
	why := fmt.Sprintf("the state had %d changes, and this machine had seen %d", s.accepted.Changes, s.accepted.Seen.Changes)
	if s.accepted.Missing {
		why = fmt.Sprintf("another state had been here (lineage %s, %d changes)", s.accepted.Seen.Lineage, s.accepted.Seen.Changes)
	}
	s.notices = append(s.notices, "the rollback is accepted and recorded: "+why)
	return newIntervention(RollbackAccepted, why)
}
