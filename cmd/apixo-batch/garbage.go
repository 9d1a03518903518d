package main

import (
	"runtime/debug"

	"apixo-batch/runner/plan"
)

const (
	// manyActions is how many a run needs for what it holds of each, and what lies
	// around until it is collected, to take more than 500 MB in Go's usual way.
	manyActions = 75_000
	// garbage is what may lie around then, in percent of what is held; 100 is usual. It
	// costs some hundredths of the processor time.
	garbage = 50
)

// spareMemory has garbage collected more often from here on if a plan of many actions is
// carried out, unless GOGC says how often.
func spareMemory(made *plan.Plan) {
	if len(made.Actions) < manyActions {
		return
	}
	if usual := debug.SetGCPercent(garbage); usual != 100 {
		debug.SetGCPercent(usual)
	}
}
