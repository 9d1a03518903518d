package state

import "testing"

// What came after a task that runs may be lost, whether it is the latest or an earlier one.
func TestEveryTaskThatRunsIsMarkedWhereChangesAreLost(t *testing.T) {
	r := Record{Status: Succeeded, Past: []Past{{TaskID: "a", Status: Failed}, {TaskID: "b", Status: Running}}}
	before := r.Past
	if !r.loseChanges() || r.LostChanges || r.Past[0].LostChanges || !r.Past[1].LostChanges || before[1].LostChanges {
		t.Errorf("an earlier one: %+v, and the record as it was: %+v", r, before)
	}
	if r.loseChanges() {
		t.Error("once more it changes something")
	}
	front := r.Restore(1, r.Request)
	if !front.LostChanges || !new(front.AsPast()).LostChanges {
		t.Errorf("taken back: %+v", front)
	}
	latest := Record{Status: Running}
	if !latest.loseChanges() || !latest.LostChanges {
		t.Errorf("the latest: %+v", latest)
	}
}

// Attempts are what was paid for: all tasks of a request, but for one that was imported.
func TestARestoredTaskCountsTheAttemptsAtItsRequest(t *testing.T) {
	r := Record{TaskID: "now", Fingerprint: "other", Status: Succeeded, Past: []Past{
		{TaskID: "failed", Fingerprint: "f", Status: Failed, Cost: 1, Priced: true},
		{TaskID: "", Fingerprint: "f", Status: Failed},
		{TaskID: "unpriced", Fingerprint: "f", Status: Running},
		{TaskID: "imported", Fingerprint: "i", Status: Succeeded, Priced: true},
	}}
	if got := r.Restore(2, r.Request).Attempt; got != 2 {
		t.Errorf("%d attempts at f", got)
	}
	if got := r.Restore(3, r.Request).Attempt; got != 0 {
		t.Errorf("%d attempts at what was imported", got)
	}
}
