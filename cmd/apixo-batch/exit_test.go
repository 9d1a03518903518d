package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func ended(reason task.Reason, retryable bool) []runner.Ended {
	return []runner.Ended{{Failure: task.Failure{Reason: reason, Retryable: retryable}}}
}

func TestExitCodeOfARun(t *testing.T) {
	some := make([]runner.Ended, 1)
	for _, test := range []struct {
		name string
		sum  runner.Summary
		want int
	}{
		{"done", runner.Summary{Done: 3}, exitDone},
		{"failed for good", runner.Summary{Failed: ended(task.ContentPolicy, false)}, exitFailed},
		{"expired", runner.Summary{Failed: ended(task.Expired, false)}, exitFailed},
		{"lost", runner.Summary{Failed: ended(task.Lost, false)}, exitFailed},
		{"failed retryably", runner.Summary{Failed: ended(task.ServerError, true)}, exitAgain},
		{"download failed", runner.Summary{Failed: ended(task.DownloadFailed, false)}, exitAgain},
		{"still running", runner.Summary{Running: some}, exitAgain},
		{"not delivered", runner.Summary{Undelivered: some}, exitAgain},
		{"not submitted", runner.Summary{Left: some}, exitAgain},
		{"refused too long", runner.Summary{Left: some, Stop: task.RateLimited}, exitAgain},
		{"halted", runner.Summary{Left: some, Failed: ended(task.InvalidInput, false), Stop: task.Halted}, exitAgain},
		{"budget", runner.Summary{Left: some, Stop: task.BudgetReached}, exitMoney},
		{"balance", runner.Summary{Left: some, Stop: task.InsufficientFunds}, exitMoney},
		{"in doubt", runner.Summary{InDoubt: some}, exitDoubt},
		{"skipped for a failure", runner.Summary{Failed: ended(task.ContentPolicy, false), Skipped: ended(task.DependencyFailed, false)}, exitFailed},
		{"skipped for a doubt", runner.Summary{InDoubt: some, Skipped: ended(task.DependencyFailed, false)}, exitDoubt},
		{"skipped for a budget", runner.Summary{Skipped: ended(task.BudgetReached, false)}, exitMoney},
		{"doubt before money before rerun before failure", runner.Summary{
			InDoubt: some, Stop: task.BudgetReached, Running: some, Failed: ended(task.ContentPolicy, false)}, exitDoubt},
		{"money before rerun before failure", runner.Summary{
			Stop: task.InsufficientFunds, Running: some, Failed: ended(task.ContentPolicy, false)}, exitMoney},
		{"rerun before failure", runner.Summary{Running: some, Failed: ended(task.ContentPolicy, false)}, exitAgain},
	} {
		if got := codeOf(test.sum); got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
}

func TestEveryReasonHasAnExitCode(t *testing.T) {
	for _, reason := range task.Reasons {
		if code := codeOf(runner.Summary{Failed: ended(reason, false)}); code == exitDone {
			t.Errorf("%s ends with 0", reason)
		}
	}
}

func TestExitCodeWithNothingToDo(t *testing.T) {
	of := func(kinds ...plan.Kind) *plan.Plan {
		p := &plan.Plan{}
		for _, k := range kinds {
			p.Actions = append(p.Actions, plan.Action{Kind: k, Prior: &state.Record{Status: state.Succeeded}})
		}
		return p
	}
	orphan := func(s state.Status) *plan.Plan {
		return &plan.Plan{Actions: []plan.Action{{Kind: plan.Orphan, Prior: &state.Record{Status: s}}}}
	}
	for _, test := range []struct {
		plan *plan.Plan
		want int
	}{
		{of(plan.Keep, plan.Orphan), exitDone},
		{of(plan.Keep, plan.Blocked), exitFailed},
		{of(plan.Blocked, plan.Doubtful), exitDoubt},
		{orphan(state.Failed), exitDone},
		{orphan(state.InDoubt), exitDoubt},
		{orphan(state.Submitting), exitDoubt},
	} {
		if got := codeOfPlan(test.plan); got != test.want {
			t.Errorf("%v: exit code %d, want %d", test.plan.Actions, got, test.want)
		}
	}
}

func TestALostTaskComesWithTheCommandThatBringsItBack(t *testing.T) {
	hero, clip := task.Address{Name: "hero", Key: task.TextKey("cat")}, task.Address{Name: "clip"}
	broken := &runner.StateError{
		Err: errors.New("disk full"),
		Unrecorded: []runner.UnrecordedTask{
			{Address: hero, TaskID: "task_7"}, {Address: clip, TaskID: "task_8"},
			{Address: clip, TaskID: "task_9", File: "/tmp/s.errored-1.jsonl"}, {Address: clip, TaskID: "task_10", File: "/tmp/s.errored-1.jsonl"},
		},
		Unsent: []runner.UnsentSubmit{{Address: hero, Nonce: "NONCE1"}, {Address: clip, Nonce: "NONCE2"}},
	}
	target := view.Target{Path: "jobs.hcl", State: "s.json", Vars: []string{"-var=word=..."}}
	p, _, out := testProgram(nil, nil)
	err := closing(withAdvice(errors.Join(fmt.Errorf("run: %w", broken), context.Canceled), target), func() error { return errors.New("disk full") })
	if code := p.exit(err); code != exitError {
		t.Errorf("exit code %d", code)
	}
	lines := strings.Split(out.String(), "\n")
	for _, want := range []string{
		"  apixo-batch resolve -state=s.json -var=word=... -task-id=task_7 'task.hero[\"cat\"]' jobs.hcl",
		"  apixo-batch resolve -state=s.json -var=word=... -task-id=task_8 task.clip jobs.hcl",
		"  apixo-batch resolve -state=s.json -var=word=... -errored=/tmp/s.errored-1.jsonl jobs.hcl",
		"  apixo-batch resolve -state=s.json -var=word=... -not-charged -submit=NONCE1 'task.hero[\"cat\"]' jobs.hcl",
		"  apixo-batch resolve -state=s.json -var=word=... -not-charged -submit=NONCE2 task.clip jobs.hcl",
		"  apixo-batch apply -state=s.json -var=word=... jobs.hcl",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, id := range []string{"task_7", "task_8", "task_9", "task_10"} {
		if !strings.Contains(out.String(), id) {
			t.Errorf("%s is not named in %q", id, out)
		}
	}
	if plain := errors.New("other"); withAdvice(plain, target) != plain {
		t.Error("advice on an error that needs none")
	}
}

func TestEachErrorBecomesOneMessageAndOneCode(t *testing.T) {
	locked := &state.LockedError{Path: "jobs.state.json"}
	for _, test := range []struct {
		name, want string
		err        error
		code       int
	}{
		{"nothing", "", nil, exitDone},
		{"said already", "", exitWith(exitDoubt), exitDoubt},
		{"plain", "Error: it broke\n", errors.New("it broke"), exitError},
		{"money", "Error: too little\n", &exitStatus{exitMoney, errors.New("too little")}, exitMoney},
		{"locked", "Error: " + locked.Error() + "\n", fmt.Errorf("%w", locked), exitLocked},
		{"escaped", "Error: bad \\x1b[31m\nsecond line\n", errors.New("bad \x1b[31m\nsecond line"), exitError},
		{"close after a code", "Error: close: disk full\n",
			closing(exitWith(exitFailed), func() error { return errors.New("disk full") }), exitError},
		{"close after an error", "Error: it broke; close: disk full\n",
			closing(errors.New("it broke"), func() error { return errors.New("disk full") }), exitError},
		{"diagnostics", "Error: the configuration cannot be evaluated: x.hcl:1,1-1: Wrong; \n",
			hcl.Diagnostics{{Summary: "Wrong", Subject: &hcl.Range{Filename: "x.hcl", Start: hcl.InitialPos, End: hcl.InitialPos}}}, exitError},
	} {
		p, out, err := testProgram(nil, nil)
		if got := p.exit(test.err); got != test.code {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.code)
		}
		if got := err.String(); got != test.want {
			t.Errorf("%s: message %q, want %q", test.name, got, test.want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: %q on standard output", test.name, out)
		}
	}
}
