package view

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// golden compares text with a file of testdata; UPDATE_GOLDEN=1 writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// fits fails for lines wider than a terminal of 80 columns. A command stands on
// one line, so that it can be copied.
func fits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); columns(line) > DefaultWidth && !strings.HasPrefix(line, "  apixo-batch ") {
			t.Errorf("%d columns: %s", columns(line), line)
		}
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func address(name, key string) task.Address {
	if key == "" {
		return task.Address{Name: name}
	}
	return task.Address{Name: name, Key: task.TextKey(key)}
}

func instance(a task.Address, model string) *spec.Instance {
	return &spec.Instance{Address: a, InstanceSettings: &spec.InstanceSettings{Model: model, MaxAttempts: 2}}
}

func known(low, high task.Cost) plan.Price { return plan.Price{Low: low, High: high, Known: true} }

const cent = task.USD / 100

// pays makes an action that submits.
func pays(k plan.Kind, a task.Address, reason plan.Reason, detail string, price plan.Price) plan.Action {
	return plan.Action{
		Kind: k, Address: a, Instance: instance(a, "nano-banana"), Eval: &spec.Evaluation{Known: true},
		Reason: reason, Detail: detail, Price: price,
	}
}

// exceptionalPlan has an action of every kind.
func exceptionalPlan() *plan.Plan {
	after := pays(plan.Submit, address("clip", "cat"), plan.New, "never submitted", known(8*cent, 20*cent))
	after.Instance.Model = "wan-2-5"
	after.Eval = &spec.Evaluation{After: []task.Address{address("hero", "cat")}}

	expiring := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Collect, Address: address("hero", "owl"), Instance: instance(address("hero", "owl"), "nano-banana"),
		Reason: plan.ResultMissing, Detail: "1 of 1 files are not on disk",
		Prior: &state.Record{
			Address: address("hero", "owl"), Status: state.Succeeded,
			Result: &task.Result{URLs: []string{"https://x/1"}, ReceivedAt: noon.Add(-21 * time.Hour)},
		},
	}
	doubt := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Doubtful, Address: address("hero", "a fox, jumping over \x1b[31mred\u202e"),
		Instance: instance(address("hero", "a fox"), "nano-banana"), Reason: plan.OutcomeUnknown,
		Detail: "HTTP 502 without the API's envelope",
		Prior:  &state.Record{Address: address("hero", "a fox, jumping over \x1b[31mred\u202e"), Cost: 3 * cent, Priced: true},
	}
	blocked := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Blocked, Address: address("hero", "gun"), Instance: instance(address("hero", "gun"), "nano-banana"),
		Reason: plan.FailedForGood, Detail: "content_policy (Sensitive\rContent)",
		Prior: &state.Record{Address: address("hero", "gun")},
	}
	moved := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Keep, Address: address("hero", "new"), Instance: instance(address("hero", "new"), "nano-banana"),
		Reason: plan.UpToDate, Prior: &state.Record{Address: address("old", "new")},
	}
	orphan := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Orphan, Address: address("gone", ""), Reason: plan.NotDeclared, Detail: "no longer declared; its files stay",
		Prior: &state.Record{Address: address("gone", ""), Request: task.Request{Model: "nano-banana"}},
	}
	lost := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Orphan, Address: address("lost", ""), Reason: plan.NotDeclared, Detail: "no longer declared; in doubt",
		Prior: &state.Record{
			Address: address("lost", ""), Status: state.InDoubt, Request: task.Request{Model: "nano-banana"}, Cost: 3 * cent, Priced: true,
		},
	}
	kept := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Keep, Address: address("hero", "kept"), Instance: instance(address("hero", "kept"), "nano-banana"),
		Prior: &state.Record{Address: address("hero", "kept")}, Reason: plan.UpToDate,
	}
	return &plan.Plan{Actions: []plan.Action{
		pays(plan.Submit, address("hero", "cat"), plan.New, "never submitted", known(3*cent, 3*cent)),
		pays(plan.Regenerate, address("hero", "dog"), plan.InputChanged, "prompt changed", known(3*cent, 3*cent)),
		pays(plan.Retry, address("hero", "cow"), plan.RetryableFailure, "timeout (Task TimeOut), attempt 2 follows", known(3*cent, 3*cent)),
		expiring, doubt, blocked, moved, kept, after, orphan, lost,
	}}
}

// largePlan has 320 instances to submit and 30 that changed.
func largePlan() *plan.Plan {
	p := &plan.Plan{}
	for i := range 320 {
		a := task.Address{Name: "frame", Key: task.IndexKey(i)}
		p.Actions = append(p.Actions, pays(plan.Submit, a, plan.New, "never submitted", known(35_000, 35_000)))
	}
	for i := range 30 {
		a := address("poster", fmt.Sprintf("noir/%d", i))
		p.Actions = append(p.Actions, pays(plan.Regenerate, a, plan.InputChanged, "prompt, aspect_ratio changed", known(3*cent, 10*cent)))
	}
	return p
}

func unpricedPlan() *plan.Plan {
	p := &plan.Plan{Actions: []plan.Action{
		pays(plan.Submit, address("clip", "a"), plan.New, "", plan.Price{}),
		pays(plan.Submit, address("clip", "b"), plan.New, "", plan.Price{}),
		pays(plan.Submit, address("clip", "c"), plan.New, "", known(5*cent, 5*cent)),
	}}
	for i := range p.Actions[:2] {
		p.Actions[i].Instance.Model = "sora-2-pro"
	}
	p.Actions[2].Instance.Model = "sora-2"
	return p
}

func sampleSummary() Summary {
	failed := func(key string, reason task.Reason, code, message string, retryable bool) runner.Ended {
		return runner.Ended{
			Address: address("hero", key), Model: "nano-banana", TaskID: "task_" + key, Cost: 3 * cent, Priced: true,
			Failure: task.Failure{Reason: reason, Code: code, Message: message, Retryable: retryable},
		}
	}
	s := runner.Summary{
		Started: noon, Ended: noon.Add(190 * time.Second), Done: 109, Accepted: 112, Repeated: 3, RepeatedAt: address("hero", "cat"), Retried: 2,
		Spent: 336 * cent, SpentLow: 330 * cent, Reserved: 3 * cent, After5xx: 9 * cent,
		Unpriced: 1, WithoutPrice: map[string]int{"kling-2-6": 1},
		Failed: []runner.Ended{
			failed("gun", task.ContentPolicy, "SensitiveContent", "Your content was flagged by OpenAI as violating content policies.\x1b]0;x\a", false),
			failed("slow", task.Timeout, "Task TimeOut", "", true),
		},
		Skipped: []runner.Ended{{
			Address: address("clip", "gun"),
			Failure: task.Failure{Reason: task.DependencyFailed, Message: "uses task.hero[\"gun\"], which has no result to come"},
		}},
		Running: []runner.Ended{{Address: address("clip", "cat"), TaskID: "task_12345678"}},
		InDoubt: []runner.Ended{failed("fox", "", "", "", false)},
		Stop:    task.BudgetReached, StopDetail: "task.hero[\"x\"] at $0.03 would cross the budget of $25.00",
	}
	for i := range 13 {
		refused := failed(fmt.Sprint(i), task.InvalidInput, "400", "prompt too long", false)
		refused.TaskID = ""
		s.Failed = append(s.Failed, refused)
	}
	s.Left = make([]runner.Ended, 40)
	before, after := 30*task.USD, 26*task.USD
	s.Balance.Before, s.Balance.After = &before, &after
	return Summary{
		Summary: s, Target: Target{Path: "jobs.hcl"}, Operation: "apply", Low: 3 * task.USD, High: 4 * task.USD,
		Pending: true, ExitCode: 6, Codes: catalog.Default(),
		Shortfall: &Shortfall{Rest: 120 * cent, Budget: new(25 * task.USD), SetIn: "jobs.hcl, line 3", Committed: 2499 * cent, RunBudget: new(5 * task.USD), Taken: 336 * cent},
	}
}
