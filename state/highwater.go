package state

import "time"

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
// makes its counts the mark. Whoever calls it has checked that they may be.
func (s *Store) startMark(dir string) {
	path := absolute(s.paths.Snapshot)
	h := s.view.header
	s.seen = highWater{dir: dir, mark: Mark{Lineage: h.Lineage, Path: path}}
	if dir == "" {
		return
	}
	before, known := readMark(dir, h.Lineage)
	if !known || before.Path != path {
		for _, other := range marksAt(dir, path) {
			if other.Lineage != h.Lineage {
				other.Path = ""
				_ = writeMark(dir, other)
			}
		}
	}
	if h.Changes > 0 { // a state in which nothing happened is not missed
		s.seen.write(h)
	}
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
