package view

import (
	"slices"
	"strings"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

func TestPlanWithASelection(t *testing.T) {
	needed := pays(plan.Submit, address("hero", "fox"), plan.New, "never submitted", known(3*cent, 3*cent))
	needed.NeededBy = new(address("clip", "fox"))
	uses := leftOut(plan.ByExclude, `uses task.hero["cat"], which -exclude leaves out`, 12)
	for i := range uses {
		uses[i].LeftOutWith = new(address("hero", "cat"))
	}
	blocked := leftOut(plan.ByTarget, "-target leaves it out; it is blocked: content_policy", 1)
	blocked[0].Otherwise, blocked[0].Address = plan.Blocked, address("blocked", "")
	p := Plan{
		Plan: &plan.Plan{Actions: slices.Concat([]plan.Action{needed},
			leftOut(plan.ByTarget, "-target leaves it out", 40), uses, blocked)},
		Target: Target{Path: "jobs.hcl", Selection: []string{"-target=task.clip", `-exclude=task.hero["cat"]`}},
	}
	text := planText(p)
	golden(t, "plan-selection.txt", text)
	fits(t, text)

	p.Listed = map[task.Address]bool{blocked[0].Address: true}
	if text := planText(p); !strings.Contains(text, "-target leaves it out; it is blocked") || strings.Count(text, "-target leaves it out") != 1 {
		t.Errorf("what is named is not listed alone:\n%s", text)
	}
	p.Expand = true
	if text := planText(p); strings.Count(text, "-target leaves it out") != 41 || strings.Contains(text, "more; -expand") {
		t.Errorf("-expand does not list all:\n%s", text)
	}
}

func TestWhatASelectionLeavesIsCounted(t *testing.T) {
	for _, c := range []struct {
		counts map[plan.Omission]int
		want   string
	}{
		{nil, ""},
		{map[plan.Omission]int{plan.ByResume: 3, plan.BySavedPlan: 1}, ""},
		{map[plan.Omission]int{plan.ByLimit: 1}, "1 purchase by -limit; a later apply without it buys only the rest."},
		{map[plan.Omission]int{plan.BySample: 9, plan.ByExclude: 1}, "10 purchases, 1 by -exclude and 9 by -sample; a later apply without these flags buys only the rest."},
	} {
		if got := selectionLeaves(c.counts); got != c.want {
			t.Errorf("%v: %q, want %q", c.counts, got, c.want)
		}
	}
}

func TestCommandsThatGoOnRepeatTheSelection(t *testing.T) {
	target := Target{Path: "jobs.hcl", Selection: []string{`-target=task.hero["cat"]`, "-limit=3"}}
	for verb, want := range map[string]bool{"apply": true, "resume": true, "plan": true, "status": false, "resolve": false} {
		command := target.Command(verb)
		if got := strings.Contains(command, ` '-target=task.hero["cat"]' -limit=3 `); got != want {
			t.Errorf("%s: %s", verb, command)
		}
	}
	target.Plan = "jobs.plan"
	if got := target.Command("apply"); got != "apixo-batch apply jobs.plan" {
		t.Errorf("got %s", got)
	}
}
