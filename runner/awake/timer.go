package awake

import (
	"sync"
	"time"
)

const (
	// shortTick is how often a Timer looks whether the process is awake.
	shortTick = time.Second
	// ticks bounds the looks of a long timer; its ticks are longer.
	ticks = 60
	// slack is how late a busy machine may be without having slept.
	slack = 2 * time.Second
	// afterWaking is what a timer grants at least once the process is awake
	// again: a network needs a moment to come back, and what was answered in the
	// meantime has to be read.
	afterWaking = 15 * time.Second
)

// Timer calls a function once the process has been awake for so long. The
// time in which the machine sleeps, or the process is stopped (SIGSTOP, Ctrl-Z),
// counts for nothing: nobody was there to see an answer come.
//
// A plain timer, due while the process slept, would fire before the answer that
// waits in the socket is read, and put a paid submit in doubt for nothing.
type Timer struct {
	f func()

	mu    sync.Mutex
	whole time.Duration
	left  time.Duration
	since time.Time   // when the tick began
	timer *time.Timer // nil once stopped or fired
}

// After calls f in its own goroutine after d of time awake, unless the
// timer is stopped before.
func After(d time.Duration, f func()) *Timer {
	t := &Timer{f: f, whole: d, left: d, since: time.Now()}
	t.mu.Lock() // the first tick may be over before the timer is assigned
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.tick(), t.pass)
	return t
}

// Reset makes the timer begin anew. One that has fired or was stopped stays so.
func (t *Timer) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = t.whole + time.Since(t.since) // the tick that runs counts from its beginning
}

// Stop ends the timer. It reports false if f was called, or is about to be.
func (t *Timer) Stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return false
	}
	t.timer.Stop()
	t.timer = nil
	return true
}

func (t *Timer) tick() time.Duration {
	return min(t.left, max(shortTick, t.whole/ticks))
}

// pass counts the tick that is over.
func (t *Timer) pass() {
	if t.count() {
		t.f()
	}
}

func (t *Timer) count() (over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return false
	}
	now := time.Now()
	t.left = remaining(t.left, t.whole, t.tick(), now.Sub(t.since), now.Round(0).Sub(t.since.Round(0)))
	if t.left <= 0 {
		t.timer = nil
		return true
	}
	t.since = now
	t.timer.Reset(t.tick())
	return false
}

// remaining is what is left of a timer after a tick that took so long by the
// monotonic clock, which stands still or not while a machine sleeps, and by the
// wall clock, which somebody may set. However long it took, it counts as one
// tick; if it took too long, the process has slept.
func remaining(left, whole, tick, monotonic, wall time.Duration) time.Duration {
	left -= min(max(monotonic, 0), tick)
	if max(monotonic, wall) > tick+slack {
		left = max(left, min(afterWaking, whole))
	}
	return left
}
