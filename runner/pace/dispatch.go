package pace

import "time"

// dispatch grants every call that may start now and sets the timer for the
// next one. It runs under mu after each change: a new waiter, an answer, a
// withdrawal, the timer.
func (g *Group) dispatch() {
	for len(g.active) > 0 {
		now := time.Now()
		l, at := g.choose(now)
		if at.After(now) {
			g.wakeAfter(at.Sub(now))
			return
		}
		g.grant(l, now)
	}
	if g.timer != nil {
		g.timer.Stop()
	}
}

// choose returns the lane that is next and the time at which it may start: of
// those that may start now the one whose last turn is longest ago, so that
// submits and polls alternate and no model starves; else the earliest. It
// looks at the lanes, a few per model, never at the waiters.
func (g *Group) choose(now time.Time) (next *lane, at time.Time) {
	free := g.key.next()
	for _, l := range g.active {
		start := later(now, later(free, l.next()))
		if next == nil || start.Before(at) || start.Equal(at) && l.before(next, now) {
			next, at = l, start
		}
	}
	return next, at
}

// before reports whether of two lanes that may start at the same time this one
// goes first.
func (l *lane) before(other *lane, now time.Time) bool {
	if a, b := l.rank(now), other.rank(now); a != b {
		return a < b
	}
	return l.turn < other.turn
}

// rank is the lane's class; a call that has waited long enough has the first.
func (l *lane) rank(now time.Time) Class {
	if now.Sub(l.waiting.first().since) >= maxBehind {
		return 0
	}
	return l.class
}

// maxLateness is by how much a timer may be late without slowing the pace: the call after
// one that waited is due as if that had started in time. 5,000 tasks that take no time
// are done in 2.2 s so, and in 3.0 s without (BenchmarkThroughput).
const maxLateness = 2 * time.Millisecond

// grant lets the first waiter of a lane go.
func (g *Group) grant(l *lane, now time.Time) {
	w, started := l.waiting.pop(), now
	if due := l.next(); w.since.Before(due) && now.Sub(due) <= maxLateness {
		started = due
	}
	g.retire(l)
	g.turns++
	l.turn = g.turns
	g.key.take(now)
	l.scope.declared.take(now)
	if l.class == Submit {
		l.scope.room.take(now)
	}
	w.previous, l.scope.lastStart = l.scope.lastStart, started
	l.scope.starts++
	w.start = l.scope.starts
	w.ticket = Ticket{group: g, lane: l, epoch: l.scope.epoch, spacing: l.scope.learned.spacing, delayed: w.delayed}
	close(w.granted)
}

// takeBack undoes a grant whose call is not made.
func (g *Group) takeBack(w *waiter) {
	s := w.lane.scope
	g.key.giveBack()
	s.declared.giveBack()
	if w.lane.class == Submit {
		s.room.unused()
	}
	if s.starts == w.start { // nobody has started since
		s.lastStart = w.previous
	}
}

func (g *Group) wakeAfter(d time.Duration) {
	if g.timer == nil {
		g.timer = time.AfterFunc(d, g.wake)
		return
	}
	g.timer.Reset(d)
}

func (g *Group) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dispatch()
}
