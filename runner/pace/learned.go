package pace

import "time"

// learned is the time that lies between two starts, as refusals and successes
// teach it. doc.go tells why by this rule.
type learned struct {
	spacing time.Duration
	// declared is the spacing that the declared limit keeps anyway.
	declared time.Duration
	// limit is the guess at the shortest spacing that the API allows; 0 while no
	// refusal is remembered.
	limit time.Duration
	// refusedAt is when a refusal last told the limit; unconfirmed says that it was
	// before the calls of this Group.
	refusedAt   time.Time
	unconfirmed bool
	// leapt: the guess rose far for the last refusal. Whether it need be so slow is to
	// be seen.
	leapt bool
	// steps counts the careful successes since the last refusal.
	steps  int
	rhythm rhythm
	noise  noise
	// answers counts those of this Group: chance is not thought of before there are many.
	answers int
	// share is that of the refusals among the newest calls, and calls how many those
	// are, from firstCalls up to window.
	share float64
	calls int
}

const (
	// firstSpacing is where an undeclared scope begins: a run that began with
	// all its calls at once could be refused that many at once.
	firstSpacing = 20 * time.Millisecond
	// minSpacing and maxSpacing bound the spacing after a refusal.
	minSpacing = 50 * time.Millisecond
	maxSpacing = 5 * time.Second
	// freeSpacing is the spacing below which there is none.
	freeSpacing = 50 * time.Microsecond
	// window is about how many calls the share of refusals looks back on. It begins as if
	// firstCalls had been let in, so that one refusal alone is not many.
	firstCalls, window = 16, 64
	// rareShare is the share below which a refusal proves little: providers
	// refuse now and then whatever the pace.
	rareShare = 0.08
	// quickening is what a success adds to the pace, in calls per second, while
	// no limit is known.
	quickening = 5
	// careful is the share (1/careful) by which a success near the guess shortens the
	// spacing, besides the share that the spacing is of aging, which mostAged bounds.
	careful, mostAged = 4000, 500
	aging             = 10 * time.Minute
	// doubted is as how many careful successes one counts, near a guess that chance
	// explains.
	doubted = 8
	// many answers come before any refusal is put down to chance.
	many = 150
)

// count takes an answer into the share and the rhythm, whatever else is made of it.
func (l *learned) count(now time.Time, refused bool) {
	l.calls = min(max(l.calls, firstCalls)+1, window)
	l.share -= l.share / float64(l.calls)
	if refused {
		l.share += 1 / float64(l.calls)
	} else {
		l.rhythm.admitted(now)
	}
}

// let takes in that a call which started with a spacing was let in, for telling chance
// from a limit.
func (l *learned) let(spacing time.Duration) {
	if l.enough() {
		l.noise.answered(max(spacing, l.declared), l.limit, false)
	}
}

// forgives reports whether a refusal is put down to chance. spacing is that at which
// the refused call started; again says that nothing has succeeded since the last
// slow-down.
func (l *learned) forgives(spacing time.Duration, again bool) bool {
	if !l.enough() {
		return false
	}
	forgiven := l.noise.forgives()
	if !again && (forgiven || l.limit > 0) {
		l.noise.answered(max(spacing, l.declared), l.limit, true)
	}
	if forgiven {
		l.doubt()
	}
	return forgiven
}

// enough counts an answer, and reports whether chance is thought of. When it begins to
// be, the guess may be far too slow.
func (l *learned) enough() bool {
	l.answers++
	if l.answers == many {
		l.leapt = true
	}
	return !l.young()
}

// doubt lowers a guess at the limit that chance may explain.
func (l *learned) doubt() (doubted bool) {
	if l.limit > 0 {
		l.limit, doubted = l.noise.doubts(l.limit)
	}
	return doubted
}

// refused doubles the spacing and makes a new guess at the limit. soon says that the
// refusal came as soon as the last slow-down had ended.
func (l *learned) refused(now time.Time, spacing time.Duration, soon bool) {
	l.rhythm.refused(now)
	if l.young() {
		l.begin(now, max(spacing, l.declared), soon)
		return
	}
	kept, regular := l.rhythm.regular()
	if l.limit == 0 {
		l.noise.restart()
	} else if !regular && l.doubt() {
		return
	}
	spacing = max(spacing, l.declared)
	guess := l.guess(spacing, soon)
	if tried, failed := l.noise.failed(); failed {
		guess = max(guess, tried)
	}
	if regular {
		guess = max(guess, min(kept, 4*l.limit))
		l.noise.begin(guess)
	} else if kept, even := l.rhythm.even(); even && l.noise.share() == 0 {
		guess = max(guess, min(kept, 4*l.limit))
	}
	before := l.limit
	l.limit, l.refusedAt, l.unconfirmed = min(max(l.noise.allows(guess), freeSpacing), maxSpacing), now, false
	l.leapt = l.limit >= clearly(before) && !regular
	if l.leapt {
		l.share = 0 // what was refused at the guess before says nothing of this one
	}
	l.spacing = min(max(min(2*spacing, 2*l.limit), minSpacing), maxSpacing)
	l.steps = 0
}

// young reports whether it is too early to think of chance.
func (l *learned) young() bool { return l.answers <= many }

// begin takes in a refusal while chance is not thought of: a limit that is far off is
// found in a few of them.
func (l *learned) begin(now time.Time, spacing time.Duration, soon bool) {
	guess := l.guess(spacing, soon)
	if kept, even := l.rhythm.even(); even {
		guess = max(guess, min(kept, 4*l.limit))
	}
	l.limit, l.refusedAt, l.unconfirmed = min(max(guess, freeSpacing), maxSpacing), now, false
	l.spacing = min(max(2*spacing, minSpacing), maxSpacing)
	l.steps = 0
}

// refusedAgain takes in a further refusal with no success in between, the third if
// paused. That a pause has not helped may be an outage, of which there is nothing to
// learn, or an allowance that was used up: the guess is what that comes to, but not
// far from what it was.
func (l *learned) refusedAgain(now time.Time, spacing time.Duration, paused bool) {
	if kept := l.rhythm.stopped(now, paused); kept > l.limit && l.noise.share() == 0 {
		l.limit, l.refusedAt, l.unconfirmed = min(kept, max(4*l.limit, minSpacing), maxSpacing), now, false
	}
	l.spacing = max(l.spacing, min(2*spacing, max(2*l.limit, 2*minSpacing), maxSpacing))
}

func (l *learned) guess(spacing time.Duration, soon bool) time.Duration {
	switch {
	case l.unconfirmed && spacing < l.limit:
		return l.limit // what was found before holds still
	case l.limit == 0 && spacing > l.declared:
		return 2 * spacing // the pace was quickening, and ran past the limit
	case spacing < l.limit:
		return spacing
	case l.limit > 0 && l.noise.share() > 0 && !l.noise.helps():
		return l.limit
	case l.limit > 0 && (l.share < rareShare || !l.noise.limits()):
		// One refusal in a hundred at this pace holds the guess where it is
		// against the careful successes between: see doc.go.
		return l.limit * 80 / 79
	case soon:
		return max(spacing, 2*l.limit) // the guess was far off
	default:
		return max(spacing, l.limit*5/4)
	}
}

// succeeded shortens the spacing: by an eighth until it is a tenth above the
// limit, then carefully. Below half the limit, and while none is known, the
// pace grows by a fixed number of calls per second.
func (l *learned) succeeded() {
	if l.spacing <= l.limit/2 {
		l.limit, l.unconfirmed, l.leapt = 0, false, false // twice the pace has been let in: the refusal is history
	}
	near := l.limit + l.limit/10
	switch {
	case l.limit == 0:
		l.spacing = quicker(l.spacing)
	case (l.unconfirmed || l.leapt) && l.spacing <= near:
		l.spacing -= l.spacing / max(doubtful/l.spacing, 1)
	case l.spacing > near:
		l.spacing = max(l.spacing*7/8, near)
	default:
		l.steps++
		if l.noise.share() > 0 && !l.noise.helps() {
			l.steps += doubted - 1
		}
		aged := min(l.spacing.Seconds()/aging.Seconds(), 1.0/mostAged)
		less := (1.0/careful + aged) * (1 + float64(l.steps)/200)
		l.spacing -= time.Duration(min(less, 1.0/8) * float64(l.spacing))
	}
}

func quicker(spacing time.Duration) time.Duration {
	if spacing < freeSpacing {
		return 0
	}
	perSecond := 1/spacing.Seconds() + quickening
	return time.Duration(float64(time.Second) / perSecond)
}
