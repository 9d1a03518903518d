package state

import (
	"testing"
	"time"
)

func TestLimitsAreReplacedAndRemovedByModel(t *testing.T) {
	path := newPath(t)
	at := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	a, b := Limit{Model: "a", SpacingMicros: 200_000, At: at}, Limit{Model: "b", Tasks: 20, At: at}
	s := open(t, path)
	commit(t, s, Change{Op: "limits", Limits: []Limit{b, a, {Model: "never"}}})
	want := func(stage string, want ...Limit) {
		t.Helper()
		c, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(c.Limits, want); d != "" {
			t.Errorf("%s:\n%s", stage, d)
		}
	}
	want("in the journal", a, b)
	closeStore(t, s)
	want("in the snapshot", a, b)
	s = open(t, path)
	if d := diff(s.Limits(), []Limit{a, b}); d != "" {
		t.Errorf("opened again:\n%s", d)
	}
	a.SpacingMicros = 100_000
	commit(t, s, Change{Op: "limits", Limits: []Limit{{Model: "b", At: at}, a}})
	want("replaced and removed", a)
	crash(t, s)
	want("after a crash", a)
}

// What a snapshot says of limits is a guess: nothing that stands there keeps the
// state from being read.
func TestDamageKeepsLimitsThatCanBeRead(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	commit(t, s, Change{Op: "limits", Limits: []Limit{{Model: "a", SpacingMicros: -5, Tasks: -1}}})
	put(t, s, running(1))
	put(t, s, running(2))
	crash(t, s)
	journal := contents(t, PathsFor(path).Journal)
	journal[len(journal)-40] ^= 1
	write(t, PathsFor(path).Journal, journal)
	salvaged, err := Salvage(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if l := salvaged.Contents.Limits; salvaged.Damage == nil || len(l) != 1 || l[0].SpacingMicros != -5 {
		t.Errorf("damage %v, limits %+v", salvaged.Damage, l)
	}
}
