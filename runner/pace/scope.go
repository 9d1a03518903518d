package pace

import (
	"math/rand/v2"
	"time"
)

// scope is what shares one allowance: a model.
type scope struct {
	declared bucket
	learned  learned
	room     room
	lanes    [classes]lane

	lastStart time.Time
	starts    uint64    // counts grants
	epoch     uint64    // counts slow-downs
	notBefore time.Time // no call starts before
	streak    streak    // of the scope as a whole
	heard     int       // calls other than submits that were let in since one last slowed the scope
}

// lane is one class of calls of a scope.
type lane struct {
	scope   *scope
	class   Class
	waiting queue
	turn    uint64 // when it was last granted a call; see Group.choose
	streak  streak // of this class alone
	// apart counts the calls of other classes that were let in since a refusal last
	// slowed the scope, or one of this class was let in.
	apart int
	// forgiven counts the refusals that were put down to chance since one of this class
	// was last let in.
	forgiven int
	// notBefore: no call of this class starts before.
	notBefore time.Time
}

// streak counts slow-downs since the last success.
type streak struct {
	slowdowns int
	last      time.Time     // the newest of them
	stuck     time.Duration // from the first to the newest; see lengthen
	until     time.Time     // no call starts before
}

func newScope(limit Limit) *scope {
	s := &scope{declared: newBucket(limit), heard: evident}
	s.learned.declared = s.declared.interval
	if limit.CallsPerMinute <= 0 {
		s.learned.spacing = firstSpacing
	}
	for class := range s.lanes {
		s.lanes[class].scope, s.lanes[class].class = s, Class(class)
	}
	return s
}

// next is the earliest time at which a call of this lane may start.
func (l *lane) next() time.Time {
	s := l.scope
	at := later(s.declared.next(), s.lastStart.Add(s.learned.spacing))
	at = later(at, s.notBefore)
	if l.class == Submit {
		at = later(at, s.room.next())
	}
	at = later(at, l.notBefore)
	return later(at, later(s.streak.until, l.streak.until))
}

// succeeded ends the streaks. It quickens the pace if the call had to wait: one
// that did not would have come no sooner at a quicker pace, so it says nothing
// of it. Like a refusal, a success of a call that started before the last
// slow-down says nothing of the time since.
func (l *lane) succeeded(now time.Time, t Ticket) {
	s := l.scope
	s.learned.count(now, false)
	if t.epoch != s.epoch {
		return
	}
	if s.streak.slowdowns == 0 {
		s.learned.let(t.spacing)
	}
	if t.delayed {
		s.learned.succeeded()
	}
	if l.class == Submit {
		s.room.admitted()
	}
	for i := range s.lanes {
		s.lanes[i].apart++
	}
	l.apart, l.forgiven = 0, 0
	if l.class != Submit {
		s.heard++
	}
	s.streak, l.streak = streak{}, streak{}
}

// proof is how many calls of other classes are let in, and none of them slows the scope,
// before a refusal of submits is not put down to the pace. A pace that is too quick lets
// in one between two refusals often, and so many rarely.
const proof = 3

// inARow is how many refusals of a class may be chance without a success in between.
const inARow = 3

// evident is how many calls other than submits are let in, and none of them slows the
// scope, before it is submits alone that are refused. A scope begins with so many.
const evident = 64

// alone reports whether this class is refused at a pace that others are let in at.
func (l *lane) alone() bool { return l.streak.slowdowns > 0 && l.apart >= proof }

// crowded reports whether a refusal is one of too many tasks, and not of too quick a
// pace: the room was full before and is so still, or submits alone are refused.
func (l *lane) crowded() bool {
	return l.class == Submit && l.scope.room.running > 0 && (l.scope.stillFull() || l.alone())
}

// stillFull reports whether it is a room that was full before that refuses: as many tasks
// run as then, or, where this run has seen it full, it is evidently submits alone.
func (s *scope) stillFull() bool {
	r := &s.room
	again, evidently := r.running >= r.most, !r.unconfirmed && s.heard >= evident
	return r.full && s.streak.slowdowns == 0 && (again || evidently)
}

// maxRetryAfter bounds how long an answer can hold the scope back.
const maxRetryAfter = 15 * time.Minute

// refused slows the scope down and holds it back, if chance does not explain the
// refusal. spacing is that at which the refused call started.
func (l *lane) refused(now time.Time, retryAfter, spacing time.Duration) (slowdown Slowdown, counted bool) {
	s := l.scope
	retryAfter = min(retryAfter, maxRetryAfter)
	if l.crowded() {
		s.room.refused(now)
		// What the answer asks for is waited for by submits; the room's own retry is
		// nothing that anybody asked for.
		l.notBefore = later(l.notBefore, now.Add(retryAfter))
		return Slowdown{Wait: max(retryAfter, 0), Spacing: s.learned.spacing}, true
	}
	if l.forgiven < inARow && s.learned.forgives(spacing, s.streak.slowdowns > 0) {
		l.forgiven++
		if retryAfter > 0 {
			s.notBefore = later(s.notBefore, now.Add(retryAfter))
		}
		return Slowdown{Wait: l.next().Sub(now), Spacing: s.learned.spacing}, retryAfter > 0
	}
	return l.slow(now, retryAfter, spacing), true
}

// slow slows the scope down, and holds it back.
func (l *lane) slow(now time.Time, retryAfter, spacing time.Duration) Slowdown {
	s := l.scope
	s.epoch++
	again := s.streak.slowdowns > 0
	held := later(s.notBefore, later(s.streak.until, l.streak.until))
	soon := now.Sub(later(s.notBefore, s.streak.until)) < time.Second
	if again && !s.learned.young() {
		s.learned.refusedAgain(now, spacing, s.streak.slowdowns == 2)
	} else {
		s.learned.refused(now, spacing, soon)
	}
	s.notBefore = later(s.notBefore, now.Add(max(retryAfter, s.learned.spacing)))
	s.streak.lengthen(now, held)
	l.streak.lengthen(now, held)
	for i := range s.lanes {
		s.lanes[i].apart = 0
	}
	if l.class != Submit {
		s.heard = 0
	}
	if l.class == Submit {
		// Whether polls are let in is still to be seen.
		s.streak.until, s.streak.slowdowns = time.Time{}, max(1, s.streak.slowdowns-1)
	}
	return Slowdown{
		Wait:    l.next().Sub(now),
		Spacing: s.learned.spacing,
		Stuck:   s.streak.stuck,
	}
}

// pauses follow a second, third and further slow-down without a success in
// between.
var pauses = [...]time.Duration{5 * time.Second, 15 * time.Second, 60 * time.Second}

// answerTime is how long after the end of a pause its first call may be answered.
const answerTime = 2 * time.Minute

// lengthen counts a slow-down, after calls were held until then. A longer gap than
// that explains was one without calls, or the process slept: neither is patience.
func (s *streak) lengthen(now, held time.Time) {
	if s.slowdowns > 0 {
		s.stuck += min(now.Sub(s.last), max(held.Sub(s.last), 0)+answerTime)
	}
	s.slowdowns, s.last = s.slowdowns+1, now
	if s.slowdowns == 1 {
		return
	}
	pause := pauses[min(s.slowdowns-2, len(pauses)-1)]
	// Up to a quarter more, so that several runs do not come back together.
	s.until = now.Add(pause + rand.N(pause/4))
}
