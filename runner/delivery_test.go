package runner

import (
	"fmt"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

func TestDeliveriesTakeBoundedRoom(t *testing.T) {
	d := newDeliveries(true)
	for i := range 2 * maxRemembered {
		d.ring(fmt.Sprint(i))
		d.remember(fmt.Sprint(i), "task")
		d.remember(fmt.Sprint(i), fmt.Sprint("task_", i))
	}
	if len(d.unwritten) != maxRemembered || d.remembered("7") != "task_7" || len(d.rung) != 0 {
		t.Errorf("%d are kept, the eighth is %q", len(d.unwritten), d.remembered("7"))
	}
	if d.forget("7"); d.remembered("7") != "" {
		t.Error("it was not forgotten")
	}
}

func TestDeliveryReachesWhoeverFollowsItsSubmit(t *testing.T) {
	d, j := newDeliveries(true), newTestJob()
	d.ring("one") // nobody follows it
	d.follow(j, "one")
	d.follow(j, "two") // and the first too
	if len(j.bell.rung)+len(d.more) != 0 {
		t.Fatal("it is heard before it comes")
	}
	for range 1000 {
		d.ring("one")
	}
	if len(j.bell.rung) != 1 || len(d.more) != 1 || !d.ringing()[j] || len(d.ringing()) != 0 {
		t.Errorf("a thousand are heard as %d", len(j.bell.rung))
	}
	if j.bell.heard {
		t.Error("the latest submit was not heard of")
	}
	if d.ring("two"); !j.bell.heard {
		t.Error("the latest submit was heard of")
	}
}

func newTestJob() *job {
	return &job{action: &plan.Action{Address: task.Address{Name: "a"}}}
}

func TestDeliveriesAreCountedOnWhileTheyCome(t *testing.T) {
	d, j := newDeliveries(true), newTestJob()
	end := func(nonce string, called, heard bool) bool {
		d.follow(j, nonce)
		j.bell.called = called
		if heard {
			d.ring(nonce)
		}
		return d.ended(j.bell)
	}
	for i, step := range []struct{ called, heard, lost, reliable bool }{
		{true, false, false, true},
		{true, false, false, true},
		{false, false, false, true}, // was not asked for
		{true, true, false, true},
		{true, false, false, true},
		{true, false, false, true},
		{true, false, true, false},
		{true, false, false, false},
		{true, true, false, true},
	} {
		if lost := end(fmt.Sprint(i), step.called, step.heard); lost != step.lost || d.reliable() != step.reliable {
			t.Errorf("step %d: lost %t, reliable %t", i, lost, d.reliable())
		}
	}
}
