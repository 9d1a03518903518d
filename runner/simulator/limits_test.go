package simulator

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Hour)
		config.Limits = Limits{RequestsPerMinute: 60, Burst: 5}
		config.RetryAfter = 9
		c := newClient(t, config)
		id := c.accepted("first")
		c.status(id)
		c.must("GET", "/api/v1/apikeys/current-balance", "")
		c.accepted("second")
		c.accepted("third")
		r, _ := c.submit("fourth")
		if r.status != 429 || r.code != 429 || r.header.Get("Retry-After") != "9" {
			t.Errorf("over the limit: %d %s", r.status, r.body)
		}
		if r := c.must("GET", statusPath(id), ""); r.status != 429 {
			t.Errorf("status over the limit: %d", r.status)
		}
		for i := range 10 {
			time.Sleep(time.Second)
			c.accepted(fmt.Sprint("after a second ", i))
			if r, _ := c.submit("too soon"); r.status != 429 {
				t.Errorf("second in a second: %d", r.status)
			}
		}
		if n := c.sim.Stats().RateLimited; n != 12 {
			t.Errorf("%d answers of 429 counted", n)
		}
	})
}

func TestPollsAreFreeOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Hour)
		config.Limits, config.FreePolls = Limits{RequestsPerMinute: 1}, true
		c := newClient(t, config)
		id := c.accepted("x")
		for range 10 {
			c.status(id)
		}
		if r, _ := c.submit("y"); r.status != 429 {
			t.Errorf("submit: %d", r.status)
		}
	})
}

func TestConcurrentTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Minute)
		config.Limits.ConcurrentTasks = 3
		c := newClient(t, config)
		for i := range 3 {
			c.accepted(fmt.Sprint("x", i))
		}
		if r, _ := c.submit("one more"); r.status != 429 || len(c.sim.Ledger()) != 3 {
			t.Errorf("over the limit: %d", r.status)
		}
		if s := c.sim.Stats(); s.Running != 3 {
			t.Errorf("%d running", s.Running)
		}
		time.Sleep(time.Minute)
		if s := c.sim.Stats(); s.Running != 0 || s.MaxRunning != 3 {
			t.Errorf("%d running, most %d", s.Running, s.MaxRunning)
		}
		c.accepted("one more")
	})
}

func TestLimitsPerModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Hour)
		config.ModelLimits = map[string]Limits{testModel: {ConcurrentTasks: 1}}
		c := newClient(t, config)
		c.accepted("x")
		if r, _ := c.submit("y"); r.status != 429 {
			t.Errorf("second of the model: %d", r.status)
		}
		if r := c.must("POST", "/api/v1/generateTask/nano-banana-2", body("y")); r.status != 200 {
			t.Errorf("another model: %d %s", r.status, r.body)
		}
	})
}

func TestLatencyStaysNearItsBounds(t *testing.T) {
	l := Latency{10 * time.Second, 40 * time.Second}
	inside, below := 0, 0
	for i := range 2000 {
		d := drawLatency(draw(1, fmt.Sprint(i)), l)
		if d < l.Min/2 || d > 3*l.Max {
			t.Fatalf("%v", d)
		}
		if d >= l.Min && d <= l.Max {
			inside++
		}
		if d < 20*time.Second {
			below++
		}
	}
	if inside < 1700 || inside > 1900 || below < 900 || below > 1100 {
		t.Errorf("of 2000, %d lie inside and %d below the middle", inside, below)
	}
}

func TestSpeedDividesLatency(t *testing.T) {
	config := taking(time.Minute)
	config.Speed = 1000
	c := newClient(t, config)
	c.accepted("x")
	a := c.sim.Ledger()[0]
	if d := a.CompletesAt.Sub(a.Time.Truncate(time.Millisecond)); d != 60*time.Millisecond {
		t.Errorf("runs for %v", d)
	}
}

func TestWrongConfigsAreRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"funds":    {FundsStatus: 403},
		"speed":    {Speed: -1},
		"latency":  {Latency: &Latency{2, 1}},
		"lifetime": {URLLifetime: -1},
		"retry":    {RetryAfter: -1},
		"limits":   {Limits: Limits{Burst: -1}},
		"model":    {ModelLimits: map[string]Limits{"m": {ConcurrentTasks: -1}}},
		"files":    {FilesURL: "/files"},
		"ledger":   {LedgerFile: "/dev/null/no"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
