package view

import (
	"fmt"
	"io"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// counter counts what is written to it.
type counter struct{ bytes, writes int }

func (c *counter) Write(text []byte) (int, error) {
	c.bytes += len(text)
	c.writes++
	return len(text), nil
}

// BenchmarkArea is what the live area costs while 1,000 tasks are in flight and 20 end
// each second: bytes and writes a second, and the share of one processor. All of a
// second of the run is drawn at once, so the share is processor time, not time.
func BenchmarkArea(b *testing.B) {
	const tasks, perSecond = 1000, 20
	for _, width := range []int{200, 80, 20} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			p := Plan{Plan: &plan.Plan{}, Target: Target{Path: "jobs.hcl"}, Operation: "apply"}
			for i := range 100_000 {
				p.Actions = append(p.Actions, pays(plan.Submit, address("hero", fmt.Sprint(i)), plan.New, "", known(cent, cent)))
			}
			var sent counter
			h := &Human{Out: io.Discard, Err: &sent, OutStyle: plain, ErrStyle: Style{Terminal: true, Color: true, Width: width}, Live: true}
			h.Begin(p)
			next := 0
			submit := func() {
				h.Event(runner.Event{Kind: runner.Submitted, Address: p.Actions[(next+tasks)%len(p.Actions)].Address, Record: state.Record{Cost: cent}})
			}
			for next = -tasks; next < 0; next++ {
				submit()
			}
			seconds := 0
			for b.Loop() {
				for range time.Second / redrawEvery {
					for range perSecond * redrawEvery / time.Second {
						done := p.Actions[next%len(p.Actions)].Address
						h.Event(runner.Event{Kind: runner.Succeeded, Address: done})
						h.Event(runner.Event{Kind: runner.Saved, Address: done})
						submit()
						next++
					}
					h.write()
				}
				seconds++
			}
			b.ReportMetric(float64(sent.bytes)/float64(seconds), "B/s")
			b.ReportMetric(float64(sent.writes)/float64(seconds), "writes/s")
			b.ReportMetric(100*b.Elapsed().Seconds()/float64(seconds), "%cpu")
		})
	}
}
