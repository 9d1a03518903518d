package pace

import (
	"math"
	"time"
)

// noise tells refusals of chance from those of a limit by whether slowing down
// helps: a limit refuses fewer calls at a slower pace, chance the same share at any.
// What is chance is forgiven: it slows nobody down. doc.go tells why by this rule.
type noise struct {
	// near are the answers to calls at about the guess at the limit; slow are those to
	// calls clearly slower, and to all while there is no guess.
	near, slow tally
	// credit is how many refusals may be forgiven now.
	credit float64
	// base is the guess that near and slow go by; 0 while there is none.
	base time.Duration
	// trying: a quicker guess stands in for base, to see whether it is one at all.
	// vain is how often it was, up to mostVain.
	trying bool
	vain   int
}

// tally counts answers, the newest the most.
type tally struct{ calls, refused float64 }

const (
	// recall is about how many answers a tally looks back on.
	recall = 1024
	// fewest is how many refusals a share is believed of, and mostNoise the share above
	// which they are never taken for chance.
	fewest, mostNoise = 3, 0.33
	// forgiven is how many refusals are, for each that chance explains: more, or chance
	// would use up the credit. That is mostCredit at most, and a little more where
	// chance is frequent.
	forgiven, mostCredit, frequent = 1.4, 5, 20
	// mostVain bounds by how much more is asked for after a trial in vain.
	mostVain = 3
)

func (t *tally) fade() {
	t.calls -= t.calls / recall
	t.refused -= t.refused / recall
}

func (t *tally) add(refused bool) {
	t.calls++
	if refused {
		t.refused++
	}
}

func (t *tally) share() float64 { return t.refused / max(t.calls, 1) }

// clearly is from where on a spacing is clearly above a guess.
func clearly(guess time.Duration) time.Duration { return guess + guess/4 }

// answered takes in the answer to a call that started with a spacing, under a guess at
// the limit. It is not told of what follows a slow-down without a success in between:
// that is the same refusal again.
func (n *noise) answered(spacing, limit time.Duration, refused bool) {
	n.near.fade()
	n.slow.fade()
	switch {
	case limit == 0:
		n.base = 0
	case limit < n.base/2:
		n.near, n.base = tally{}, limit
	case n.base == 0:
		n.base = limit
	}
	if spacing < clearly(n.base) {
		n.near.add(refused)
	} else {
		n.slow.add(refused)
	}
	if share := n.slow.share(); !refused && share <= mostNoise {
		n.credit = min(n.credit+forgiven*share, mostCredit+frequent*share)
	}
}

// share is that of the calls which chance refuses; 0 as long as none is known of.
func (n *noise) share() float64 {
	if share := n.slow.share(); n.slow.refused >= fewest && share <= mostNoise {
		return share
	}
	return 0
}

// forgives reports whether a refusal is put down to chance, which uses up credit.
func (n *noise) forgives() bool {
	if n.credit < 1 || n.share() == 0 {
		return false
	}
	n.credit--
	return true
}

// helps reports whether slowing down helps: fewer slow calls were refused than chance
// leaves of the share near the guess, by more than 1.5 standard deviations.
func (n *noise) helps() bool {
	expected := n.near.share() * n.slow.calls
	return n.slow.refused < expected-1.5*math.Sqrt(expected)
}

// limits reports whether it is sure that a limit refuses: slow calls are refused much
// more rarely, or half even of those.
func (n *noise) limits() bool {
	return n.slow.share() <= n.near.share()/4 || n.overrun()
}

// overrun reports whether even slow calls run past a limit.
func (n *noise) overrun() bool { return n.slow.refused >= fewest && n.slow.share() > 0.5 }

// allows gives how far a guess at the limit may rise: clearly above the one that near
// and slow go by only if slowing down has been seen to help. Then they go by this one.
func (n *noise) allows(guess time.Duration) time.Duration {
	switch {
	case n.base == 0 || guess < clearly(n.base) || n.overrun(), n.slow.refused < 1 && !n.helps():
		return guess
	case n.helps():
		*n = noise{base: guess, vain: n.vain}
		return guess
	default:
		return min(guess, 2*n.base)
	}
}

// doubts gives what a guess becomes that chance explains: no more than what near and
// slow go by, or else a quarter less. So it is found out whether there is a limit.
func (n *noise) doubts(guess time.Duration) (less time.Duration, doubted bool) {
	switch {
	case n.share() == 0 || n.helps():
		return guess, false
	case guess >= clearly(n.base):
		return n.base, true
	case n.near.refused < fewest*math.Exp2(float64(n.vain)):
		return guess, false
	}
	if n.trying { // it stood
		n.vain = 0
	}
	n.near, n.base, n.trying = tally{}, guess, true
	if guess < time.Millisecond {
		return 0, true
	}
	return guess - guess/4, true
}

// unforgiven takes in that a refusal was one too many: a trial was in vain.
func (n *noise) unforgiven() {
	if n.trying {
		n.trying, n.vain = false, min(n.vain+1, mostVain)
	}
}
