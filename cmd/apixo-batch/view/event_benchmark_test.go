package view

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
)

// BenchmarkEvents is how many events a view takes in a second. A run waits for its
// observer, so there must be many times more than the three or so of each task.
func BenchmarkEvents(b *testing.B) {
	submits := Plan{Plan: &plan.Plan{}, Target: Target{Path: "jobs.hcl"}, Operation: "apply"}
	events := make([]runner.Event, 0, 3000)
	for i := range 1000 {
		for _, kind := range []runner.EventKind{runner.Submitted, runner.Succeeded, runner.Saved} {
			events = append(events, event(kind, fmt.Sprintf("row%d", i)))
		}
		submits.Actions = append(submits.Actions, pays(plan.Submit, address("hero", fmt.Sprintf("row%d", i)), plan.New, "", known(cent, cent)))
	}
	for name, v := range map[string]View{
		"lines": &Human{Out: io.Discard, Err: io.Discard, OutStyle: plain, ErrStyle: plain},
		"live":  &Human{Out: io.Discard, Err: io.Discard, OutStyle: plain, ErrStyle: plain, Live: true},
		"json":  NewJSON(io.Discard, "1.2.3", 0),
	} {
		b.Run(name, func(b *testing.B) {
			v.Begin(submits)
			ctx, cancel := context.WithCancel(context.Background())
			var following sync.WaitGroup
			following.Go(func() { v.Follow(ctx, nil) })
			n := 0
			for b.Loop() {
				v.Event(events[n%len(events)])
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			cancel()
			following.Wait()
		})
	}
}
