package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

var plain = Style{Width: DefaultWidth}

// leftOut are actions that are left out, by what and why.
func leftOut(by plan.Omission, detail string, n int) []plan.Action {
	actions := make([]plan.Action, n)
	for i := range actions {
		actions[i] = pays(plan.Keep, address("left", fmt.Sprint(by, i)), plan.LeftOut, detail, plan.Price{})
		actions[i].LeftOutBy, actions[i].Otherwise = by, plan.Submit
	}
	return actions
}

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
		"large":    {Plan: largePlan(), Target: Target{Path: "jobs.hcl"}, Budget: dollars(10), Committed: task.USD, Reserved: 20 * cent, Balance: dollars(20)},
		"unpriced": {Plan: unpricedPlan(), Target: Target{Path: "."}, RunBudget: dollars(1), NoBalance: "not known, since APIXO_API_KEY is not set."},
		"nothing":  {Plan: &plan.Plan{}, Target: Target{Path: "jobs.hcl", Simulated: true}},
		"withheld": {Plan: &plan.Plan{Actions: leftOut(plan.ByResume, "resume buys nothing new", 3)}, Target: Target{Path: "jobs.hcl"}},
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
	text := planText(p)
	if strings.Contains(text, "task.frame[17]") || strings.Count(text, "task.poster[") != listExceptional {
		t.Errorf("want no frame and %d posters:\n%s", listExceptional, text)
	}
	if strings.Count(text, "-expand") != 1 || !strings.Contains(text, "\nNot listed: 340 instances; -expand lists all.\n") {
		t.Errorf("what is hidden is not said, or not once:\n%s", text)
	}
	p.Expand = true
	text = planText(p)
	if !strings.Contains(text, "task.frame[319]") || strings.Count(text, "task.poster[") != 30 || strings.Contains(text, "Not listed") {
		t.Error("-expand does not list everything")
	}
}

// "$0.04-$0.08 each" would give every instance a range that only some have.
func TestARowOfDifferentPricesSaysSo(t *testing.T) {
	for want, prices := range map[string][]plan.Price{
		"$0.04 each":          {known(4*cent, 4*cent), known(4*cent, 4*cent)},
		"$0.04-$0.08 each":    {known(4*cent, 8*cent), known(4*cent, 8*cent)},
		"$0.04 to $0.08 each": {known(4*cent, 4*cent), known(4*cent, 8*cent)},
		"$0.03 to $0.05 each": {known(5*cent, 5*cent), known(3*cent, 3*cent)},
	} {
		if got := priceEach(prices); got != want {
			t.Errorf("%v: %s, want %s", prices, got, want)
		}
	}
}

func TestRepeatsAreSaidBesideTheRetries(t *testing.T) {
	p := Plan{Plan: exceptionalPlan(), Target: Target{Path: "jobs.hcl"}}
	for i := range p.Actions {
		if p.Actions[i].Instance != nil {
			p.Actions[i].Instance.RetryCalls = []int{500}
		}
	}
	if text := strings.Join(strings.Fields(planText(p)), " "); !strings.Contains(text, "with retries, plus repeats after 5xx answers.") {
		t.Error(text)
	}
}

func TestADoubtIsADoubtWhetherDeclaredOrNot(t *testing.T) {
	lost := plan.Action{
		Eval: &spec.Evaluation{},
		Kind: plan.Orphan, Address: address("lost", ""), Reason: plan.NotDeclared, Detail: "no longer declared; in doubt",
		Prior: &state.Record{Address: address("lost", ""), Status: state.InDoubt, Cost: 3 * cent, Priced: true},
	}
	text := planText(Plan{Plan: &plan.Plan{Actions: []plan.Action{lost}}, Target: Target{Path: "jobs.hcl"}})
	for _, want := range []string{
		"Nothing to do: 1 in doubt.", "task.lost  no longer declared; in doubt; up to $0.03 may have been\n",
		"In doubt: not submitted again before you settle it: apixo-batch resolve jobs.hcl\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestBuyingAgainIsSuggestedOnlyForWhatFailedItself(t *testing.T) {
	blocked := func(reason plan.Reason) plan.Action {
		return plan.Action{
			Eval: &spec.Evaluation{},
			Kind: plan.Blocked, Address: address("b", ""), Instance: instance(address("b", ""), "nano-banana"), Reason: reason,
		}
	}
	for reason, want := range map[plan.Reason]bool{plan.FailedForGood: true, plan.UpstreamBlocked: false} {
		text := planText(Plan{Plan: &plan.Plan{Actions: []plan.Action{blocked(reason)}}, Target: Target{Path: "."}})
		if strings.Contains(text, "-replace") != want {
			t.Errorf("%s:\n%s", reason, text)
		}
	}
}

func TestWhatResumeLeavesOutIsNotCalledUnchanged(t *testing.T) {
	actions := leftOut(plan.ByResume, "resume buys nothing new", 2)
	actions[1].Prior = &state.Record{Address: address("old", "")}
	text := planText(Plan{Plan: &plan.Plan{Actions: actions}, Target: Target{Path: "."}})
	if strings.Contains(text, "unchanged") {
		t.Errorf("got\n%s", text)
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

func TestSpan(t *testing.T) {
	for want, s := range map[string][2]task.Cost{
		"$0.03":           {3 * cent, 3 * cent},
		"$0.03-$0.05":     {3 * cent, 5 * cent},
		"-$0.15 to $0.40": {-15 * cent, 40 * cent},
	} {
		if got := span(s[0], s[1]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
