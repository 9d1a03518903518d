package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// line is where the waiters of a test stand.
type line struct {
	group *Group
	mu    sync.Mutex
}

// queueUp starts a waiter and returns once it waits. Several granted never run
// at the same time.
func (l *line) queueUp(ctx context.Context, model string, class Class, granted func()) {
	go func() {
		if _, err := l.group.Wait(ctx, model, class); err == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			granted()
		}
	}()
	synctest.Wait()
}

func TestSubmitsAndPollsAlternateInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 20}})
		take(t, g, "m", Submit)
		line := line{group: g}
		var got []string
		for i := range 4 {
			line.queueUp(t.Context(), "m", Submit, func() { got = append(got, fmt.Sprint("submit", i)) })
		}
		for i := range 6 {
			line.queueUp(t.Context(), "m", Poll, func() { got = append(got, fmt.Sprint("poll", i)) })
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"poll0", "submit0", "poll1", "submit1", "poll2", "submit2", "poll3", "submit3", "poll4", "poll5"}
		if !slices.Equal(got, want) {
			t.Errorf("order is %v, want %v", got, want)
		}
	})
}

func TestModelsShareTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{CallsPerMinute: 60}, declared)
		line := line{group: g}
		got := map[string]int{}
		for _, model := range []string{"m", "other"} {
			for range 100 {
				line.queueUp(t.Context(), model, Submit, func() { got[model]++ })
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if sum := got["m"] + got["other"]; sum < 55 || sum > 60 {
			t.Errorf("%d calls in a minute of 60", sum)
		}
		if d := got["m"] - got["other"]; d < -1 || d > 1 {
			t.Errorf("shares are %v", got)
		}
	})
}

func TestNoMinuteHasMoreThanDeclared(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 10, 29, 30, 59, 60, 61, 100, 600, 1000, 4000, 10_000} {
		for _, scope := range []string{"model", "key"} {
			t.Run(fmt.Sprintf("%s/%d", scope, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					key, model := Limit{}, Limit{CallsPerMinute: n}
					if scope == "key" {
						key, model = model, Limit{CallsPerMinute: 60_000_000}
					}
					starts := startsUnderLoad(t, NewGroup(key, map[string]Limit{"m": model}), 5*time.Minute)
					first := 0
					for last, at := range starts {
						for at.Sub(starts[first]) >= time.Minute {
							first++
						}
						if in := last - first + 1; in > n {
							t.Fatalf("%d calls in the minute before %v", in, at)
						}
					}
					if least := 5 * n * 93 / 100; len(starts) < least {
						t.Errorf("%d calls in 5 minutes, want at least %d", len(starts), least)
					}
				})
			})
		}
	}
}

// startsUnderLoad returns when calls start if there are always some waiting,
// beginning with a full bucket.
func startsUnderLoad(t *testing.T, g *Group, d time.Duration) (starts []time.Time) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() {
			for {
				ticket, err := g.Wait(ctx, "m", Submit)
				if err != nil {
					return
				}
				mu.Lock()
				starts = append(starts, time.Now())
				mu.Unlock()
				ticket.Succeeded()
			}
		})
	}
	callers.Wait()
	return starts
}

func TestEndedContextIsNotGranted(t *testing.T) {
	g := NewGroup(Limit{}, declared)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Wait(ctx, "m", Submit); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if g.turns != 0 {
		t.Error("a turn was spent")
	}
}

func TestCancelledWaitersLeaveTheirTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 60}})
		take(t, g, "m", Submit)
		start := time.Now()
		line := line{group: g}
		var got []time.Duration
		cancels := make([]context.CancelFunc, 5)
		for i := range cancels {
			var ctx context.Context
			ctx, cancels[i] = context.WithCancel(t.Context())
			line.queueUp(ctx, "m", Submit, func() { got = append(got, time.Since(start).Round(time.Second)) })
		}
		for _, i := range []int{0, 2, 4} { // the head, the middle, the tail
			cancels[i]()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []time.Duration{time.Second, 2 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("the others started after %v, want %v", got, want)
		}
		cancels[1]()
		cancels[3]()
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.active) != 0 {
			t.Error("nobody waits, yet a lane is active")
		}
	})
}

func TestNoTimerIsLeftWhenTheLastWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 1}})
		take(t, g, "m", Submit)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Wait(ctx, "m", Submit); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		if g.timer.Stop() {
			t.Error("the timer runs on")
		}
	})
}

func TestGrantThatCrossesACancelIsHandedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{CallsPerMinute: 60}, map[string]Limit{"m": {CallsPerMinute: 60}})
		before := *g.scope("m")
		key := g.key
		w := g.enqueue("m", Submit) // granted at once
		if w.place != nil {
			t.Fatal("the call has to wait")
		}
		g.withdraw(w)
		after := g.scope("m")
		if after.lastStart != before.lastStart || after.declared.next().After(time.Now()) || g.key.next().After(time.Now()) {
			t.Errorf("the turn is lost: %+v, key %+v (was %+v)", after.declared, g.key, key)
		}
		if _, wait := waited(t, g, "m", Submit); wait != 0 {
			t.Errorf("the next call waited %v", wait)
		}
	})
}

func TestNoTurnIsLostUnderCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 600}})
		var mu sync.Mutex
		calls := 0
		var callers sync.WaitGroup
		end := time.Now().Add(time.Minute)
		interval := newBucket(Limit{CallsPerMinute: 600}).interval
		for i := range 50 {
			callers.Go(func() {
				for time.Now().Before(end) {
					// Many deadlines fall on the very moment of a grant.
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*interval)
					if _, err := g.Wait(ctx, "m", Class(i%2)); err == nil {
						mu.Lock()
						calls++
						mu.Unlock()
					}
					cancel()
				}
			})
		}
		callers.Wait()
		if calls < 540 || calls > 640 {
			t.Errorf("%d calls in a minute of 600", calls)
		}
	})
}

func TestManyWaitersAreWokenOncePerTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters = 5000
		g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 6000}})
		var callers sync.WaitGroup
		start := time.Now()
		for i := range waiters {
			callers.Go(func() {
				ticket, err := g.Wait(t.Context(), "m", Class(i%2))
				if err != nil {
					t.Error(err)
				}
				ticket.Succeeded()
			})
		}
		callers.Wait()
		if got := time.Since(start); got > 53*time.Second || got < 49*time.Second {
			t.Errorf("%d calls at 6000 a minute took %v", waiters, got)
		}
		if g.turns != waiters {
			t.Errorf("%d turns for %d calls", g.turns, waiters)
		}
	})
}

func TestGroupIsSafeForManyGoroutines(t *testing.T) {
	g := NewGroup(Limit{CallsPerMinute: 60_000_000}, declared)
	var callers sync.WaitGroup
	for i := range 16 {
		callers.Go(func() {
			for n := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Microsecond)
				ticket, err := g.Wait(ctx, []string{"m", "other"}[n%2], Class(i%2))
				switch {
				case err != nil:
				case n%50 == 49:
					ticket.Refused(0)
				default:
					ticket.Succeeded()
				}
				cancel()
			}
		})
	}
	callers.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.active) != 0 {
		t.Error("nobody waits, yet a lane is active")
	}
}

func BenchmarkWait(b *testing.B) {
	for _, callers := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			g := NewGroup(Limit{}, map[string]Limit{"m": {CallsPerMinute: 2_000_000_000}})
			b.ReportAllocs()
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ticket, err := g.Wait(b.Context(), "m", Submit)
					if err != nil {
						b.Error(err)
						return
					}
					ticket.Succeeded()
				}
			})
		})
	}
}

// A small limit has headroom as well.
func TestSmallLimitsHaveHeadroom(t *testing.T) {
	for n := 1; n < 200; n++ {
		b := newBucket(Limit{CallsPerMinute: n})
		if rate := time.Minute.Seconds() / b.interval.Seconds(); rate > 0.985*float64(n) {
			t.Errorf("%d a minute: %.2f in the long run", n, rate)
		}
	}
}

// A start that the machine delays takes nothing from those after it. One that was not
// waited for gives nothing to them.
func TestALateStartDoesNotSlowThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ late, gap time.Duration }{
			{0, firstSpacing},
			{time.Millisecond, firstSpacing - time.Millisecond},
			{maxLateness, firstSpacing - maxLateness},
			{maxLateness + 1, firstSpacing},
			{time.Hour, firstSpacing},
		} {
			g := NewGroup(Limit{}, nil)
			take(t, g, "m", Poll)
			var waiting sync.WaitGroup
			waiting.Go(func() { take(t, g, "m", Poll) })
			synctest.Wait()
			g.timer.Reset(firstSpacing + c.late) // as a busy machine has it
			waiting.Wait()
			if _, gap := waited(t, g, "m", Poll); gap != c.gap {
				t.Errorf("after a start that was %v late the next comes %v later, want %v", c.late, gap, c.gap)
			}

			time.Sleep(firstSpacing + c.late)
			take(t, g, "m", Poll)
			if _, gap := waited(t, g, "m", Poll); gap != firstSpacing {
				t.Errorf("after a start that nobody waited for, %v after it was due, the next comes %v later", c.late, gap)
			}
		}
	})
}
