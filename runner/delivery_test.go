package runner

import (
	"fmt"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

func TestDeliveriesTakeBoundedRoom(t *testing.T) {
	d := newDeliveries()
	for i := range 2 * maxHints {
		d.take(fmt.Sprint(i), "task", false)
		d.take(fmt.Sprint(i), fmt.Sprint("task_", i), false)
	}
	if len(d.hints) != maxHints || d.named("7") != "task_7" || len(d.more) != 1 {
		t.Errorf("%d are kept, the eighth is %q", len(d.hints), d.named("7"))
	}
	d.take("unnamed", "", false)
	d.take("settled", "task", true)
	if kept, taken := d.take("one too many", "task", false); kept != nil || taken || len(d.hints) != maxHints {
		t.Error("what is of no use is kept")
	}
}

func TestDeliveryReachesWhoeverFollowsItsSubmit(t *testing.T) {
	d, j := newDeliveries(), &job{action: &plan.Action{Address: task.Address{Name: "a"}}}
	d.take("one", "task_1", false) // before anybody follows
	d.follow(j, "one")
	if len(j.bell.rung) != 1 || d.named("one") != "task_1" {
		t.Fatalf("it is not heard: %+v", j.bell)
	}
	<-j.bell.rung
	for range 1000 {
		d.take("one", "task_2", false)
	}
	d.follow(j, "one")
	if len(j.bell.rung) != 1 || len(d.hints) != 1 || d.named("one") != "task_2" {
		t.Errorf("a thousand are heard as %d, of %v", len(j.bell.rung), d.hints)
	}
	d.follow(j, "two") // and the first too
	d.take("one", "task_3", false)
	d.take("two", "task_4", true)
	if d.named("one") != "task_3" || d.named("two") != "" {
		t.Errorf("named: %v", d.hints)
	}
	d.unfollow(j) // what is not settled is kept
	if len(d.bells) != 0 || j.bell != nil || d.named("one") != "task_3" {
		t.Errorf("a bell is left, or nothing kept: %v", d.hints)
	}
	d.close()
	if _, taken := d.take("one", "task_5", false); taken {
		t.Error("what nobody looks into is taken")
	}
	if _, taken := d.take("one", "task_5", true); !taken {
		t.Error("what is settled is to be repeated")
	}
}

// A hint is safe once it is saved or dropped, not once another for its submit is.
func TestHintIsSafeOnceItIsSaved(t *testing.T) {
	d := newDeliveries()
	safe := func(h *hint) bool {
		select {
		case <-h.safe:
			return true
		default:
			return false
		}
	}
	first, _ := d.take("one", "task_1", false)
	again, _ := d.take("one", "task_1", false)
	if d.saved("one", "task_2"); first != again || safe(first) {
		t.Error("another task was saved, or the same is two hints")
	}
	d.saved("one", "task_1")
	d.saved("one", "task_1")
	second, _ := d.take("one", "task_2", false)
	if !safe(first) || safe(second) {
		t.Error("the first was saved, and the second was not")
	}
	d.forget("one", "task_1")
	if safe(second) || d.named("one") != "task_2" {
		t.Error("the second went with the first")
	}
	if d.forget("one", "task_2"); !safe(second) || d.named("one") != "" {
		t.Error("it was not forgotten")
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
