package main

import (
	"runtime/debug"
	"testing"

	"apixo-batch/runner/plan"
)

func TestGarbageOfManyActionsIsCollectedMoreOften(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	for _, c := range []struct{ actions, usual, want int }{
		{manyActions - 1, 100, 100}, {manyActions, 100, garbage}, {manyActions, 200, 200}, {manyActions, 30, 30},
	} {
		debug.SetGCPercent(c.usual)
		end := spareMemory(&plan.Plan{Actions: make([]plan.Action, c.actions)})
		during := percent()
		if end(); during != c.want || percent() != c.usual {
			t.Errorf("%d actions, GOGC=%d: %d while they are carried out, then %d; want %d", c.actions, c.usual, during, percent(), c.want)
		}
	}
}
