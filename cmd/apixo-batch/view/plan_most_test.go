package view

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

var mostSaid = regexp.MustCompile(`(?:at most|ends it at) \$([0-9.]+[0-9])`)

// What a plan may cost is never more than a budget leaves of it, in any of its lines.
func TestNoLineNamesMoreThanTheBudgetLeaves(t *testing.T) {
	usd := func(cents task.Cost) *task.Cost { return new(cents * cent) }
	for name, c := range map[string]struct {
		budget, run *task.Cost
		committed   task.Cost
		want        [2]string // of the lines on cost and balance
	}{
		"no budget":                 {nil, nil, 0, [2]string{"$0.17-$0.29 estimated, at most $0.58 with retries.", "$10.00 -> $9.71, or $9.42 after every retry."}},
		"more than enough":          {usd(100), usd(58), 42 * cent, [2]string{"$0.17-$0.29 estimated, at most $0.58 with retries.", "$10.00 -> $9.71, or $9.42 after every retry."}},
		"ends among the retries":    {usd(100), usd(70), 60 * cent, [2]string{"$0.17-$0.29 estimated, at most $0.40, where the budget ends.", "$10.00 -> $9.71, or $9.60 where the budget ends."}},
		"the run's ends first":      {usd(100), usd(30), 60 * cent, [2]string{"$0.17-$0.29 estimated, at most $0.30, where the budget ends.", "$10.00 -> $9.71, or $9.70 where the budget ends."}},
		"ends among the first ones": {usd(100), nil, 90 * cent, [2]string{"$0.17-$0.29 estimated; the budget ends it at $0.10.", "$10.00 -> $9.90, where the budget ends."}},
		"is crossed already":        {usd(100), nil, 120 * cent, [2]string{"$0.17-$0.29 estimated; the budget ends it at $0.00.", "$10.00 -> $10.00, where the budget ends."}},
	} {
		p := Plan{
			Plan: exceptionalPlan(), Target: Target{Path: "jobs.hcl"}, Balance: usd(1000),
			Budget: c.budget, Committed: c.committed, RunBudget: c.run,
		}
		text := planText(p)
		for i, label := range []string{"Cost: ", "Balance: "} {
			if !strings.Contains(text, "\n"+label+c.want[i]+"\n") {
				t.Errorf("%s: want %q in\n%s", name, label+c.want[i], text)
			}
		}
		// To programs it is the same amount.
		most := mostSaid.FindStringSubmatch(c.want[0])[1]
		want := fmt.Sprintf(`"at_most":"%s","ends_at_budget":%v,`, most, strings.Contains(c.want[0], "the budget ends"))
		if said := written(t, func(view *JSON) { view.Plan(p) }).String(); !strings.Contains(said, want) {
			t.Errorf("%s: want %s in\n%s", name, want, said)
		}
	}
}

// A saved plan ends at its own budget in both forms that it is shown in.
func TestASavedPlanNamesNoMoreThanItsBudget(t *testing.T) {
	f := PlanFile{Saved: exceptionalPlan().Save(), Target: Target{Plan: "jobs.plan"}, Path: "jobs.plan"}
	for budget, want := range map[task.Cost][2]string{
		40 * cent: {"at most $0.40, where the budget ends", `"at_most":"0.40","ends_at_budget":true`},
		70 * cent: {"at most $0.58 with retries", `"at_most":"0.58","ends_at_budget":false`},
	} {
		f.RunBudget = &budget
		var text, asJSON bytes.Buffer
		if err := errors.Join(WritePlanFile(&text, plain, f), WritePlanFileJSON(&asJSON, f)); err != nil {
			t.Fatal(err)
		}
		for i, said := range []string{text.String(), strings.Join(strings.Fields(asJSON.String()), "")} {
			if !strings.Contains(said, want[i]) {
				t.Errorf("%s: want %q in\n%s", budget, want[i], said)
			}
		}
	}
}

// Repeats after a 5xx keep what is reserved for them, and a budget ends those too.
func TestABudgetEndsRepeatsToo(t *testing.T) {
	p := Plan{Plan: exceptionalPlan(), RunBudget: new(58 * cent)}
	for i := range p.Actions {
		if p.Actions[i].Instance != nil {
			p.Actions[i].Instance.RetryCalls = []int{500}
		}
	}
	for budget, want := range map[task.Cost]string{
		57 * cent: "at most $0.57, where the budget ends", 58 * cent: "at most $0.58, where the budget ends",
		59 * cent: "at most $0.58 with retries, plus repeats after 5xx answers",
	} {
		p.RunBudget = &budget
		if got := p.MostText(p.Totals()); got != want {
			t.Errorf("%s: %q, want %q", budget, got, want)
		}
	}
}
