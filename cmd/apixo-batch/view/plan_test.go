package view

import (
	"bytes"
	"strings"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

var plain = Style{Width: DefaultWidth}

func planText(p Plan) string {
	p.Now = noon
	var b bytes.Buffer
	writePlan(&b, plain, p)
	return b.String()
}

func TestPlanForPeople(t *testing.T) {
	dollars := func(n int64) *task.Cost { return new(task.Cost(n) * task.USD) }
	for name, p := range map[string]Plan{
		"exceptional": {
			Plan: exceptionalPlan(), Target: Target{Path: "jobs.hcl"}, Balance: dollars(10),
			BaseURL: "https://proxy.example/api/v1", BaseURLFrom: "jobs.hcl, line 3",
		},
		"large":    {Plan: largePlan(), Target: Target{Path: "jobs.hcl"}, Budget: dollars(10), Committed: task.USD, Balance: dollars(20)},
		"unpriced": {Plan: unpricedPlan(), Target: Target{Path: "."}, RunBudget: dollars(1), NoBalance: "not known, since APIXO_API_KEY is not set."},
		"nothing":  {Plan: &plan.Plan{}, Target: Target{Path: "jobs.hcl", Simulated: true}},
		"withheld": {Plan: &plan.Plan{Withheld: 3}, Target: Target{Path: "jobs.hcl"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := planText(p)
			golden(t, "plan-"+name+".txt", text)
			fits(t, text)
		})
	}
}

func TestLargePlanListsInstancesOnlyWhenAsked(t *testing.T) {
	p := Plan{Plan: largePlan(), Target: Target{Path: "jobs.hcl"}}
	if text := planText(p); strings.Contains(text, "task.frame[17]") || strings.Count(text, "task.poster[") != listExceptional {
		t.Errorf("want no frame and %d posters:\n%s", listExceptional, text)
	}
	p.Expand = true
	if text := planText(p); !strings.Contains(text, "task.frame[319]") || strings.Count(text, "task.poster[") != 30 {
		t.Error("-expand does not list everything")
	}
}

func TestColourAddsNothingButColour(t *testing.T) {
	p := Plan{Plan: exceptionalPlan(), Target: Target{Path: "jobs.hcl"}, Now: noon}
	var coloured bytes.Buffer
	writePlan(&coloured, Style{Color: true, Width: DefaultWidth}, p)
	stripped := stripColour(coloured.String())
	if stripped == coloured.String() {
		t.Error("there is no colour")
	}
	if want := planText(p); stripped != want {
		t.Errorf("without its colour the plan reads differently:\n%s\n%s", stripped, want)
	}
}

func stripColour(s string) string {
	for _, code := range []string{"0", "1", "2", "31", "32", "33", "36"} {
		s = strings.ReplaceAll(s, "\x1b["+code+"m", "")
	}
	return s
}
