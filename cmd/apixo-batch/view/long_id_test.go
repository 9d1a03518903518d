package view

import (
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// A task ID that is wider than the terminal, as those of the simulator are, stays whole
// and stands alone, last, so that it can be copied and the words around it are read.
func TestALongTaskIDHasALineOfItsOwn(t *testing.T) {
	id := "sim_" + strings.Repeat("x", 90)
	running := state.Record{
		Address: address("hero", "cat"), Status: state.Running, TaskID: id, Request: task.Request{Model: "nano-banana"},
		AcceptedAt: noon.Add(-time.Minute), Past: []state.Past{{Status: state.Failed, TaskID: id, Failure: &task.Failure{Reason: task.Timeout}}},
	}
	s := Status{Path: "jobs.state.json", Records: []state.Record{running}, Now: noon}
	var status, shown strings.Builder
	WriteStatus(&status, plain, s)
	if err := WriteState(&shown, plain, s); err != nil {
		t.Fatal(err)
	}
	ended := runner.Ended{Address: running.Address, TaskID: id, ExpiresAt: noon.Add(time.Hour)}
	for name, c := range map[string]struct{ text, want string }{
		"status":          {status.String(), "\n  task.hero[\"cat\"]  accepted 1m0s ago, task\n    " + id + "\n"},
		"show":            {shown.String(), "\n  task\n    " + id + "\n  attempt"},
		"earlier in show": {shown.String(), "\n  earlier   failed: timeout, $0.00, task\n    " + id + "\n"},
		"running": {summaryText(Summary{Operation: "apply", Summary: runner.Summary{Ended: noon, Running: []runner.Ended{ended}}}),
			"\n      task.hero[\"cat\"]  task\n        " + id + "\n"},
		"undelivered": {summaryText(Summary{Operation: "apply", Summary: runner.Summary{Ended: noon, Undelivered: []runner.Ended{ended}}}),
			"\n      task.hero[\"cat\"]  its URLs expire in 1h0m, task\n        " + id + "\n"},
		"plan": {planText(Plan{Plan: &plan.Plan{Actions: []plan.Action{{
			Eval: &spec.Evaluation{}, Kind: plan.Collect, Address: running.Address, Reason: plan.StillRunning, Detail: "paid for and running, task " + id,
			Instance: instance(running.Address, "nano-banana"), Prior: &running,
		}}}}), "\n           task.hero[\"cat\"]  paid for and running\n"},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("%s: want %q in\n%s", name, c.want, c.text)
		}
	}
}
