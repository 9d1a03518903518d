package pace

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The comparison behind the rule: the same work, against the same limits, with
// this package and with what clients of such APIs do instead, in virtual time.
// BenchmarkStrategies prints it; TestPaceIsFastAndPolite holds this package to
// it.

// limiter is an API that lets some calls in and answers the others 429.
type limiter struct {
	admits     func(now time.Time) bool
	retryAfter time.Duration

	mu             sync.Mutex
	calls, refused int
}

// roundTrip is how long a call takes there and back.
const roundTrip = 100 * time.Millisecond

func (l *limiter) call() (ok bool, retryAfter time.Duration) {
	time.Sleep(roundTrip / 2)
	defer time.Sleep(roundTrip / 2)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.admits(time.Now()) {
		return true, 0
	}
	l.refused++
	return false, l.retryAfter
}

// windows admits n calls in each window of time, as many APIs count.
func windows(n int, window time.Duration) func(time.Time) bool {
	var opened time.Time
	var admitted int
	return func(now time.Time) bool {
		if start := now.Truncate(window); start != opened {
			opened, admitted = start, 0
		}
		admitted++
		return admitted <= n
	}
}

// tokens admits n calls a minute and a second's worth of them at once.
func tokens(n int) func(time.Time) bool {
	perSecond := float64(n) / 60
	left, at := perSecond, time.Now()
	return func(now time.Time) bool {
		left = min(left+now.Sub(at).Seconds()*perSecond, perSecond)
		at = now
		if left < 1 {
			return false
		}
		left--
		return true
	}
}

// noisy refuses one call in fifty whatever the pace, as a provider behind the
// API may, and leaves the others to admits.
func noisy(admits func(time.Time) bool) func(time.Time) bool {
	draws := rand.New(rand.NewPCG(1, 2))
	return func(now time.Time) bool { return draws.IntN(50) != 0 && admits(now) }
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
func everyRefusalDoubles() strategy { return sharedSpacing(false) }

// withoutMemory ignores refusals of calls that started before the last
// slow-down, and always recovers by an eighth.
func withoutMemory() strategy { return sharedSpacing(true) }

func sharedSpacing(ignoreOld bool) strategy {
	var mu sync.Mutex
	var spacing time.Duration
	var next, slowed time.Time
	wait := func() time.Time {
		for {
			mu.Lock()
			now, at := time.Now(), next
			if !at.After(now) {
				next = now.Add(spacing)
				mu.Unlock()
				return now
			}
			mu.Unlock()
			time.Sleep(at.Sub(now))
		}
	}
	return func(l *limiter, _ Class) {
		for {
			started := wait()
			ok, retryAfter := l.call()
			mu.Lock()
			if ok {
				spacing = spacing * 7 / 8
				mu.Unlock()
				return
			}
			if now := time.Now(); !ignoreOld || started.After(slowed) {
				slowed = now
				spacing = min(max(2*spacing, minSpacing), maxSpacing)
				next = later(next, now.Add(max(retryAfter, spacing)))
			}
			mu.Unlock()
		}
	}
}

// undeclared is this package, without a declared limit.
func undeclared() strategy { return paced(Limit{}) }

func paced(limit Limit) strategy {
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

// work is a number of tasks, so many at a time, each submitted once and polled
// until it is done.
type work struct {
	tasks, parallelism int
	takes              func() time.Duration
	firstPoll, poll    time.Duration
}

// minutes is work of 60 to 90 s a task.
func minutes(parallelism int) work {
	return work{
		tasks: 1000, parallelism: parallelism,
		takes:     func() time.Duration { return 60*time.Second + rand.N(30*time.Second) },
		firstPoll: 60 * time.Second, poll: 5 * time.Second,
	}
}

// seconds is work of a median of 3 s a task.
func seconds(parallelism int) work {
	return work{
		tasks: 1000, parallelism: parallelism,
		takes:     func() time.Duration { return time.Duration(3 * math.Exp(rand.NormFloat64()/2) * float64(time.Second)) },
		firstPoll: 2100 * time.Millisecond, poll: 400 * time.Millisecond,
	}
}

type outcome struct {
	took    time.Duration
	refused float64 // share of all calls
}

func (w work) run(l *limiter, call strategy) outcome {
	start := time.Now()
	queue := make(chan struct{}, w.tasks)
	for range w.tasks {
		queue <- struct{}{}
	}
	close(queue)
	var workers sync.WaitGroup
	for range w.parallelism {
		workers.Go(func() {
			for range queue {
				call(l, Submit)
				done := time.Now().Add(w.takes())
				time.Sleep(w.firstPoll)
				for call(l, Poll); time.Now().Before(done); call(l, Poll) {
					time.Sleep(w.poll)
				}
			}
		})
	}
	workers.Wait()
	return outcome{time.Since(start), float64(l.refused) / float64(l.calls)}
}

// api is a limit and work that it binds.
type api struct {
	name       string
	admits     func() func(time.Time) bool
	retryAfter time.Duration
	work       work
	unbound    bool // no limit binds
}

var apis = []api{
	{name: "5_per_second/64", admits: func() func(time.Time) bool { return windows(5, time.Second) }, retryAfter: time.Second, work: minutes(64)},
	{name: "5_per_second/256", admits: func() func(time.Time) bool { return windows(5, time.Second) }, retryAfter: time.Second, work: minutes(256)},
	{name: "10_per_second/256", admits: func() func(time.Time) bool { return windows(10, time.Second) }, retryAfter: time.Second, work: minutes(256)},
	{name: "10_per_second_silent/256", admits: func() func(time.Time) bool { return windows(10, time.Second) }, work: minutes(256)},
	{name: "20_per_second/256", admits: func() func(time.Time) bool { return windows(20, time.Second) }, retryAfter: time.Second, work: minutes(256)},
	{name: "300_per_minute/256", admits: func() func(time.Time) bool { return windows(300, time.Minute) }, work: minutes(256)},
	{name: "4000_per_minute/100", admits: func() func(time.Time) bool { return tokens(4000) }, work: seconds(100)},
	{name: "noise/100", admits: func() func(time.Time) bool { return noisy(func(time.Time) bool { return true }) }, work: seconds(100), unbound: true},
	{name: "3000_per_minute_and_noise/64", admits: func() func(time.Time) bool { return noisy(tokens(3000)) }, work: seconds(64)},
	{name: "10_per_second_and_noise/256", admits: func() func(time.Time) bool { return noisy(windows(10, time.Second)) }, retryAfter: time.Second, work: minutes(256)},
	{name: "2000_per_minute/100", admits: func() func(time.Time) bool { return tokens(2000) }, work: seconds(100)},
}

func (a api) run(t *testing.T, newStrategy func() strategy) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		o = a.work.run(&limiter{admits: a.admits(), retryAfter: a.retryAfter}, newStrategy())
	})
	return o
}

func TestPaceIsFastAndPolite(t *testing.T) {
	for _, api := range apis {
		t.Run(api.name, func(t *testing.T) {
			var own, learned outcome // means
			runs := uint64(24)
			if testing.Short() {
				runs = 12
			}
			for range runs {
				own.add(api.run(t, ownBackoff), runs)
				learned.add(api.run(t, undeclared), runs)
			}
			t.Logf("own backoff: %v, %.1f%% refused; this package: %v, %.1f%% refused",
				own.took.Round(time.Second), 100*own.refused, learned.took.Round(time.Second), 100*learned.refused)
			if learned.refused > 0.04 {
				t.Errorf("%.1f%% of the calls were refused", 100*learned.refused)
			}
			most := own.took * 5 / 4
			if api.unbound {
				most = own.took * 2 // caution costs a third on average: there is nothing to learn
			}
			if learned.took > most {
				t.Errorf("it took %v, with own backoff %v", learned.took, own.took)
			}
		})
	}
}

func TestDeclaredLimitDrawsNoRefusal(t *testing.T) {
	declared := func() strategy { return paced(Limit{CallsPerMinute: 4000}) }
	for _, admits := range []func() func(time.Time) bool{
		func() func(time.Time) bool { return tokens(4000) },
		func() func(time.Time) bool { return windows(4000, time.Minute) },
	} {
		api := api{admits: admits, work: seconds(100)}
		got := api.run(t, declared)
		t.Logf("%v, %.2f%% refused", got.took.Round(time.Second), 100*got.refused)
		if got.refused > 0 {
			t.Errorf("%.2f%% of the calls were refused", 100*got.refused)
		}
	}
}

func TestHalfOfTheDeclaredLimitIsLearned(t *testing.T) {
	declared := func() strategy { return paced(Limit{CallsPerMinute: 4000}) }
	got := api{admits: func() func(time.Time) bool { return tokens(2000) }, work: seconds(100)}.run(t, declared)
	t.Logf("%v, %.2f%% refused", got.took.Round(time.Second), 100*got.refused)
	if got.refused > 0.03 || got.took > 100*time.Second {
		t.Errorf("it took %v, %.1f%% of the calls were refused", got.took, 100*got.refused)
	}
}

func BenchmarkStrategies(b *testing.B) {
	strategies := []struct {
		name string
		make func() strategy
	}{
		{"own_backoff", ownBackoff},
		{"every_refusal_doubles", everyRefusalDoubles},
		{"without_memory", withoutMemory},
		{"this_package", undeclared},
	}
	for _, api := range apis {
		for _, s := range strategies {
			b.Run(fmt.Sprintf("%s/%s", api.name, s.name), func(b *testing.B) {
				var sum outcome
				for b.Loop() {
					inTest(b, func(t *testing.T) {
						o := api.run(t, s.make)
						sum.took += o.took
						sum.refused += o.refused
					})
				}
				b.ReportMetric(0, "ns/op") // says nothing: the time is virtual
				b.ReportMetric(sum.took.Minutes()/float64(b.N), "min")
				b.ReportMetric(100*sum.refused/float64(b.N), "%refused")
			})
		}
	}
}

// inTest runs f with a *testing.T, which synctest asks for and a benchmark has
// not got.
func inTest(b *testing.B, f func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: f}}) {
		b.Fail()
	}
}
