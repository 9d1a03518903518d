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
	// steps counts the careful successes since the last refusal.
	steps  int
	rhythm rhythm
	// share is that of the refusals among the newest calls, about window of them.
	share float64
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
	// window is how many calls the share of refusals looks back on.
	window = 64
	// rareShare is the share below which a refusal proves little: providers
	// refuse now and then whatever the pace.
	rareShare = 0.08
	// quickening is what a success adds to the pace, in calls per second, while
	// no limit is known.
	quickening = 5
)

// refused doubles the spacing and makes a new guess at the limit. spacing is
// that at which the refused call started; soon says that the refusal came as
// soon as the last slow-down had ended.
func (l *learned) refused(now time.Time, spacing time.Duration, soon bool) {
	spacing = max(spacing, l.declared)
	guess := l.guess(spacing, soon)
	if kept, even := l.rhythm.refused(now); even {
		guess = max(guess, min(kept, 4*l.limit))
	}
	l.limit, l.refusedAt, l.unconfirmed = min(max(guess, freeSpacing), maxSpacing), now, false
	l.spacing = min(max(2*spacing, minSpacing), maxSpacing)
	l.steps = 0
}

// count takes an answer into the share, whatever else is made of it.
func (l *learned) count(refused bool) {
	l.share -= l.share / window
	if refused {
		l.share += 1.0 / window
	} else {
		l.rhythm.let++
	}
}

func (l *learned) guess(spacing time.Duration, soon bool) time.Duration {
	switch {
	case l.unconfirmed && spacing < l.limit:
		return l.limit // what was found before holds still
	case l.limit > 0 && spacing >= l.limit && l.share < rareShare:
		// One refusal in a hundred at this pace holds the guess where it is
		// against the careful successes between: see doc.go.
		return l.limit * 80 / 79
	case l.limit == 0 && spacing > l.declared:
		return 2 * spacing // the pace was quickening, and ran past the limit
	case spacing < l.limit:
		return spacing
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
		l.limit, l.unconfirmed = 0, false // twice the pace has been let in: the refusal is history
	}
	careful := l.limit + l.limit/10
	switch {
	case l.limit == 0:
		l.spacing = quicker(l.spacing)
	case l.unconfirmed && l.spacing <= careful:
		l.spacing -= l.spacing / max(doubtful/l.spacing, 1)
	case l.spacing > careful:
		l.spacing = max(l.spacing*7/8, careful)
	default:
		l.steps++
		l.spacing -= min(l.spacing/4000*time.Duration(200+l.steps)/200, l.spacing/8)
	}
}

func quicker(spacing time.Duration) time.Duration {
	if spacing < freeSpacing {
		return 0
	}
	perSecond := 1/spacing.Seconds() + quickening
	return time.Duration(float64(time.Second) / perSecond)
}
