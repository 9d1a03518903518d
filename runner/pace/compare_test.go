package pace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limiter is an API that lets a number of calls in per window of time and
// answers the others 429 with Retry-After, if it says so at all.
type limiter struct {
	perWindow  int
	window     time.Duration
	retryAfter time.Duration

	mu      sync.Mutex
	opened  time.Time
	let     int
	calls   int
	refused int
}

// roundTrip is how long a call takes there and back.
const roundTrip = 100 * time.Millisecond

func (l *limiter) call() (ok bool, retryAfter time.Duration) {
	time.Sleep(roundTrip / 2)
	defer time.Sleep(roundTrip / 2)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if now := time.Now(); now.Sub(l.opened) >= l.window {
		l.opened, l.let = now.Truncate(l.window), 0
	}
	if l.let >= l.perWindow {
		l.refused++
		return false, l.retryAfter
	}
	l.let++
	return true, 0
}

// strategy makes one call succeed, however often it takes.
type strategy func(l *limiter, class Class)

// ownBackoff is what most clients do: each call minds its own refusals.
func ownBackoff() strategy {
	return func(l *limiter, _ Class) {
		for delay := time.Second; ; delay = min(2*delay, time.Minute) {
			ok, retryAfter := l.call()
			if ok {
				return
			}
			time.Sleep(max(delay/2+rand.N(delay/2), retryAfter))
		}
	}
}

// everyRefusalDoubles shares one spacing and counts each refusal.
func everyRefusalDoubles() strategy {
	var mu sync.Mutex
	var spacing time.Duration
	var next time.Time
	wait := func() {
		for {
			mu.Lock()
			now := time.Now()
			if !next.After(now) {
				next = now.Add(spacing)
				mu.Unlock()
				return
			}
			at := next
			mu.Unlock()
			time.Sleep(at.Sub(now))
		}
	}
	return func(l *limiter, _ Class) {
		for {
			wait()
			ok, retryAfter := l.call()
			mu.Lock()
			if ok {
				spacing = spacing * 7 / 8
				mu.Unlock()
				return
			}
			spacing = min(max(2*spacing, minSpacing), maxSpacing)
			next = later(next, time.Now().Add(max(retryAfter, spacing)))
			mu.Unlock()
		}
	}
}

// thisPackage is the rule.
func thisPackage(limit Limit) func() strategy {
	return func() strategy {
		g := NewGroup(Limit{}, map[string]Limit{"m": limit})
		return func(l *limiter, class Class) {
			for {
				ticket, err := g.Wait(context.Background(), "m", class)
				if err != nil {
					panic(err)
				}
				ok, retryAfter := l.call()
				if ok {
					ticket.Succeeded()
					return
				}
				ticket.Refused(retryAfter)
			}
		}
	}
}

type outcome struct {
	took    time.Duration
	refused float64 // share of all calls
}

// run carries out tasks of 60 to 90 s, parallelism at a time, polled after 60 s
// and then every 5 s.
func run(l *limiter, call strategy, tasks, parallelism int) outcome {
	start := time.Now()
	queue := make(chan int, tasks)
	for i := range tasks {
		queue <- i
	}
	close(queue)
	var group sync.WaitGroup
	for range parallelism {
		group.Go(func() {
			for range queue {
				call(l, Submit)
				done := time.Now().Add(60*time.Second + rand.N(30*time.Second))
				time.Sleep(60 * time.Second)
				for call(l, Poll); time.Now().Before(done); call(l, Poll) {
					time.Sleep(5 * time.Second)
				}
			}
		})
	}
	group.Wait()
	return outcome{time.Since(start), float64(l.refused) / float64(l.calls)}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		rate, par int
		w         time.Duration
	}{{5, 64, time.Second}, {5, 256, time.Second}, {10, 64, time.Second}, {10, 256, time.Second}, {20, 256, time.Second}, {67, 256, time.Second}, {67, 1000, time.Second}, {1000, 256, time.Minute}, {1000, 1000, time.Minute}, {300, 256, time.Minute}, {10000, 1000, time.Minute}} {
		line := fmt.Sprintf("%d/%v, %d: ", c.rate, c.w, c.par)
		for _, ra := range []time.Duration{time.Second, 0} {
			for _, s := range []struct {
				name string
				make func() strategy
			}{{"own", ownBackoff}, {"doubles", everyRefusalDoubles}, {"rule", thisPackage(Limit{})}} {
				synctest.Test(t, func(t *testing.T) {
					o := run(&limiter{perWindow: c.rate, window: c.w, retryAfter: ra}, s.make(), 1000, c.par)
					line += fmt.Sprintf("  %s %.1f min %.1f%%", s.name, o.took.Minutes(), 100*o.refused)
				})
			}
		}
		t.Log(line)
	}
}
