package view

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// maxHeld is how many bytes of lines wait for a reader at most, and reserve what
	// lines that must not be missing may take beyond that.
	maxHeld = 4 << 20
	reserve = 1 << 20
	// stuckAfter is how long the end of a run waits for a reader that takes nothing,
	// slowAfter for one that takes little, and closingTime for a write that was told
	// to end.
	stuckAfter  = 3 * time.Second
	slowAfter   = 30 * time.Second
	closingTime = 100 * time.Millisecond
)

// stream carries lines to a reader that may stop reading. Up to the begin of a run it
// waits for room, as every program in a pipe does. From then on nobody waits for the
// reader: the lines of a run that find no room are dropped, and counted in a line
// that stands where they would be.
//
// One goroutine writes. It begins with the first line, and close ends it. A write that
// nothing can end, as to a pipe that the shell has opened, is left behind: the process
// is about to end.
type stream struct {
	to       io.Writer
	patience time.Duration // how long a line waits for room before a run; 0 for ever
	gap      func(n int) []byte
	room     chan struct{} // holds a token once a line was taken
	ended    chan struct{} // closed when the goroutine has ended; nil before it began

	mu      sync.Mutex
	more    sync.Cond // there is a line, or none will follow
	queue   [][]byte
	held    int // bytes in queue, and of the line that is being written
	taken   int // lines that were written
	given   int // lines that were to be written
	missing int // lines dropped since the last one that was not
	dropped int // lines dropped in all
	live    bool
	closed  bool
	err     error // of the first write that failed; nothing is written after it
}

// newStream makes a stream; gap makes the line that stands for n dropped ones.
func newStream(to io.Writer, patience time.Duration, gap func(n int) []byte) *stream {
	s := &stream{to: to, patience: patience, gap: gap, room: make(chan struct{}, 1)}
	s.more.L = &s.mu
	return s
}

// begin tells that a run begins.
func (s *stream) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = true
}

// put adds a line; one that matters may take the reserve. One goroutine at a time
// calls it.
func (s *stream) put(line []byte, matters bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = make(chan struct{})
		go s.write()
	}
	s.awaitRoom(len(line))
	most := maxHeld
	if matters {
		most += reserve
	}
	if s.err != nil || s.closed {
		return
	}
	if s.held > 0 && s.held+len(line) > most {
		s.missing++
		s.dropped++
		return
	}
	s.tellGap()
	s.add(line)
}

// awaitRoom waits for room as long as no run has begun. A reader that takes nothing
// for too long is not waited for again.
func (s *stream) awaitRoom(n int) {
	for !s.live && s.err == nil && s.held > 0 && s.held+n > maxHeld {
		s.mu.Unlock()
		taken := within(s.room, s.patience)
		s.mu.Lock()
		s.live = s.live || !taken
	}
}

// within waits for something to come, or to be closed, for at most d; 0 for ever.
func within(done <-chan struct{}, d time.Duration) bool {
	if d == 0 {
		<-done
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (s *stream) tellGap() {
	if s.missing > 0 {
		s.add(s.gap(s.missing))
		s.missing = 0
	}
}

func (s *stream) add(line []byte) {
	s.queue = append(s.queue, line)
	s.held += len(line)
	s.given++
	s.more.Signal()
}

// write writes line by line until the stream is closed and nothing is left.
func (s *stream) write() {
	defer close(s.ended)
	for {
		line, ok := s.next()
		if !ok {
			return
		}
		_, err := s.to.Write(line)
		s.wrote(len(line), err)
	}
}

// next is the next line; false if there is none, or no use in it.
func (s *stream) next() (line []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.closed {
		s.more.Wait()
	}
	if len(s.queue) == 0 || s.err != nil {
		return nil, false
	}
	line = s.queue[0]
	s.queue[0], s.queue = nil, s.queue[1:]
	return line, true
}

func (s *stream) wrote(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n
	if err == nil {
		s.taken++
	} else {
		s.err = err
	}
	select {
	case s.room <- struct{}{}:
	default:
	}
}

// close waits until the reader has taken everything: before a run as long as that
// takes, and after one for at most 3 s while the reader takes nothing, and 30 s in
// all. lost is how many lines nobody got, because they found no room or because they
// were left at the end; err is that of a write. Nothing may be put any more.
func (s *stream) close() (lost int, err error) {
	s.mu.Lock()
	s.closed = true
	if s.ended != nil && s.err == nil {
		s.tellGap()
	}
	s.more.Signal()
	ended := s.ended
	s.mu.Unlock()
	if ended == nil {
		return 0, nil
	}
	if !s.drained(ended) {
		s.cut(ended)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.err, os.ErrDeadlineExceeded) {
		s.err = nil // that was cut
	}
	return s.dropped + s.given - s.taken, s.err
}

// drained waits until all is written, or gives the reader up.
func (s *stream) drained(ended <-chan struct{}) bool {
	for begin := time.Now(); ; {
		s.mu.Lock()
		before, patience := s.taken, s.patience
		if s.live {
			patience = stuckAfter
		}
		s.mu.Unlock()
		if within(ended, patience) {
			return true
		}
		s.mu.Lock()
		stuck := s.taken == before
		s.mu.Unlock()
		if stuck || time.Since(begin) > slowAfter {
			return false
		}
	}
}

// cut ends the write that is on, if its file can do that.
func (s *stream) cut(ended <-chan struct{}) {
	file, can := s.to.(interface{ SetWriteDeadline(time.Time) error })
	if can && file.SetWriteDeadline(time.Now()) == nil {
		within(ended, closingTime)
	}
}
