package apixo

import (
	"sync"
	"time"
)

const (
	// awakeTick is how often an AwakeTimer looks whether the process is awake.
	awakeTick = time.Second
	// awakeTicks bounds the looks of a long timer; its ticks are longer.
	awakeTicks = 60
	// awakeSlack is how late a busy machine may be without having slept.
	awakeSlack = 2 * time.Second
	// afterWaking is what a timer grants at least once the process is awake
	// again: a network needs a moment to come back, and what was answered in the
	// meantime has to be read.
	afterWaking = 15 * time.Second
)

// AwakeTimer calls a function once the process has been awake for so long. The
// time in which the machine sleeps, or the process is stopped (SIGSTOP, Ctrl-Z),
// counts for nothing: nobody was there to see an answer come.
//
// A plain timer, due while the process slept, would fire before the answer that
// waits in the socket is read, and put a paid submit in doubt for nothing.
type AwakeTimer struct {
	f func()

	mu    sync.Mutex
	whole time.Duration
	left  time.Duration
	since time.Time   // when the tick began
	timer *time.Timer // nil once stopped or fired
}

// AfterAwake calls f in its own goroutine after d of time awake, unless the
// timer is stopped before.
func AfterAwake(d time.Duration, f func()) *AwakeTimer {
	t := &AwakeTimer{f: f, whole: d, left: d, since: time.Now()}
	t.mu.Lock() // the first tick may be over before the timer is assigned
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.tick(), t.pass)
	return t
}

// Reset makes the timer begin anew. One that has fired or was stopped stays so.
func (t *AwakeTimer) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = t.whole + time.Since(t.since) // the tick that runs counts from its beginning
}

// Stop ends the timer. It reports false if f was called, or is about to be.
func (t *AwakeTimer) Stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return false
	}
	t.timer.Stop()
	t.timer = nil
	return true
}

func (t *AwakeTimer) tick() time.Duration {
	return min(t.left, max(awakeTick, t.whole/awakeTicks))
}

// pass counts the tick that is over.
func (t *AwakeTimer) pass() {
	if t.count() {
		t.f()
	}
}

func (t *AwakeTimer) count() (over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return false
	}
	now := time.Now()
	t.left = awakeLeft(t.left, t.whole, t.tick(), now.Sub(t.since), now.Round(0).Sub(t.since.Round(0)))
	if t.left <= 0 {
		t.timer = nil
		return true
	}
	t.since = now
	t.timer.Reset(t.tick())
	return false
}

// awakeLeft is what is left of a timer after a tick that took so long by the
// monotonic clock, which stands still or not while a machine sleeps, and by the
// wall clock, which somebody may set. However long it took, it counts as one
// tick; if it took too long, the process has slept.
func awakeLeft(left, whole, tick, monotonic, wall time.Duration) time.Duration {
	left -= min(max(monotonic, 0), tick)
	if max(monotonic, wall) > tick+awakeSlack {
		left = max(left, min(afterWaking, whole))
	}
	return left
}
