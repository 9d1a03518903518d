package main

import (
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// The question names what may be spent, and no more than a budget leaves.
func TestTheQuestionKnowsTheBudget(t *testing.T) {
	const cent = task.USD / 100
	twice := &spec.Instance{InstanceSettings: &spec.InstanceSettings{MaxAttempts: 2}}
	price := plan.Price{Low: 3 * cent, High: 3 * cent, Known: true}
	made := &plan.Plan{Actions: []plan.Action{
		{Kind: plan.Submit, Address: task.Address{Name: "a"}, Price: price, Instance: twice, Eval: &spec.Evaluation{}},
		{Kind: plan.Submit, Address: task.Address{Name: "b"}, Price: price, Instance: twice, Eval: &spec.Evaluation{}},
	}}
	for budget, want := range map[task.Cost]string{
		20 * cent: "Spend $0.06, at most $0.12 with retries, on 2 tasks?",
		12 * cent: "Spend $0.06, at most $0.12 with retries, on 2 tasks?",
		10 * cent: "Spend $0.06, at most $0.10, where the budget ends, on 2 tasks?",
		4 * cent:  "Spend at most $0.04, where the budget ends, on 2 tasks?",
	} {
		if got := spendQuestion(view.Plan{Plan: made, RunBudget: &budget}); got != want {
			t.Errorf("%s: %q, want %q", budget, got, want)
		}
	}
}
