package main

import (
	"runtime/debug"
	"testing"

	"apixo-batch/runner/plan"
)

func TestGarbageOfManyActionsIsCollectedMoreOften(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, c := range []struct{ actions, usual, want int }{
		{manyActions - 1, 100, 100}, {manyActions, 100, garbage}, {manyActions, 200, 200}, {manyActions, 30, 30},
	} {
		debug.SetGCPercent(c.usual)
		spareMemory(&plan.Plan{Actions: make([]plan.Action, c.actions)})
		if got := debug.SetGCPercent(100); got != c.want {
			t.Errorf("%d actions, GOGC=%d: %d; want %d", c.actions, c.usual, got, c.want)
		}
	}
}
