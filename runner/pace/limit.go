package pace

import "time"

// Limit is what is declared of how often a scope may be called.
type Limit struct {
	// CallsPerMinute bounds submits and polls together. 0: nothing is
	// declared, and the pace is learned from refusals.
	CallsPerMinute int
}

// bucket holds the declared limit of a scope. Its zero value lets everything
// through.
//
// It is a token bucket in its virtual-scheduling form: instead of counting
// tokens it keeps the one moment at which the bucket will be full again.
type bucket struct {
	interval time.Duration // between calls in the long run; 0: no limit
	burst    time.Duration // how far ahead of the long run calls may be
	full     time.Time
}

// headroom is the share of a declared limit (1/headroom) that is left unused:
// calls that start evenly reach the API unevenly. Another process that used the key
// just before is not known of: in the minute around a restart calls may be as many
// as a burst more.
const headroom = 50

// maxBurst bounds how many calls may start at once.
const maxBurst = 20

// newBucket keeps every half-open minute, wherever it begins, at or under
// limit.CallsPerMinute: a burst of b calls plus what refills in that minute.
func newBucket(limit Limit) bucket {
	if limit.CallsPerMinute <= 0 {
		return bucket{}
	}
	calls := limit.CallsPerMinute - limit.CallsPerMinute/headroom
	burst := min(max(calls/30, 1), maxBurst)
	refill := time.Duration(calls - burst + 1)
	interval := (time.Minute + refill - 1) / refill // rounded up: never faster than the limit
	if limit.CallsPerMinute < headroom {            // there is no whole call to leave unused
		interval += interval / headroom
	}
	return bucket{interval: interval, burst: time.Duration(burst-1) * interval}
}

// next is the earliest time of the next call.
func (b *bucket) next() time.Time { return b.full.Add(-b.burst) }

// take spends a call that starts now.
func (b *bucket) take(now time.Time) {
	if b.interval > 0 {
		b.full = later(b.full, now).Add(b.interval)
	}
}

// giveBack returns a call that was taken and not made.
func (b *bucket) giveBack() { b.full = b.full.Add(-b.interval) }

// maxBehind is how long calls let those of other classes go before them. Who has
// waited longer takes turns with them.
const maxBehind = 2 * time.Second

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
