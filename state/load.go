package state

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// loaded is a state as its files tell it.
type loaded struct {
	view *view
	sum  string // checksum of the snapshot, "" if there is none
	// lastLine is the checksum of the last journal line that is in view, "" if
	// there is none.
	lastLine string

	// exists is false if there are no files at all.
	exists bool
	// current means that the journal on disk continues the snapshot. Otherwise
	// it is missing, or all of it is in the snapshot.
	current bool
	tail    tail  // of the journal, if it is current
	torn    int64 // bytes of an unfinished line behind it
	notices []string
}

// load reads snapshot and journal and brings them together. It changes nothing.
func load(paths Paths) (*loaded, error) {
	s, err := readSnapshot(paths)
	if err != nil {
		return nil, err
	}
	j, err := openJournal(paths.Journal)
	if err != nil {
		return nil, err
	}
	if j == nil {
		return withoutJournal(paths, s)
	}
	defer j.Close()
	if s == nil {
		return withoutSnapshot(paths, j)
	}
	return join(paths, s, j)
}

func withoutJournal(paths Paths, s *snapshot) (*loaded, error) {
	if s != nil {
		return &loaded{
			view: s.view, sum: s.sum, lastLine: s.lastLine, exists: true,
			notices: []string{noJournalNotice(paths, s.view.header)},
		}, nil
	}
	if _, err := os.Lstat(paths.Backup); err == nil {
		return nil, &CorruptError{Path: paths.Snapshot, Problem: "snapshot and journal are missing, and there is a backup", Advice: adviceBackup(paths)}
	}
	return &loaded{}, nil
}

// noJournalNotice warns and does not refuse: a copy of the snapshot alone, such
// as one in version control, is complete if no run followed it.
func noJournalNotice(paths Paths, h Header) string {
	return fmt.Sprintf("Warning: there is no journal %s, and every run leaves one: what was submitted after snapshot serial %d (%d changes) is not known and would be bought again. "+
		"Put the journal back if there was one; a copy of the snapshot alone is complete only if no run followed", paths.Journal, h.Serial, h.Changes)
}

func withoutSnapshot(paths Paths, j *journal) (*loaded, error) {
	h := j.header
	if h.Serial != 0 {
		return nil, &CorruptError{
			Path:    paths.Snapshot,
			Problem: fmt.Sprintf("the snapshot is missing, and journal %s continues its serial %d", paths.Journal, h.Serial),
			Advice:  adviceBackup(paths),
		}
	}
	v := newView(Header{Version: h.Version, Tool: h.Tool, Lineage: h.Lineage, MaskKey: h.MaskKey, Created: h.Created})
	return replay(&loaded{view: v}, j)
}

// join decides by lineage, serial and checksums what journal and snapshot are
// to each other.
func join(paths Paths, s *snapshot, j *journal) (*loaded, error) {
	sh, jh := s.view.header, j.header
	foreign := func(problem string) error {
		return &CorruptError{Path: paths.Journal, Problem: problem, Advice: adviceFile}
	}
	switch {
	case jh.Lineage != sh.Lineage:
		return nil, foreign(fmt.Sprintf("it belongs to another state (lineage %q) than %s (lineage %q)", jh.Lineage, paths.Snapshot, sh.Lineage))
	case jh.Serial > sh.Serial:
		return nil, foreign(fmt.Sprintf("it continues serial %d, and %s has serial %d: an older snapshot was put back", jh.Serial, paths.Snapshot, sh.Serial))
	case jh.Serial == sh.Serial && jh.Snapshot != s.sum:
		return nil, foreign(fmt.Sprintf("it continues another snapshot of serial %d than %s", jh.Serial, paths.Snapshot))
	case jh.Serial == sh.Serial:
		return replay(&loaded{view: s.view, sum: s.sum, lastLine: s.lastLine}, j)
	}
	if err := j.replay(func(Change, []json.RawMessage) error { return nil }); err != nil {
		return nil, err
	}
	if jh.Serial != sh.Serial-1 || j.number != sh.Changes || j.sum != s.lastLine {
		return nil, foreign(fmt.Sprintf("it continues serial %d and is not what %s (serial %d) was made from", jh.Serial, paths.Snapshot, sh.Serial))
	}
	return &loaded{view: s.view, sum: s.sum, lastLine: s.lastLine, exists: true}, nil
}

func replay(l *loaded, j *journal) (*loaded, error) {
	if err := j.replay(l.view.apply); err != nil {
		return nil, err
	}
	l.exists, l.current = true, true
	l.tail, l.torn = j.tail, j.torn
	if j.changes > 0 {
		l.lastLine = j.sum
	}
	return l, nil
}

// allNotices are what the user should know of a state that can be used.
func (l *loaded) allNotices(paths Paths) []string {
	return slices.Concat(l.notices, readableByOthers(paths), conflictNotices(paths), l.view.lossNotices())
}
