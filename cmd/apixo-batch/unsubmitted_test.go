package main

import (
	"testing"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

func TestWhatARerunCouldStillSubmit(t *testing.T) {
	up, other, down, last := task.Address{Name: "up"}, task.Address{Name: "other"}, task.Address{Name: "down"}, task.Address{Name: "last"}
	p := &plan.Plan{}
	for a, upstreams := range map[task.Address][]task.Address{up: nil, other: nil} {
		p.Actions = append(p.Actions, plan.Action{Kind: plan.Submit, Address: a, Instance: &spec.Instance{Address: a, InstanceSettings: new(spec.InstanceSettings), DependsOn: upstreams}})
	}
	p.Actions = append(p.Actions,
		plan.Action{Kind: plan.Submit, Address: down, Instance: &spec.Instance{Address: down, InstanceSettings: new(spec.InstanceSettings), DependsOn: []task.Address{other, up}}},
		plan.Action{Kind: plan.Submit, Address: last, Instance: &spec.Instance{Address: last, InstanceSettings: new(spec.InstanceSettings), DependsOn: []task.Address{down}}})
	at := func(a task.Address, reason task.Reason, retryable bool) []runner.Ended {
		return []runner.Ended{{Address: a, Failure: task.Failure{Reason: reason, Retryable: retryable}}}
	}
	both := append(at(down, task.DependencyFailed, false), at(last, task.DependencyFailed, false)...)
	for _, test := range []struct {
		name string
		sum  runner.Summary
		want bool
	}{
		{"nothing is left", runner.Summary{}, false},
		{"not submitted", runner.Summary{Left: make([]runner.Ended, 1)}, true},
		{"upstream failed for good", runner.Summary{Failed: at(up, task.ContentPolicy, false), Skipped: both}, false},
		{"upstream failed for now", runner.Summary{Failed: at(up, task.Timeout, true), Skipped: both}, true},
		{"upstream is not downloaded", runner.Summary{Failed: at(up, task.DownloadFailed, false), Skipped: both}, true},
		{"upstream runs", runner.Summary{Running: at(up, "", false), Skipped: both}, true},
		{"upstream was cut off in its download", runner.Summary{Undelivered: at(up, "", false), Skipped: both}, true},
		{"upstream is in doubt", runner.Summary{InDoubt: at(up, "", false), Skipped: both}, false},
		{"one upstream for now, one for good", runner.Summary{
			Failed: append(at(up, task.Timeout, true), at(other, task.ContentPolicy, false)...), Skipped: both}, false},
		{"its input cannot be evaluated", runner.Summary{Skipped: at(down, task.InvalidInput, false)}, false},
		{"its upstreams have nothing that it needs", runner.Summary{Skipped: both}, false},
		{"a result cannot be fetched now", runner.Summary{Skipped: at(down, task.DownloadFailed, true)}, true},
		{"a result has expired", runner.Summary{Skipped: at(down, task.Expired, false)}, false},
	} {
		if got := unsubmitted(p, test.sum); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	for by, want := range map[plan.Omission]bool{plan.ByResume: true, plan.ByLimit: false} {
		left := plan.Action{Kind: plan.Keep, Reason: plan.LeftOut, LeftOutBy: by, Otherwise: plan.Submit}
		if unsubmitted(&plan.Plan{Actions: []plan.Action{left}}, runner.Summary{}) != want {
			t.Errorf("what %s left out is to be gone on with: want %t", by, want)
		}
	}
}
