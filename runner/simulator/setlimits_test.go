package simulator

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitsChangeWhileTasksRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, taking(time.Hour))
		c.accepted("first")
		c.accepted("second")
		if err := c.sim.SetLimits(Limits{ConcurrentTasks: 2}); err != nil {
			t.Fatal(err)
		}
		if r, _ := c.submit("third"); r.status != 429 {
			t.Errorf("a third task beside two, which is the limit now: %d", r.status)
		}
		if err := c.sim.SetLimits(Limits{ConcurrentTasks: 3}); err != nil {
			t.Fatal(err)
		}
		c.accepted("third again")
		if err := c.sim.SetLimits(Limits{Burst: -1}); err == nil {
			t.Error("a negative limit was taken")
		}
	})
}
