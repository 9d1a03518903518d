package main

import (
	"testing"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// The rest is what was not submitted, and what the next run tries again.
func TestThePriceOfTheRest(t *testing.T) {
	price := func(usdMicros task.Cost) plan.Price {
		return plan.Price{Low: usdMicros / 2, High: usdMicros, Known: true}
	}
	at := func(name string) task.Address { return task.Address{Name: name} }
	p := &plan.Plan{Actions: []plan.Action{
		{Kind: plan.Submit, Address: at("left"), Price: price(10)}, {Kind: plan.Submit, Address: at("unpriced")},
		{Kind: plan.Submit, Address: at("done"), Price: price(100)}, {Kind: plan.Submit, Address: at("failed"), Price: price(1000)},
	}}
	failed := func(name string, reason task.Reason, retryable bool) runner.Ended {
		return runner.Ended{Address: at(name), Cost: 1000, Priced: true, Failure: task.Failure{Reason: reason, Retryable: retryable}}
	}
	s := runner.Summary{
		Left: []runner.Ended{{Address: at("left")}, {Address: at("unpriced")}},
		Failed: []runner.Ended{
			failed("failed", task.Timeout, true), failed("bad", task.ContentPolicy, false), failed("kept", task.DownloadFailed, true),
		},
	}
	if got, want := priceOfRest(p, s), task.Cost(1010); got != want {
		t.Errorf("%d, want %d", got, want)
	}
}
