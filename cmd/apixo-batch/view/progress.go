package view

import (
	"fmt"
	"strings"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// tally counts how far a run has come, from its events.
type tally struct {
	total     int
	ended     map[task.Address]runner.EventKind // the last word on an instance
	counts    map[runner.EventKind]int          // of ended
	running   map[task.Address]bool
	spent     task.Cost
	estimate  task.Cost
	simulated bool
}

func newTally(p Plan) *tally {
	t := &tally{
		ended: make(map[task.Address]runner.EventKind), counts: make(map[runner.EventKind]int), running: make(map[task.Address]bool),
		estimate: p.Totals().High, simulated: p.Target.Simulated,
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind.Pays() || a.Collects() {
			t.total++
		}
		if a.Reason == plan.StillRunning {
			t.running[a.Address] = true
		}
	}
	return t
}

func (t *tally) add(e runner.Event) {
	switch e.Kind {
	case runner.Settled:
		t.spent += e.Record.Cost
		if e.Record.Status == state.Running { // else it is an earlier task
			t.running[e.Address] = true
			t.end(e.Address, "")
		}
	case runner.Submitted, runner.Unrecorded, runner.Imported:
		t.running[e.Address] = true
		t.end(e.Address, "")
		t.spent += e.Record.Cost
	case runner.Saved, runner.Failed, runner.Doubted, runner.Detached, runner.Skipped:
		delete(t.running, e.Address)
		t.end(e.Address, e.Kind)
	case runner.Succeeded, runner.Retrying:
		delete(t.running, e.Address)
	}
}

// end notes the last word on an instance, "" if it goes on after all.
func (t *tally) end(a task.Address, kind runner.EventKind) {
	if before, ended := t.ended[a]; ended {
		t.counts[before]--
		delete(t.ended, a)
	}
	if kind != "" {
		t.ended[a] = kind
		t.counts[kind]++
	}
}

// text is the state of the run in one line.
func (t *tally) text() string {
	parts := []string{fmt.Sprintf("%d/%d done", t.counts[runner.Saved], t.total)}
	for _, part := range []struct {
		n    int
		text string
	}{
		{t.counts[runner.Failed], "failed"},
		{t.counts[runner.Skipped], "skipped"},
		{t.counts[runner.Doubted], "in doubt"},
		{len(t.running), "running"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	text := strings.Join(parts, ", ")
	if t.estimate > 0 {
		text += fmt.Sprintf(", %s of %s", t.spent, t.estimate)
	}
	if t.simulated {
		text = "SIMULATED " + text
	}
	return text
}
