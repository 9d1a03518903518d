package state

import (
	"testing"
	"time"

	"apixo-batch/spec/task"
)

// Changes of one batch are checked as if each came after the one before.
func TestAddressThatWasRemovedIsFreeInTheSameBatch(t *testing.T) {
	a, err := task.ParseAddress("task.a")
	if err != nil {
		t.Fatal(err)
	}
	v := newView(Header{})
	if err := v.apply(Change{Op: "x", Put: []Record{{Address: a, Status: Running, TaskID: "t1", AcceptedAt: time.Now()}}}, nil); err != nil {
		t.Fatal(err)
	}
	d := v.draft()
	if err := d.accept(Change{Op: "rm", Remove: []task.Address{a}}); err != nil {
		t.Fatal(err)
	}
	if err := d.accept(Change{Op: "new", Put: []Record{{Address: a, Status: Pending}}}); err != nil {
		t.Error(err)
	}
}
