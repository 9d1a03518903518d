package pace

import (
	"math"
	"time"
)

// noise tells refusals of chance from those of a limit by whether slowing down
// helps: a limit refuses fewer calls at a slower pace, chance the same share at any.
// What is chance is forgiven: it slows nobody down. doc.go tells why by this rule.
type noise struct {
	// known compares the answers to calls at about a guess, base, with those to calls
	// that were clearly slower, and with all while there is no guess. Base moves only
	// if slowing down was seen to help, so what is slow becomes many calls; 0 while
	// there is none.
	known comparison
	base  time.Duration
	// fresh compares by the guess as it is, and looks back on the newest calls alone:
	// a limit that has just become lower is no chance, whatever was known.
	fresh comparison
	// credit is how many refusals may be forgiven now.
	credit float64
	// trying: the guess is a quarter less than tried, to see whether that is a limit.
	// vain is how often it was one, up to mostVain.
	trying bool
	tried  time.Duration
	vain   int
}

const (
	// recall is about how many answers a tally of what is known looks back on, and
	// newest how many fresh answers there are.
	recall, newest = 1024, 256
	// fewest is how many refusals a share is believed of, and mostNoise the share above
	// which they are never taken for chance.
	fewest, mostNoise = 3.0, 0.33
	// forgiven is how many refusals are, for each that chance explains: more, or chance
	// would use up the credit. That is mostCredit at most, and a little more where
	// chance is frequent.
	forgiven, mostCredit, frequent = 1.4, 5, 20
	// unexplained is how many refusals near a guess put it on trial although none of
	// chance are known of; fewest if they are. Each trial in vain doubles that, up to
	// mostVain times.
	unexplained, mostVain = 8.0, 3
	// likely and surely are by how many standard deviations slow calls are refused more
	// rarely, where that is not put down to chance.
	likely, surely = 1.5, 2
)

// comparison is of what was refused at about a guess, and more slowly.
type comparison struct{ near, slow tally }

// tally counts answers, the newest the most.
type tally struct{ calls, refused float64 }

func (t *tally) fade(recall float64) {
	t.calls -= t.calls / recall
	t.refused -= t.refused / recall
}

func (t *tally) add(refused bool) {
	t.calls++
	if refused {
		t.refused++
	}
}

func (t *tally) take(other tally) {
	t.calls += other.calls
	t.refused += other.refused
}

func (t *tally) share() float64 { return t.refused / max(t.calls, 1) }

// of is the tally that an answer counts in.
func (c *comparison) of(spacing, guess time.Duration) *tally {
	if spacing < clearly(guess) {
		return &c.near
	}
	return &c.slow
}

// helps reports whether slow calls were refused more rarely, by more than so many
// standard deviations of the difference.
func (c *comparison) helps(deviations float64) bool {
	if c.near.calls == 0 || c.slow.calls == 0 {
		return false
	}
	share := (c.near.refused + c.slow.refused) / (c.near.calls + c.slow.calls)
	deviation := math.Sqrt(share * (1 - share) * (1/c.near.calls + 1/c.slow.calls))
	return c.near.share()-c.slow.share() > deviations*deviation
}

// clearly is from where on a spacing is clearly above a guess.
func clearly(guess time.Duration) time.Duration { return guess + guess/4 }

// answered takes in the answer to a call that started with a spacing, under a guess at
// the limit. It is not told of what follows a slow-down without a success in between:
// that is the same refusal again.
func (n *noise) answered(spacing, limit time.Duration, refused bool) {
	switch {
	case limit == 0:
		n.base = 0
	case limit < n.base/2:
		n.known.near, n.base = tally{}, limit
	case n.base == 0:
		n.base = limit
	}
	known := n.known.of(spacing, n.base)
	known.fade(recall)
	known.add(refused)
	n.fresh.near.fade(newest)
	n.fresh.slow.fade(newest)
	n.fresh.of(spacing, limit).add(refused)
	if share := n.known.slow.share(); !refused && share <= mostNoise {
		n.credit = min(n.credit+forgiven*share, mostCredit+frequent*share)
	}
}

// share is that of the calls which chance refuses; 0 as long as none is known of.
func (n *noise) share() float64 {
	slow := &n.known.slow
	if share := slow.share(); slow.refused >= fewest && share <= mostNoise && !n.fresh.helps(surely) {
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

// helps reports whether slowing down helps, by all that is known.
func (n *noise) helps() bool { return n.known.helps(likely) }

// limits reports whether it is sure that a limit refuses: slow calls are refused much
// more rarely, or half even of those.
func (n *noise) limits() bool {
	return n.known.slow.share() <= n.known.near.share()/4 || n.overrun()
}

// overrun reports whether even slow calls run past a limit.
func (n *noise) overrun() bool { return n.known.slow.refused >= fewest && n.known.slow.share() > 0.5 }

// restart begins without a guess. Of the chance that is known of so much stays that new
// answers soon count for more.
func (n *noise) restart() {
	var slow tally
	if share := n.share(); share > 0 {
		slow = tally{fewest / share, fewest}
	}
	*n = noise{known: comparison{slow: slow}, credit: n.credit}
}

// begin begins anew with a guess that is no chance.
func (n *noise) begin(guess time.Duration) { *n = noise{base: guess, vain: n.vain} }

// allows gives how far a guess at the limit may rise: clearly above the one that is
// compared with only if slowing down has been seen to help. Then it is that one.
func (n *noise) allows(guess time.Duration) time.Duration {
	switch {
	case n.base == 0 || guess < clearly(n.base) || n.overrun(), n.known.slow.refused < 1 && !n.helps():
		return guess
	case n.helps() || n.fresh.helps(surely):
		n.begin(guess)
		return guess
	default:
		return min(guess, 2*n.base)
	}
}

// doubts gives what a guess becomes that chance may explain: no more than the one that
// is compared with, or else, on trial, a quarter less than it is. What was near it is
// slow from then on: so it is found out whether there is a limit.
func (n *noise) doubts(guess time.Duration) (less time.Duration, doubted bool) {
	if n.helps() || n.fresh.helps(surely) {
		return guess, false
	}
	explained, enough := n.share() > 0, fewest
	if guess >= clearly(n.base) {
		if explained {
			guess = n.base
		}
		return guess, explained
	}
	if !explained {
		enough = unexplained
	}
	if n.trying && n.known.near.refused >= fewest {
		n.vain = 0 // what was tried is no limit
	}
	if n.known.near.refused < math.Ldexp(enough, n.vain) {
		return guess, false
	}
	n.known.slow.take(n.known.near)
	n.known.near, n.fresh = tally{}, comparison{}
	n.trying, n.tried = true, guess
	n.base = guess - guess/4
	if guess < time.Millisecond {
		return 0, true
	}
	return n.base, true
}

// failed ends a trial in which more is refused, and gives what the guess was before.
func (n *noise) failed() (before time.Duration, failed bool) {
	if !n.trying || !n.helps() {
		return 0, false
	}
	n.vain = min(n.vain+1, mostVain)
	n.begin(n.tried)
	return n.base, true
}
