package view

import (
	"math"
	"strings"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
)

// After a run that a budget ended, what is said to be needed is as much as has room for
// the rest, of each budget that has none.
func TestTheSummaryTellsHowMuchOfABudgetIsNeeded(t *testing.T) {
	usd := func(cents task.Cost) *task.Cost { return new(cents * cent) }
	const first, ofRun = "first raise the budget of ", "or more, or none."
	for name, c := range map[string]struct {
		short       *Shortfall
		says, never []string
		needed, run string
	}{
		"of all runs": {
			&Shortfall{Rest: 6 * cent, Budget: usd(10), SetIn: "jobs.hcl, line 2", Committed: 9 * cent},
			[]string{first + "$0.10 (jobs.hcl, line 2) to $0.15 or more: $0.09 is committed"}, []string{ofRun}, `"budget_needed":"0.15"`, "",
		},
		"of the run": {
			&Shortfall{Rest: 6 * cent, Budget: usd(15), Committed: 9 * cent, RunBudget: usd(10), Taken: 9 * cent},
			[]string{"The budget of $0.10 was for this run alone", "-budget=0.06 " + ofRun}, []string{first}, "", `"run_budget_needed":"0.06"`,
		},
		"of both": {
			&Shortfall{Rest: 6 * cent, Budget: usd(10), SetIn: "a\x1b.hcl, line 2", Committed: 9 * cent, RunBudget: usd(5), Taken: 3 * cent},
			[]string{first + "$0.10 (a\\x1b.hcl, line 2) to $0.15", "-budget=0.06 " + ofRun}, nil, `"budget_needed":"0.15"`, `"run_budget_needed":"0.06"`,
		},
		"not known":      {&Shortfall{Budget: usd(10), Committed: 9 * cent}, []string{"For the rest: a budget in the batch block is for all runs"}, []string{first, ofRun}, "", ""},
		"of no sense":    {&Shortfall{Rest: math.MaxInt64, Budget: usd(10), Committed: 9 * cent}, []string{first}, nil, "budget_needed", ""},
		"nobody told it": {nil, []string{"For the rest: a budget"}, []string{first, ofRun}, "", ""},
	} {
		s := Summary{
			Operation: "apply", Target: Target{Path: "jobs.hcl"}, Pending: true, Shortfall: c.short,
			Summary: runner.Summary{Stop: task.BudgetReached, StopDetail: "it would cross", Left: make([]runner.Ended, 2)},
		}
		text := summaryText(s)
		fits(t, text)
		text = strings.Join(strings.Fields(text), " ")
		said := written(t, func(view *JSON) { view.Summary(s) }).String()
		for _, want := range append(c.says, "Next: apixo-batch apply jobs.hcl") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: want %q in\n%s", name, want, text)
			}
		}
		for _, other := range c.never {
			if strings.Contains(text, other) {
				t.Errorf("%s: %q is in\n%s", name, other, text)
			}
		}
		if !strings.Contains(said, c.needed) || !strings.Contains(said, c.run) ||
			c.needed == "" && strings.Contains(said, `"budget_needed"`) || c.run == "" && strings.Contains(said, "run_budget_needed") {
			t.Errorf("%s: want %s and %s in\n%s", name, c.needed, c.run, said)
		}
	}
}
