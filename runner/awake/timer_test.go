package awake

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTimerFiresOnTimeWhileAwake(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 999 * time.Millisecond, time.Second, 2500 * time.Millisecond, time.Minute, 15*time.Minute + time.Second} {
		synctest.Test(t, func(t *testing.T) {
			begin, fired := time.Now(), make(chan time.Duration, 2)
			timer := After(d, func() { fired <- time.Since(begin) })
			if got := <-fired; got != d {
				t.Errorf("a timer of %s fired after %s", d, got)
			}
			if timer.Stop() {
				t.Error("it was stopped after it fired")
			}
			timer.Reset()
			time.Sleep(time.Hour)
			if len(fired) > 0 {
				t.Error("it fired again")
			}
		})
	}
}

func TestTimerBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, fired := time.Now(), make(chan time.Duration, 1)
		timer := After(10*time.Second, func() { fired <- time.Since(begin) })
		for range 7 {
			time.Sleep(9500 * time.Millisecond)
			timer.Reset()
		}
		if got, want := <-fired, 7*9500*time.Millisecond+10*time.Second; got != want {
			t.Errorf("it fired after %s, want %s", got, want)
		}
	})
}

func TestStoppedTimerDoesNotFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer := After(10*time.Second, func() { t.Error("it fired") })
		time.Sleep(9900 * time.Millisecond)
		if !timer.Stop() {
			t.Error("it was not stopped")
		}
		time.Sleep(time.Hour)
	})
}

// A bubble's clock cannot oversleep, so what a sleep does to a timer is tested on
// the arithmetic.
func TestTimeAsleepCountsForNothing(t *testing.T) {
	const s, h = time.Second, time.Hour
	for _, test := range []struct {
		name                                     string
		left, whole, tick, monotonic, wall, want time.Duration
	}{
		{"awake", 60 * s, 60 * s, s, s, s, 59 * s},
		{"the last tick", s, 60 * s, s, s, s, 0},
		{"a busy machine", 40 * s, 60 * s, s, 3 * s, 3 * s, 39 * s},
		{"a busy machine, at the end", s, 60 * s, s, 3 * s, 3 * s, 0},
		{"stopped", 40 * s, 60 * s, s, 8 * h, 8 * h, 39 * s},
		{"stopped in the last tick", s, 60 * s, s, 8 * h, 8 * h, afterWaking},
		{"asleep, and the monotonic clock stood still", 40 * s, 60 * s, s, s, 8 * h, 39 * s},
		{"asleep in the last tick, likewise", s, 60 * s, s, s, 8 * h, afterWaking},
		{"a short timer", s, 2 * s, s, 8 * h, 8 * h, 2 * s},
		{"the clock was set back", 40 * s, 60 * s, s, s, -8 * h, 39 * s},
		{"a long timer", 600 * s, 900 * s, 15 * s, 15 * s, 15 * s, 585 * s},
	} {
		if got := remaining(test.left, test.whole, test.tick, test.monotonic, test.wall); got != test.want {
			t.Errorf("%s: %s left, want %s", test.name, got, test.want)
		}
	}
}
