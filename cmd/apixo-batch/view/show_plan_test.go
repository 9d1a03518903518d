package view

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// samplePlanFile has an action of every kind, and text that a terminal would obey.
func samplePlanFile() PlanFile {
	print := task.Fingerprint("1:" + strings.Repeat("2fc08ffb", 8))
	buys := func(k plan.Kind, key string, reason plan.Reason) plan.SavedAction {
		return plan.SavedAction{
			Address: address("hero", key), Kind: k, Reason: reason, Model: "nano-banana", Fingerprint: print,
			Low: 3 * cent, High: 3 * cent, Priced: true, MaxAttempts: 2,
		}
	}
	other := func(k plan.Kind, name, key string, reason plan.Reason) plan.SavedAction {
		return plan.SavedAction{Address: address(name, key), Kind: k, Reason: reason, Model: "nano-banana"}
	}
	clip := plan.SavedAction{
		Address: address("clip", "cat"), Kind: plan.Submit, Reason: plan.New, Model: "wan-2-5",
		After: []task.Address{address("hero", "cat")}, Low: 8 * cent, High: 20 * cent, Priced: true, MaxAttempts: 1,
	}
	clip.Input = json.RawMessage(`{"mode":"fast","prompt":"` + "hmac-sha256:" + strings.Repeat("0f", 32) + `"}`)
	unpriced := buys(plan.Submit, "free", plan.New)
	unpriced.Low, unpriced.High, unpriced.Priced = 0, 0, false
	moved := other(plan.Keep, "hero", "new", plan.UpToDate)
	moved.From = address("old", "new")
	saved := &plan.Saved{
		Tool: "apixo-batch 1.0", Nonce: "NONCE", Created: noon, Lineage: "b857d27d-4b54-41cd-b4e3-e32fec555fb5", Changes: 12,
		Endpoint: "api.apixo.ai", Configuration: "jobs.hcl", Files: map[string]string{"jobs.hcl": "aa", "rows.csv": "bb"},
		Variables: map[string]json.RawMessage{"word": json.RawMessage(`"qu\u001bay"`)}, VariableNames: []string{"word", "secret"},
		VariableFiles: []string{"x.vars.hcl"}, Replace: []string{`task.hero["o*"]`}, RunBudget: new(5 * task.USD),
		Selection: &plan.SavedSelection{Target: []string{"task.hero"}, Exclude: []string{"task.gone"}, Sample: 3, Seed: "1"},
		Total:     plan.SavedTotal{Paying: 5, Low: 17 * cent, High: 29 * cent, AtMost: 38 * cent, Unpriced: 1, Repeats: true},
		Actions: []plan.SavedAction{
			buys(plan.Submit, "cat", plan.New), buys(plan.Regenerate, "dog", plan.InputChanged),
			buys(plan.Retry, "cow", plan.RetryableFailure), unpriced, clip, moved,
			other(plan.Collect, "hero", "owl", plan.ResultMissing), other(plan.Blocked, "hero", "gun", plan.FailedForGood),
			other(plan.Doubtful, "hero", "fox", plan.OutcomeUnknown), other(plan.Orphan, "gone", "", plan.NotDeclared),
		},
	}
	return PlanFile{Saved: saved, Path: "jobs.plan", Target: Target{Path: "jobs.hcl", Plan: "jobs.plan"}, StatePath: "jobs.state.json"}
}

func planFileText(t *testing.T, f PlanFile) string {
	t.Helper()
	var b bytes.Buffer
	if err := WritePlanFile(&b, plain, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSavedPlanForPeople(t *testing.T) {
	text := planFileText(t, samplePlanFile())
	golden(t, "show-plan.txt", text)
	fits(t, text)
	if strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Error("there is something in it that a terminal obeys")
	}
}

func TestSavedPlanSaysWhatBecameOfIt(t *testing.T) {
	for want, progress := range map[string]PlanProgress{
		"Applied: no. Next: apixo-batch apply jobs.plan":                           {},
		"Applied: not known: there is no state. Next: apixo-batch apply jobs.plan": {Unknown: "there is no state"},
		"began 2026-11-22 12:00:00 UTC; 2 of 5 purchases submitted, $0.06":         {Begun: noon, Submitted: 2, Committed: 6 * cent},
		"refuses it: it changed. Make another one. Next: apixo-batch plan -out=j":  {Stale: "it changed"},
	} {
		f := samplePlanFile()
		f.Progress = progress
		text := strings.Join(strings.Fields(planFileText(t, f)), " ")
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	empty := samplePlanFile()
	empty.Actions = nil
	if text := planFileText(t, empty); !strings.Contains(text, "It has nothing to do.\n") {
		t.Errorf("got\n%s", text)
	}
}

// What a file says of its plan is shown, whatever is added to it: all but money,
// which is decimal text, and actions, which are resource_changes; an input is in a change.
func TestSavedPlanForProgramsSaysAllThatTheFileSays(t *testing.T) {
	other := map[string]string{"budget_usd_micros": "budget", "total": "cost"}
	shown := jsonNames(reflect.TypeFor[planJSON]())
	for name := range jsonNames(reflect.TypeFor[plan.Saved]()) {
		if !shown[cmp.Or(other[name], name)] {
			t.Errorf("%s is not shown", name)
		}
	}
	other = map[string]string{"kind": "action", "from": "previous_address", "low_usd_micros": "cost", "high_usd_micros": "cost", "priced": "cost", "input": "change"}
	shown = jsonNames(reflect.TypeFor[resourceChange]())
	for name := range jsonNames(reflect.TypeFor[plan.SavedAction]()) {
		if !shown[cmp.Or(other[name], name)] {
			t.Errorf("%s of an action is not shown", name)
		}
	}
}

// jsonNames are the names that the fields of a struct have in JSON.
func jsonNames(of reflect.Type) map[string]bool {
	names := make(map[string]bool)
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "-" {
			names[name] = true
		}
	}
	return names
}

func TestSavedPlanForPrograms(t *testing.T) {
	var b bytes.Buffer
	if err := WritePlanFileJSON(&b, samplePlanFile()); err != nil {
		t.Fatal(err)
	}
	golden(t, "show-plan.json", b.String())
	var shown struct {
		Changes []struct {
			Address string
			Change  struct{ Actions []string }
			Cost    *struct{ Low, High string }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(b.Bytes(), &shown); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range shown.Changes {
		line := fmt.Sprint(c.Address, " ", c.Change.Actions)
		if c.Cost != nil {
			line += " " + c.Cost.High
		}
		got = append(got, line)
	}
	want := `task.hero["cat"] [create] 0.03|task.hero["dog"] [update] 0.03|task.hero["cow"] [create] 0.03|task.hero["free"] [create]|` +
		`task.clip["cat"] [create] 0.20|task.hero["new"] [no-op]|task.hero["owl"] [read]|task.hero["gun"] [no-op]|task.hero["fox"] [no-op]|task.gone [no-op]`
	if strings.Join(got, "|") != want {
		t.Errorf("got %s", strings.Join(got, "|"))
	}
}
