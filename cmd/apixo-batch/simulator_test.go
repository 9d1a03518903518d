package main

import (
	"fmt"
	"strings"
	"testing"

	"apixo-batch/runner/simulator"
)

// Who writes [sim:latency=30s] into a prompt is told how long -simulate takes for it.
func TestManualOfMarkersTellsTheSpeedOfSimulate(t *testing.T) {
	if want := fmt.Sprintf("the speed is %d with -simulate", simulatedSpeed); !strings.Contains(simulator.Manual(), want) {
		t.Errorf("%q is not in the manual", want)
	}
}
