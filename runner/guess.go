package runner

import (
	"math"
	"time"

	"apixo-batch/runner/timing"
)

// guess is one look at what is left. Numbers without a unit are seconds.
type guess struct {
	*outlook
	now       time.Time
	forecasts map[*timing.Times]*timing.Forecast
}

func (g *guess) of(t *timing.Times) *timing.Forecast {
	f := g.forecasts[t]
	if f == nil {
		f = t.Forecast()
		g.forecasts[t] = f
	}
	return f
}

// founded reports whether enough is known of all models that matter.
func (g *guess) founded() bool {
	const fewest, enough = 3, 100
	inFlight := make(map[*timing.Times]int)
	for _, t := range g.running {
		inFlight[t.model]++
	}
	for c := range g.waiting {
		for ; c != nil; c = c.then {
			inFlight[c.model] += 0 // it matters, though nothing of it runs
		}
	}
	for model, n := range inFlight {
		if g.of(model).Known < min(max(n, fewest), enough) {
			return false
		}
	}
	return true
}

// finish is when all tasks have ended, as if none waited for another.
func (g *guess) finish() time.Duration {
	left, free := float64(len(g.left)), g.slots-len(g.running)
	byRate := 0.0 // when the last task is submitted, if that goes on as it has
	if n := len(g.starts); n >= 16 {
		byRate = left * g.now.Sub(g.starts[0]).Seconds() / float64(n)
	}
	if len(g.left) <= free {
		return max(g.allEnd(), inSeconds(byRate))
	}
	work, rest := 0.0, 0.0
	for _, t := range g.running {
		work += g.of(t.times).Left(g.age(t)).Seconds()
	}
	for c, n := range g.waiting {
		f := g.of(c.model)
		work += float64(n) * f.Mean.Seconds()
		rest += float64(n) / left * f.Rest.Seconds()
	}
	// All slots work until the last task is submitted. What they hold then is of the
	// kind that waits now.
	byWork := work/float64(g.slots) - rest
	return inSeconds(max(byWork, byRate, 0)) + evenOdds(func(t time.Duration) (odds float64) {
		for c, n := range g.waiting {
			odds += float64(g.slots) * float64(n) / left * math.Log1p(-g.of(c.model).RestOutlives(t))
		}
		return odds
	})
}

func (g *guess) age(t inFlight) time.Duration { return max(0, g.now.Sub(t.accepted)) }

// sampled is how many tasks in flight are looked at; of more, only some are.
const sampled = 500

// allEnd is when what runs has ended, and what waits, if that is submitted at once.
func (g *guess) allEnd() time.Duration {
	type fate struct {
		*timing.Forecast
		age   time.Duration
		count float64
	}
	var fates []fate
	for _, t := range g.running {
		if fates = append(fates, fate{g.of(t.times), g.age(t), 1}); len(fates) == sampled {
			break
		}
	}
	for i := range fates {
		fates[i].count = float64(len(g.running)) / float64(len(fates))
	}
	for c, n := range g.waiting {
		fates = append(fates, fate{g.of(c.model), 0, float64(n)})
	}
	return evenOdds(func(t time.Duration) (odds float64) {
		for _, f := range fates {
			odds += f.count * math.Log1p(-f.Outlives(f.age, t))
		}
		return odds
	})
}

// longest is when the longest chain has ended.
func (g *guess) longest() time.Duration {
	longest := time.Duration(0)
	for c := range g.waiting {
		longest = max(longest, g.lasts(c))
	}
	for _, t := range g.running {
		if t.chain != nil && t.chain.then != nil {
			longest = max(longest, g.of(t.times).Left(g.age(t))+g.lasts(t.chain.then))
		}
	}
	return longest
}

func (g *guess) lasts(c *chain) (sum time.Duration) {
	for ; c != nil; c = c.then {
		sum += g.of(c.model).Mean
	}
	return sum
}

// evenOdds is the time by which something has happened as likely as not. odds is the
// logarithm of how likely it has by a time, and rises.
func evenOdds(odds func(time.Duration) float64) time.Duration {
	const longestWait = 7 * 24 * time.Hour
	low, high := time.Duration(0), time.Second
	for odds(high) < -math.Ln2 && high < longestWait {
		low, high = high, 2*high
	}
	for range 8 {
		if middle := (low + high) / 2; odds(middle) < -math.Ln2 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
