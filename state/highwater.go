package state

import (
	"slices"
	"time"
)

// markEvery is how often a run moves its mark. A state that a killed run left,
// minus what it did in the last such moment, passes for one that goes on.
const markEvery = 250 * time.Millisecond

// highWater moves the mark of an open state forward. A mark that cannot be
// written changes nothing for the state.
type highWater struct {
	dir     string // "" for none
	mark    Mark
	written time.Time
	moved   bool // since the state was opened
}

// startMark takes over the place for the state, from whichever was there, and
// makes its counts the mark. Whoever calls it has checked that they may be, and
// written down what was accepted.
func (s *Store) startMark(dir string) {
	s.seen = highWater{dir: dir}
	if dir == "" {
		return
	}
	s.seen.mark = takePlace(dir, s.view.header.Lineage, absolute(s.paths.Snapshot))
	if h := s.view.header; h.Changes > 0 { // a state in which nothing happened is not missed
		s.seen.write(h)
	}
}

// takePlace returns the mark of a state that is now at a path, not yet written,
// and no other state is missed there any more.
func takePlace(dir, lineage, path string) Mark {
	m, _ := readMark(dir, lineage)
	if !slices.Contains(m.Paths, path) { // otherwise it has taken the place before
		for _, other := range marksAt(dir, path) {
			if other.Lineage != lineage {
				other.leave(path)
				_ = writeMark(dir, other)
			}
		}
	}
	m.Lineage = lineage
	m.arrive(path)
	return m
}

// reached moves the mark, now and then. Only who leads a batch may call it.
func (w *highWater) reached(h Header) {
	if w.dir == "" || w.moved && time.Since(w.written) < markEvery {
		return
	}
	w.moved = true
	w.write(h)
}

// end moves the mark to where the state is.
func (w *highWater) end(h Header) {
	if w.dir != "" && (h.Changes != w.mark.Changes || h.Serial != w.mark.Serial) {
		w.write(h)
	}
}

func (w *highWater) write(h Header) {
	w.written = time.Now()
	w.mark.Serial, w.mark.Changes, w.mark.At = h.Serial, h.Changes, w.written.UTC()
	_ = writeMark(w.dir, w.mark)
}
