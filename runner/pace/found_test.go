package pace

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatWasFoundDecays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			age     time.Duration
			spacing time.Duration
			free    int
		}{
			{0, 400 * time.Millisecond, 10},
			{8 * time.Hour, 200 * time.Millisecond, 20},
			{24 * time.Hour, 50 * time.Millisecond, 80},
			{1000 * 24 * time.Hour, firstSpacing, mostTasks},
			{-8 * time.Hour, 200 * time.Millisecond, 20}, // the clock was set
		} {
			g := NewGroup(Limit{}, nil)
			g.Begin([]Found{{Model: "m", Spacing: 400 * time.Millisecond, Tasks: 10, At: time.Now().Add(-test.age)}})
			s := g.scope("m")
			if s.learned.spacing != test.spacing || s.room.free != test.free {
				t.Errorf("after %v: spacing %v and room for %d, want %v and %d", test.age, s.learned.spacing, s.room.free, test.spacing, test.free)
			}
		}
	})
}

func TestWhatNobodyCanHaveFoundIsLeftOut(t *testing.T) {
	for _, f := range []Found{
		{Spacing: -1, Tasks: -1}, {Spacing: math.MinInt64, Tasks: math.MinInt}, {Spacing: math.MaxInt64, Tasks: math.MaxInt},
		{Spacing: 1}, {}, {At: time.Unix(1<<60, 0)},
	} {
		g := NewGroup(Limit{}, nil)
		f.Model = "m"
		g.Begin([]Found{f})
		if s := g.scope("m"); s.learned.spacing != firstSpacing || s.room.full || len(g.Found()) > 0 {
			t.Errorf("%+v: spacing %v, full %t, found %+v", f, s.learned.spacing, s.room.full, g.Found())
		}
	}
}

// A limit that stands is confirmed by its first refusal, as it was found.
func TestARefusalConfirmsWhatWasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, nil)
		found := Found{Model: "m", Spacing: 200 * time.Millisecond, At: time.Now().Add(-time.Hour)}
		g.Begin([]Found{found})
		if got := g.Found(); len(got) != 1 || got[0] != found {
			t.Errorf("what was told became %+v", got)
		}
		take(t, g, "m", Poll)
		for range 20 {
			take(t, g, "m", Poll).Succeeded()
		}
		refuse(t, take(t, g, "m", Poll), 0)
		found.At = time.Now()
		if got := g.Found(); len(got) != 1 || got[0] != found {
			t.Errorf("a refusal made it %+v", got)
		}
	})
}

func TestASpacingThatNothingConfirmsIsLeft(t *testing.T) {
	for _, spacing := range []time.Duration{25 * time.Millisecond, 200 * time.Millisecond, maxSpacing} {
		synctest.Test(t, func(t *testing.T) {
			g := NewGroup(Limit{}, nil)
			g.Begin([]Found{{Model: "m", Spacing: spacing, At: time.Now()}})
			began := time.Now()
			for len(g.Found()) > 0 {
				take(t, g, "m", Submit).Succeeded()
			}
			if took := time.Since(began); took < 8*time.Second || took > 20*time.Second {
				t.Errorf("%v was believed for %v", spacing, took)
			}
		})
	}
}

// With room for some tasks only, places come free by the ends of tasks, and by
// submits of which none came.
func TestRoomThatWasFoundIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(Limit{}, declared)
		g.Begin([]Found{{Model: "m", Tasks: 3, At: time.Now()}})
		for range 3 {
			take(t, g, "m", Submit).Succeeded()
			g.Started("m")
		}
		g.Ended("m")
		ticket, wait := waited(t, g, "m", Submit)
		ticket.Unused()
		if _, again := waited(t, g, "m", Submit); wait > 0 || again > 0 {
			t.Errorf("with a place free, submits waited %v and %v", wait, again)
		}
		g.Started("m")
		if _, wait := waited(t, g, "m", Submit); wait < time.Second {
			t.Errorf("with none free, a submit waited %v", wait)
		}
		for range 4 { // twice as many
			g.Started("m")
		}
		if got := g.Found(); len(got) > 0 {
			t.Errorf("twice as many run, and the limit is still %+v", got)
		}
	})
}
