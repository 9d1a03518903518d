package pace

import (
	"testing"
	"testing/synctest"
	"time"
)

// declared is a limit that never binds in these tests, so that the pace begins
// without a spacing.
var declared = map[string]Limit{"m": {CallsPerMinute: 60_000_000}, "other": {CallsPerMinute: 60_000_000}}

func take(t *testing.T, g *Group, model string, class Class) Ticket {
	t.Helper()
	ticket, err := g.Wait(t.Context(), model, class)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// waited is how long a call has to wait now.
func waited(t *testing.T, g *Group, model string, class Class) (Ticket, time.Duration) {
	t.Helper()
	start := time.Now()
	ticket := take(t, g, model, class)
	return ticket, time.Since(start)
}

func refuse(t *testing.T, ticket Ticket, retryAfter time.Duration) Slowdown {
	t.Helper()
	slowdown, counted := ticket.Refused(retryAfter)
	if !counted {
		t.Fatal("the refusal is ignored")
	}
	return slowdown
}

func TestRefusalOfAnOldCallIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		var tickets []Ticket
		for range 10 {
			tickets = append(tickets, take(t, g, "m", Submit))
		}
		first := refuse(t, tickets[0], 0)
		if first.Spacing != minSpacing || first.Wait != minSpacing || first.Stuck != 0 {
			t.Errorf("first slow-down is %+v", first)
		}
		for _, old := range tickets[1:] {
			if slowdown, counted := old.Refused(time.Hour); counted || slowdown != (Slowdown{}) {
				t.Errorf("an old refusal counts: %+v", slowdown)
			}
		}
		ticket, wait := waited(t, g, "m", Submit)
		if wait != minSpacing {
			t.Errorf("the next call waited %v", wait)
		}
		if second := refuse(t, ticket, 0); second.Spacing != 2*minSpacing {
			t.Errorf("second slow-down is %+v", second)
		}
	})
}

func TestSuccessOfAnOldCallIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		old, first := take(t, g, "m", Submit), take(t, g, "m", Submit)
		refuse(t, first, 0)
		second := take(t, g, "m", Submit)
		old.Succeeded()
		if slowdown := refuse(t, second, 0); slowdown.Wait < pauses[0] {
			t.Errorf("a success from before the slow-down ended the streak: %+v", slowdown)
		}
	})
}

func TestPausesGrowUntilASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		start := time.Now()
		refuse(t, take(t, g, "m", Submit), 0)
		for _, pause := range []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, time.Minute} {
			ticket := take(t, g, "m", Poll) // the streak is the scope's, whatever the class
			slowdown := refuse(t, ticket, 0)
			if slowdown.Wait < pause || slowdown.Wait >= pause*5/4 {
				t.Errorf("pause is %v, want %v and at most a quarter more", slowdown.Wait, pause)
			}
			if want := time.Since(start); slowdown.Stuck != want {
				t.Errorf("stuck for %v, want %v", slowdown.Stuck, want)
			}
		}
		take(t, g, "m", Submit).Succeeded()
		if slowdown := refuse(t, take(t, g, "m", Submit), 0); slowdown.Wait > maxSpacing || slowdown.Stuck != 0 {
			t.Errorf("after a success a refusal still pauses: %+v", slowdown)
		}
	})
}

func TestSubmitsPauseAloneWhilePollsSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		for round := range 3 {
			slowdown := refuse(t, take(t, g, "m", Submit), 0)
			if round > 0 && slowdown.Wait < pauses[round-1] {
				t.Errorf("round %d: submits wait %v", round, slowdown.Wait)
			}
			if slowdown.Stuck != 0 {
				t.Errorf("round %d: stuck for %v, though polls succeed", round, slowdown.Stuck)
			}
			poll, wait := waited(t, g, "m", Poll)
			if wait > time.Second {
				t.Errorf("round %d: a poll waited %v", round, wait)
			}
			poll.Succeeded()
		}
	})
}

func TestRetryAfterIsHonouredAndClamped(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{
		0: minSpacing, -time.Hour: minSpacing, time.Millisecond: minSpacing,
		7 * time.Second: 7 * time.Second, time.Hour: 15 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			g := NewGroup(Limit{}, declared)
			if slowdown := refuse(t, take(t, g, "m", Submit), given); slowdown.Wait != want {
				t.Errorf("Retry-After %v: wait is %v, want %v", given, slowdown.Wait, want)
			}
			if _, wait := waited(t, g, "m", Poll); wait != want {
				t.Errorf("Retry-After %v: a poll waited %v, want %v", given, wait, want)
			}
		})
	}
}

func TestWaitersOfBeforeObeyALaterSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, nil)
		start := time.Now()
		first := take(t, g, "m", Submit)
		done := make(chan time.Duration)
		go func() {
			g.Wait(t.Context(), "m", Submit)
			done <- time.Since(start)
		}()
		synctest.Wait()
		refuse(t, first, 3*time.Second)
		if got := <-done; got != 3*time.Second {
			t.Errorf("the waiter started after %v", got)
		}
	})
}

func TestRefusalsOfAModelDoNotSlowAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		refuse(t, take(t, g, "m", Submit), time.Minute)
		if _, wait := waited(t, g, "other", Submit); wait != 0 {
			t.Errorf("the other model waited %v", wait)
		}
	})
}

func TestSpacingLearnsAndForgets(t *testing.T) {
	var l learned
	l.refused(time.Now(), 20*time.Millisecond, false)
	if l.spacing != minSpacing || l.limit != 40*time.Millisecond {
		t.Errorf("after a refusal: %+v", l)
	}
	l = learned{spacing: time.Second, limit: 100 * time.Millisecond}
	successes := func(until time.Duration) (n int) {
		for ; l.spacing > until; n++ {
			before := l.spacing
			l.succeeded()
			if l.spacing >= before || l.spacing < 0 {
				t.Fatalf("a success takes the spacing from %v to %v", before, l.spacing)
			}
		}
		return n
	}
	if n := successes(110 * time.Millisecond); n > 20 {
		t.Errorf("%d successes to come near the limit", n)
	}
	if n := successes(99 * time.Millisecond); n < 100 {
		t.Errorf("only %d successes to come back to the limit", n)
	}
	if n := successes(50 * time.Millisecond); n < 500 || n > 1500 {
		t.Errorf("%d successes to twice the limit", n)
	}
	l.succeeded()
	if l.limit != 0 {
		t.Errorf("twice the pace is let in, and the refusal is still remembered: %+v", l)
	}
	successes(0)
	if l.spacing != 0 {
		t.Errorf("at last: %+v", l)
	}
}

func TestGuessAtTheLimit(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name    string
		before  learned
		refused time.Duration
		soon    bool
		limit   time.Duration
	}{
		{"first, while quickening", learned{}, 10 * ms, false, 20 * ms},
		{"first, at the declared pace", learned{declared: 10 * ms}, 0, false, 10 * ms},
		{"quicker than the guess", learned{limit: 20 * ms}, 15 * ms, false, 15 * ms},
		{"slower than the guess, one of few", learned{limit: 79 * ms}, 90 * ms, false, 80 * ms},
		{"soon, one of few", learned{limit: 79 * ms}, 90 * ms, true, 80 * ms},
		{"slower than the guess", learned{limit: 20 * ms, share: 0.1}, 21 * ms, false, 25 * ms},
		{"much slower than the guess", learned{limit: 20 * ms, share: 0.1}, 90 * ms, false, 90 * ms},
		{"slower than the guess, and soon", learned{limit: 20 * ms, share: 0.1}, 21 * ms, true, 40 * ms},
		{"at no spacing", learned{}, 0, false, freeSpacing},
		{"never above the longest spacing", learned{limit: maxSpacing, share: 0.1}, maxSpacing, true, maxSpacing},
	}
	for _, test := range tests {
		l := test.before
		l.refused(time.Now(), test.refused, test.soon)
		if l.limit != test.limit {
			t.Errorf("%s: limit is %v, want %v", test.name, l.limit, test.limit)
		}
	}
}

// A night asleep between two refusals is no night of refusals.
func TestTimeWithoutCallsIsNotPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		refuse(t, take(t, g, "m", Submit), 0)
		second := take(t, g, "m", Submit)
		time.Sleep(8 * time.Hour)
		if got := refuse(t, second, 0).Stuck; got > 3*time.Minute {
			t.Errorf("stuck for %v", got)
		}
		third := take(t, g, "m", Submit) // after a pause of seconds
		time.Sleep(8 * time.Hour)
		refuse(t, third, 14*time.Minute)
		start := time.Now()
		if got := refuse(t, take(t, g, "m", Submit), 0).Stuck; got < time.Since(start) || got > 25*time.Minute {
			t.Errorf("stuck for %v, of which %v in one pause", got, time.Since(start))
		}
	})
}

func TestSuccessWithoutAWaitDoesNotQuickenThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, nil)
		for range 1000 {
			time.Sleep(time.Second)
			take(t, g, "m", Poll).Succeeded()
		}
		if got := g.scopes["m"].learned.spacing; got != firstSpacing {
			t.Errorf("spacing is %v", got)
		}
	})
}

func TestPaceBecomesFreeWithoutRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, nil)
		start := time.Now()
		for g.scope("m").learned.spacing > 0 {
			take(t, g, "m", Submit).Succeeded()
		}
		if got := time.Since(start); got > 2*time.Second {
			t.Errorf("it took %v", got)
		}
	})
}
