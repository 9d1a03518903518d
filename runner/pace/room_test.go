package pace

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefreshesGoBeforeSubmitsAndThoseBeforePolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{CallsPerMinute: 60}, nil)
		take(t, g, "m", Poll) // the burst is spent
		var mu sync.Mutex
		var order []Class
		var calls sync.WaitGroup
		for _, class := range []Class{Poll, Submit, Refresh} {
			calls.Go(func() {
				if _, err := g.Wait(context.Background(), "m", class); err == nil {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, class)
				}
			})
			synctest.Wait()
		}
		calls.Wait()
		if order[0] != Refresh || order[1] != Submit || order[2] != Poll {
			t.Errorf("the order is %v", order)
		}
	})
}

// Submits that never end do not keep polls waiting: after 2 s they take turns.
func TestSubmitsDoNotStarvePolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{CallsPerMinute: 600}, nil)
		ctx, stop := context.WithCancel(context.Background())
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() { g.Wait(ctx, "m", Submit) })
		}
		synctest.Wait()
		for range 3 {
			if _, wait := waited(t, g, "m", Poll); wait > maxBehind+time.Second {
				t.Errorf("a poll waited %v", wait)
			}
		}
		stop()
		calls.Wait()
	})
}

// crowd is an API that runs a number of tasks at a time, and refuses further ones.
type crowd struct {
	mu                     sync.Mutex
	most, running, refused int
}

func (c *crowd) submit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running >= c.most {
		c.refused++
		return false
	}
	c.running++
	return true
}

func (c *crowd) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
}

// A limit on tasks at the same time is told from one on calls: slots are filled as
// they come free, few submits are refused, and polls are not slowed.
func TestTooManyTasksAreNotTooManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks, most, takes = 400, 20, 10 * time.Second
		g, api := NewGroup(Limit{}, nil), &crowd{most: most}
		began := time.Now()
		var workers sync.WaitGroup
		left := make(chan struct{}, tasks)
		for range tasks {
			left <- struct{}{}
		}
		close(left)
		for range 3 * most {
			workers.Go(func() {
				for range left {
					for accepted := false; !accepted; {
						ticket := take(t, g, "m", Submit)
						if accepted = api.submit(); accepted {
							ticket.Succeeded()
						} else {
							ticket.Refused(0)
						}
					}
					g.Started("m")
					for range 10 {
						time.Sleep(takes / 10)
						take(t, g, "m", Poll).Succeeded()
					}
					api.end()
					g.Ended("m")
				}
			})
		}
		workers.Wait()
		least, calls := takes*tasks/most, 11*tasks+api.refused
		if took := time.Since(began); took > least*5/4 || api.refused > calls/50 {
			t.Errorf("%v of at least %v, %d of %d calls refused", took, least, api.refused, calls)
		}
	})
}

// More room is found, and what was taken for a crowd by mistake is got over.
func TestRoomGrowsAgain(t *testing.T) {
	var r room
	r.running = 10
	r.refused(time.Now())
	let := 0
	for range 60 {
		r.ended()
		r.running++
		for r.next().IsZero() && r.free > 0 {
			r.take(time.Now())
			let++
			r.running++
		}
		r.running--
	}
	if let < 90 {
		t.Errorf("60 tasks ended, and %d submits went", let)
	}
	r.refused(time.Now())
	if every := r.every; every < 2 {
		t.Errorf("after a refusal a further submit every %d ends", every)
	}
	r.running = 1
	if r.ended(); r.full {
		t.Error("nothing runs, and there is no room")
	}
}

func TestEvenRefusalsAreALimit(t *testing.T) {
	refusals := func(calls ...int) (kept time.Duration, even bool) {
		var r rhythm
		now := time.Unix(1_700_000_000, 0)
		r.refused(now)
		for _, n := range calls {
			r.let = n
			now = now.Add(time.Duration(n) * 15 * time.Millisecond)
			if k, e := r.refused(now); e {
				kept, even = k, true
			}
		}
		return kept, even
	}
	if kept, even := refusals(26, 27, 25, 30); !even || kept != 15*time.Millisecond {
		t.Errorf("even refusals: %v %v", kept, even)
	}
	for _, calls := range [][]int{{26, 27, 25}, {26, 90, 25, 30}, {3, 3, 3, 3}, {12, 41, 160, 70, 9, 50}} {
		if kept, even := refusals(calls...); even {
			t.Errorf("%v are taken for a limit of one per %v", calls, kept)
		}
	}
}

// full makes a scope's room full: ten tasks run, and submits alone are refused.
func full(t *testing.T, g *Group) (last Ticket) {
	t.Helper()
	for range 10 {
		last = take(t, g, "m", Submit)
		last.Succeeded()
		g.Started("m")
	}
	refuse(t, take(t, g, "m", Submit), 0)
	take(t, g, "m", Poll).Succeeded()
	if slowdown := refuse(t, take(t, g, "m", Submit), 0); slowdown.Wait != 0 || !g.scope("m").room.full {
		t.Fatalf("it is not full, or asks for a wait: %+v", slowdown)
	}
	return last
}

func TestRetryAfterHoldsSubmitsOfAFullRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		full(t, g)
		g.Ended("m")
		if slowdown := refuse(t, take(t, g, "m", Submit), 10*time.Minute); slowdown.Wait != 10*time.Minute {
			t.Errorf("it asks for %v", slowdown.Wait)
		}
		g.Ended("m")
		if _, wait := waited(t, g, "m", Poll); wait > time.Second {
			t.Errorf("a poll waited %v", wait)
		}
		if _, wait := waited(t, g, "m", Submit); wait < 9*time.Minute {
			t.Errorf("a submit waited %v", wait)
		}
	})
}

// A task that met a limit holds its model back, also while the room is full.
func TestLateRefusalHoldsWhateverTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		full(t, g)
		g.Ended("m")
		last := take(t, g, "m", Submit)
		last.Succeeded()
		g.Started("m")
		if slowdown, counted := last.RefusedLate(time.Minute); !counted || slowdown.Wait < time.Minute {
			t.Errorf("%+v %t", slowdown, counted)
		}
		if _, counted := last.RefusedLate(time.Minute); counted {
			t.Error("it counts twice")
		}
		g.Ended("m")
		if _, wait := waited(t, g, "m", Submit); wait < time.Minute {
			t.Errorf("a submit waited %v", wait)
		}
	})
}

// Two submits that are refused by chance, a poll let in between, make no crowd for
// long, however long tasks run.
func TestAFalseCrowdIsDisproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		full(t, g)
		began := time.Now()
		for range 100 {
			take(t, g, "m", Submit).Succeeded()
			g.Started("m")
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("100 submits took %v", took)
		}
	})
}
