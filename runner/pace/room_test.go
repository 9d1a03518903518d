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

// A room for one task is one: the next run begins with it.
func TestRoomForOneTaskIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, nil)
		for range 3 {
			g.Started("m")
			take(t, g, "m", Submit).Refused(0)
			for range proof + 1 {
				take(t, g, "m", Poll).Succeeded()
			}
			take(t, g, "m", Submit).Refused(0)
			g.Ended("m")
			take(t, g, "m", Submit).Succeeded()
			g.Started("m")
			if found := g.Found(); len(found) != 1 || found[0].Tasks != 1 {
				t.Fatalf("a second task was refused twice, and found is %+v", found)
			}
			g.Ended("m")
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
	refusals := func(r *rhythm, calls ...int) {
		now := time.Unix(1_700_000_000, 0)
		r.refused(now)
		for _, n := range calls {
			r.let = n
			now = now.Add(time.Duration(n) * 15 * time.Millisecond)
			r.refused(now)
		}
	}
	for _, test := range []struct {
		calls         []int
		even, regular bool
	}{
		{calls: []int{26, 27, 25, 30}, even: true, regular: true},
		{calls: []int{26, 27, 25}, regular: true},
		{calls: []int{300, 67, 68, 67}, regular: true},
		{calls: []int{26, 36, 25, 30}, even: true},
		{calls: []int{26, 90, 25, 30}},
		{calls: []int{3, 3, 3, 3}},
		{calls: []int{12, 41, 160, 70, 9, 50}},
		{calls: []int{26, 27}},
	} {
		var r rhythm
		refusals(&r, test.calls...)
		if kept, regular := r.regular(); regular != test.regular || regular && kept != 15*time.Millisecond {
			t.Errorf("%v: regular %v, one per %v", test.calls, regular, kept)
		}
		if kept, even := r.even(); even != test.even || even && kept != 15*time.Millisecond {
			t.Errorf("%v: even %v, one per %v", test.calls, even, kept)
		}
	}
}
