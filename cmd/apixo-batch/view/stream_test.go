package view

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// reader takes lines as long as it is let.
type reader struct {
	bytes.Buffer
	stuck chan struct{} // a write waits until it is closed; nil for none
	slow  time.Duration // a write takes that long
	err   error
}

func (r *reader) Write(line []byte) (int, error) {
	if r.stuck != nil {
		<-r.stuck
	}
	time.Sleep(r.slow)
	if r.err != nil {
		return 0, r.err
	}
	return r.Buffer.Write(line)
}

func gapLine(n int) []byte { return fmt.Appendf(nil, "gap of %d\n", n) }

// numbered are lines of a kilobyte.
func numbered(n int) []byte { return fmt.Appendf(nil, "%6d %s\n", n, strings.Repeat(".", 1016)) }

func TestLinesBeforeARunAreNeverDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{slow: time.Second}
		s := newStream(r, 0, gapLine)
		const lines = 3 * maxHeld / 1024
		for n := range lines {
			s.put(numbered(n), false)
		}
		if lost, err := s.close(); lost != 0 || err != nil {
			t.Errorf("lost %d, %v", lost, err)
		}
		if got := strings.Count(r.String(), "\n"); got != lines || strings.Contains(r.String(), "gap") {
			t.Errorf("%d of %d lines", got, lines)
		}
	})
}

func TestAStuckReaderHoldsUpNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{stuck: make(chan struct{})}
		s := newStream(r, 0, gapLine)
		s.begin()
		begin := time.Now()
		const lines, fit = 10_000, maxHeld / 1024
		for n := range lines {
			s.put(numbered(n), false)
		}
		s.put([]byte("the summary\n"), true)
		if time.Since(begin) != 0 {
			t.Errorf("the run waited for %s", time.Since(begin))
		}
		close(r.stuck)
		synctest.Wait()
		s.put([]byte("later\n"), false)
		if lost, err := s.close(); lost != lines-fit || err != nil {
			t.Errorf("lost %d, %v", lost, err)
		}
		end := fmt.Sprintf("gap of %d\nthe summary\nlater\n", lines-fit)
		if got := r.String(); !strings.HasSuffix(got, end) || strings.Count(got, "\n") != fit+3 {
			t.Errorf("%d lines, the end is %q", strings.Count(got, "\n"), got[len(got)-60:])
		}
	})
}

func TestTheEndWaitsForAStuckReaderForSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{stuck: make(chan struct{})}
		s := newStream(r, 0, gapLine)
		s.begin()
		for n := range 5 {
			s.put(numbered(n), false)
		}
		begin := time.Now()
		lost, err := s.close()
		if took := time.Since(begin); lost != 5 || err != nil || took != stuckAfter {
			t.Errorf("lost %d, %v, after %s", lost, err, took)
		}
		s.put([]byte("after the end\n"), true)
		close(r.stuck) // so that its goroutine ends within the test
	})
}

func TestTheEndWaitsForASlowReaderNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{slow: 2 * time.Second}
		s := newStream(r, 0, gapLine)
		s.begin()
		for n := range 100 {
			s.put(numbered(n), false)
		}
		begin := time.Now()
		lost, err := s.close()
		if took := time.Since(begin); err != nil || took < slowAfter || took > slowAfter+2*stuckAfter || lost < 80 || lost > 90 {
			t.Errorf("lost %d, %v, after %s", lost, err, took)
		}
		time.Sleep(200 * time.Second)
	})
}

func TestAReaderThatNeverTakesAnythingIsNotWaitedForTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{stuck: make(chan struct{})}
		s := newStream(r, 10*time.Second, gapLine)
		begin := time.Now()
		for n := range 10_000 {
			s.put(numbered(n), false)
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("waited for %s", took)
		}
		close(r.stuck)
		if _, err := s.close(); err != nil {
			t.Error(err)
		}
	})
}

func TestABrokenReaderEndsTheStreamAndNothingElse(t *testing.T) {
	broken := errors.New("no space left")
	s := newStream(&reader{err: broken}, 0, gapLine)
	for n := range 10_000 {
		s.put(numbered(n), false)
	}
	if _, err := s.close(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A pipe can be told to end a write that nobody takes: then no goroutine is left.
func TestAPipeThatNobodyReadsIsCut(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	s := newStream(w, 0, gapLine)
	s.begin()
	for n := range 100 {
		s.put(numbered(n), false)
	}
	s.cut(s.ended) // as close does after three seconds
	<-s.ended
	if lost, err := s.close(); lost == 0 || err != nil {
		t.Errorf("lost %d, %v", lost, err)
	}
}
