package apixo

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestConnectionsThatMayHaveDied(t *testing.T) {
	const s, h = time.Second, time.Hour
	for _, test := range []struct {
		name            string
		monotonic, wall time.Duration
		want            bool
	}{
		{"used a moment ago", s, s, false},
		{"used half a minute ago", 30 * s, 30 * s, false},
		{"unused for longer than they are kept", 31 * s, 31 * s, true},
		{"stopped", 8 * h, 8 * h, true},
		{"asleep, and the monotonic clock stood still", s, 8 * h, true},
		{"asleep for a moment, likewise", s, 5 * s, true},
		{"clocks drift", s, 2 * s, false},
		{"the clock was set back", s, -h, false},
	} {
		if got := slept(test.monotonic, test.wall); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

func TestConnectionsAreRenewedAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := DefaultTransport()
		c := &connections{http: first}
		for range 5 {
			if c.forCall() != http.RoundTripper(first) {
				t.Fatal("renewed while in use")
			}
			time.Sleep(maxIdle)
		}
		time.Sleep(time.Second)
		second := c.forCall()
		if second == http.RoundTripper(first) {
			t.Error("not renewed after a pause")
		}
		c.silent(first) // a call of long ago
		if c.forCall() != second {
			t.Error("renewed for the silence of a connection that was left already")
		}
		c.silent(second)
		if c.forCall() == second {
			t.Error("not renewed after a silence")
		}
	})
}
