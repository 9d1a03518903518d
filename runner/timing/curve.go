package timing

import (
	"math"
	"sort"
	"time"
)

// curve says how likely a task still runs at an age.
type curve struct {
	alive  [bins + 1]float64 // share of the tasks that run longer than the bin's lower edge
	area   [bins + 1]float64 // below alive, from age 0 to there, in seconds
	median float64           // seconds
	price  float64           // of a question, in seconds of a task's waste
}

// strays is the share of tasks that nothing learned tells of: half of them take
// longer than the median, a quarter three times as long, and so on. They keep
// the curve above 0, so that what runs longer than all others is asked for ever
// more rarely, and not at every moment.
const strays = 0.02

// newCurve makes a curve of a density over the bins, which need not add up to 1.
func newCurve(density *[bins]float64) *curve {
	sum := 0.0
	for _, d := range density {
		sum += d
	}
	c := &curve{}
	left := sum
	for i, d := range density {
		c.alive[i] = max(left/sum, 0)
		left -= d
	}
	c.median = edge(sort.Search(bins, func(i int) bool { return c.alive[i] <= 0.5 }))
	for i := range c.alive {
		c.alive[i] = (1-strays)*c.alive[i] + strays*c.median/(c.median+edge(i))
	}
	c.area[0] = edge(0)
	for i := range bins {
		c.area[i+1] = c.area[i] + (edge(i+1)-edge(i))*(c.alive[i]+c.alive[i+1])/2
	}
	return c
}

// at gives the share alive at an age in seconds, and the area up to it.
func (c *curve) at(age float64) (alive, area float64) {
	if age < edge(0) {
		return 1, age
	}
	i := binOf(age)
	from, to := edge(i), edge(i+1)
	part := (age - from) / (to - from)
	alive = max(c.alive[i]+part*(c.alive[i+1]-c.alive[i]), c.alive[bins]/2)
	return alive, c.area[i] + (age-from)*(c.alive[i]+alive)/2
}

// waste is how many seconds a task that ran at age seen is expected to have been
// over at age now.
func (c *curve) waste(seen, now float64) float64 {
	alive, before := c.at(seen)
	_, after := c.at(now)
	return now - seen - (after-before)/alive
}

// next is the age at which to ask for a task that ran at age seen, both in
// seconds: when the expected waste has reached the price of a question.
func (c *curve) next(seen float64) float64 {
	low := seen + max(minGap.Seconds(), c.median/50)
	high := seen + max(c.median, seen/10)
	if seen == 0 {
		low, high = minGap.Seconds(), 2*c.median
	}
	high = max(low, high)
	for range 24 {
		if middle := (low + high) / 2; c.waste(seen, middle) < c.price {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// lognormal adds a bell curve over the logarithm of the time: nine of ten lie
// between low and high, or further apart where these are close.
func lognormal(density *[bins]float64, low, high time.Duration, weight float64) {
	const ninety = 2 * 1.645 // standard deviations
	deviation := max(math.Log(float64(high)/float64(low))/ninety, doubtful)
	newKernel(deviation).spread(density, binOf(math.Sqrt(low.Seconds()*high.Seconds())), weight)
}

// doubtful is the least standard deviation that times from a document are given.
const doubtful = 0.4
