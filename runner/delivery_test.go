package runner

import (
	"fmt"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

func TestDeliveriesTakeBoundedRoom(t *testing.T) {
	d := newDeliveries()
	for i := range 2 * maxLate {
		d.take(fmt.Sprint(i), "task", false)
		d.take(fmt.Sprint(i), fmt.Sprint("task_", i), false)
	}
	if len(d.late) != maxLate || d.late["7"] != "task_7" || len(d.more) != 1 {
		t.Errorf("%d are kept, the eighth is %q", len(d.late), d.late["7"])
	}
	d.take("unnamed", "", false)
	d.take("settled", "task", true)
	if len(d.late) != maxLate {
		t.Error("what is of no use is kept")
	}
}

func TestDeliveryReachesWhoeverFollowsItsSubmit(t *testing.T) {
	d, j := newDeliveries(), &job{action: &plan.Action{Address: task.Address{Name: "a"}}}
	d.take("one", "task_1", false) // before anybody follows
	d.follow(j, "one")
	if len(j.bell.rung) != 1 || d.named(j.bell)["one"] != "task_1" || len(d.late) != 0 {
		t.Fatalf("it is not heard: %+v", j.bell)
	}
	<-j.bell.rung
	for range 1000 {
		d.take("one", "task_2", false)
	}
	d.follow(j, "one")
	if named := d.named(j.bell); len(j.bell.rung) != 1 || len(named) != 1 || named["one"] != "task_2" {
		t.Errorf("a thousand are heard as %d, of %v", len(j.bell.rung), named)
	}
	d.follow(j, "two") // and the first too
	d.take("one", "task_3", false)
	d.take("two", "task_4", true)
	if named := d.named(j.bell); len(named) != 1 || named["one"] != "task_3" {
		t.Errorf("named: %v", named)
	}
	d.unfollow(j) // what is not settled is kept
	if len(d.bells) != 0 || j.bell != nil || d.late["one"] != "task_3" {
		t.Errorf("a bell is left, or nothing kept: %v", d.late)
	}
	d.close()
	if d.take("one", "task_5", false) || !d.take("one", "task_5", true) {
		t.Error("what nobody looks into is taken")
	}
}

func TestDeliveriesAreCountedOnWhileTheyCome(t *testing.T) {
	d, j := newDeliveries(), &job{action: &plan.Action{}}
	end := func(nonce string, called, heard bool) bool {
		d.follow(j, nonce)
		j.bell.called = called
		if heard {
			d.take(nonce, "", true)
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
