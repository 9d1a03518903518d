package state

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// RollbackError means that a state is older than this machine has seen it, gone,
// or another one than was there: what was submitted since is not in it and would
// be bought again.
type RollbackError struct {
	Path string
	// Changes and Serial are those of the state, and Latest the latest time in
	// its records. They are zero if there is no state.
	Changes int64
	Serial  int64
	Latest  time.Time
	// Missing is set if the state that was seen is not there at all.
	Missing bool
	// Lineage is that of another state that is in its place, "" if none is.
	Lineage string
	Seen    Mark
}

func (e *RollbackError) Error() string {
	seen := e.Seen.At.Local().Format(time.DateTime)
	if e.Missing && e.Lineage != "" {
		return fmt.Sprintf("another state was here: %s held lineage %s with %d changes when this machine saw it on %s, and now holds lineage %s: everything in the other would be bought again; nothing was changed. "+
			"Put its files back, or name the state that is meant with -state=PATH; -accept-rollback goes on with the one that is here", e.Path, e.Seen.Lineage, e.Seen.Changes, seen, e.Lineage)
	}
	if e.Missing {
		return fmt.Sprintf("the state that this machine saw at %s on %s is not there (lineage %s, %d changes): everything in it would be bought again; nothing was changed. "+
			"Put its files back, or name them with -state=PATH; -accept-rollback goes on without it", e.Path, seen, e.Seen.Lineage, e.Seen.Changes)
	}
	latest := ""
	if !e.Latest.IsZero() {
		latest = ", the latest of " + e.Latest.Local().Format(time.DateTime)
	}
	where := ""
	if at := e.Seen.place(); at != absolute(e.Path) {
		where = " as " + at
	}
	return fmt.Sprintf("state %s is older than this machine has seen it: it has %d changes (serial %d)%s, and on %s it had %d (serial %d)%s. "+
		"What was submitted since would be bought again; nothing was changed. Put the newer files back; -accept-rollback goes on with the older state",
		e.Path, e.Changes, e.Serial, latest, seen, e.Seen.Changes, e.Seen.Serial, where)
}

// CheckRollback holds the state at path, as it was read without its lock, against the
// marks in a directory, and changes nothing. o is nil if there is no state. began is
// when the reading began: what a process has committed there since is no rollback. The
// result is nil if all is well, or nothing is known.
func CheckRollback(seen, path string, o *Outline, began time.Time) *RollbackError {
	snapshot := PathsFor(resolve(path)).Snapshot
	var found *RollbackError
	if o == nil {
		found = missing(seen, snapshot, "")
	} else {
		found = unlike(seen, snapshot, o.Header, func() time.Time { return latest(o.Records) })
	}
	if found == nil || found.Seen.At.After(began) && found.Seen.place() == absolute(snapshot) {
		return nil
	}
	return found
}

// unlike is older, or missing with another state in the place.
func unlike(seen, path string, h Header, latest func() time.Time) *RollbackError {
	if found := older(seen, path, h, latest); found != nil {
		return found
	}
	if found := missing(seen, path, h.Lineage); found != nil {
		found.Changes, found.Serial, found.Lineage = h.Changes, h.Serial, h.Lineage
		return found
	}
	return nil
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
	if m, known := readMark(seen, lineage); known && slices.Contains(m.Paths, absolute(path)) {
		return nil // no need to look through them all
	}
	marks := marksAt(seen, absolute(path))
	if len(marks) == 0 {
		return nil
	}
	last := slices.MaxFunc(marks, func(a, b Mark) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Changes, b.Changes)) })
	return &RollbackError{Path: path, Missing: true, Seen: last}
}

// latest is the latest time in records.
func latest(records []*Record) time.Time {
	var last time.Time
	for _, r := range records {
		for _, t := range [...]time.Time{r.SubmittedAt, r.AcceptedAt, r.FinishedAt} {
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
	case next != nil:
		found = s.checkPushed(l, o, *next)
	case l.exists:
		found = unlike(o.Seen, s.paths.Snapshot, l.view.header, func() time.Time { return latest(l.view.outline().Records) })
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

// checkPushed is for a state that is going to be replaced. One of another
// lineage is replaced only by force, which accepts that.
func (s *Store) checkPushed(l *loaded, o OpenOptions, next Header) *RollbackError {
	path, same := s.paths.Snapshot, l.exists && l.view.header.Lineage == next.Lineage
	newest := same && older(o.Seen, path, l.view.header, noTime) == nil
	if !newest { // otherwise, whether the next is older is Push's to say
		if found := older(o.Seen, path, next, noTime); found != nil {
			return found
		}
	}
	if same || !l.exists || l.view.header.Changes == 0 {
		return missing(o.Seen, path, next.Lineage)
	}
	return nil
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
