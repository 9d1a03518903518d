package pace

import (
	"math/rand/v2"
	"time"
)

// The rule of the learned pace. doc.go tells why it is this one.
const (
	firstSpacing  = 20 * time.Millisecond // before anything is known
	minSpacing    = 50 * time.Millisecond // after a refusal, at least
	maxSpacing    = 5 * time.Second
	freeSpacing   = 50 * time.Microsecond // below it there is no spacing
	maxRetryAfter = 15 * time.Minute
)

// pauses follow a second, third and further slow-down without a success in
// between.
var pauses = [...]time.Duration{5 * time.Second, 15 * time.Second, 60 * time.Second}

// scope is what shares one allowance: a model.
type scope struct {
	declared bucket
	lanes    [classes]lane

	spacing   time.Duration // between two starts, learned
	lastStart time.Time
	starts    uint64 // counts grants
	notBefore time.Time
	epoch     uint64 // counts slow-downs
	knee      time.Duration
	calm      int
	streak    streak // of the scope as a whole
}

// lane is one class of calls of a scope.
type lane struct {
	scope   *scope
	waiting queue
	turn    uint64 // when it was last granted a call; see Group.choose
	streak  streak // of this class alone
}

// streak counts slow-downs since the last success.
type streak struct {
	slowdowns int
	since     time.Time // of the first of them
	until     time.Time // no call starts before
}

func newScope(limit Limit) *scope {
	s := &scope{declared: newBucket(limit)}
	if limit.CallsPerMinute <= 0 {
		s.spacing = firstSpacing
	}
	for class := range s.lanes {
		s.lanes[class].scope = s
	}
	return s
}

// next is the earliest time at which a call of this lane may start.
func (l *lane) next() time.Time {
	s := l.scope
	at := later(s.declared.next(), s.lastStart.Add(s.spacing))
	at = later(at, s.notBefore)
	return later(at, later(s.streak.until, l.streak.until))
}

// succeeded shortens the spacing. Like a refusal, a success of a call that
// started before the last slow-down says nothing of the pace since.
func (l *lane) succeeded(epoch uint64) {
	s := l.scope
	if epoch != s.epoch {
		return
	}
	s.streak, l.streak = streak{}, streak{}
	s.spacing = s.faster()
}

func (s *scope) faster() time.Duration {
	if s.knee == 0 {
		next := time.Duration(float64(time.Second) / (1/s.spacing.Seconds() + pGain))
		if next < freeSpacing {
			return 0
		}
		return next
	}
	fast := s.spacing * 7 / 8
	if safe := s.knee + s.knee/pMargin; fast >= safe {
		if fast < freeSpacing {
			return 0
		}
		return fast
	} else if s.spacing > safe {
		return safe
	}
	s.calm++
	step := float64(s.spacing) * (1 + float64(s.calm)/pAccel) / pSlow
	return s.spacing - time.Duration(min(step, float64(s.spacing)/8))
}

var pMargin time.Duration = 10
var pGain = 5.0
var pGrow = 1.25
var pAccel, pSlow = 200.0, 2000.0

// refused doubles the spacing, holds the scope back, and pauses it if it has
// been refused before with no success since.
func (l *lane) refused(now time.Time, retryAfter, spacing time.Duration) Slowdown {
	s := l.scope
	s.epoch++
	if spacing >= s.knee {
		s.knee = max(spacing, time.Duration(float64(s.knee)*pGrow))
	} else {
		s.knee = spacing
	}
	s.calm = 0
	s.spacing = min(max(2*spacing, minSpacing), maxSpacing)
	s.notBefore = later(s.notBefore, now.Add(max(min(retryAfter, maxRetryAfter), s.spacing)))
	s.streak.lengthen(now)
	l.streak.lengthen(now)
	return Slowdown{
		Wait:    l.next().Sub(now),
		Spacing: s.spacing,
		Stuck:   now.Sub(s.streak.since),
	}
}

func (s *streak) lengthen(now time.Time) {
	s.slowdowns++
	if s.slowdowns == 1 {
		s.since = now
		return
	}
	pause := pauses[min(s.slowdowns-2, len(pauses)-1)]
	// Up to a quarter more, so that several runs do not come back together.
	s.until = now.Add(pause + rand.N(pause/4))
}
