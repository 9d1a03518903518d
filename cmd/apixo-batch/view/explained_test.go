package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const maskedText = `"hmac-sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"`

func request(t *testing.T, input string) task.Request {
	t.Helper()
	r, err := task.NewRequest("nano-banana", json.RawMessage(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changedAction has an attribute of every fate, and hostile text in all it can.
func changedAction(t *testing.T) plan.Action {
	hostile := `"\u001b[31mred\u202e"`
	old := request(t, `{"gone":[1,{"b":2}],"list":[1,2],"mode":"x","note":`+hostile+`,"prompt":"a","token":`+maskedText+`,"url":"https://x/1"}`)
	now := `{"list":[1,2],"mode":"x","new":{"deep":[true,null]},"note":` + hostile + `,"prompt":"A","token":"hmac-sha256:` + strings.Repeat("f", 64) + `"}`
	a := pays(plan.Regenerate, address("hero", "cat\x1b[2J"), plan.InputChanged, "prompt changed\x1b[1m", known(3*cent, 3*cent))
	a.Eval = &spec.Evaluation{Draft: request(t, now).Input, Hidden: []string{"token", "url"}, After: []task.Address{address("base", "")}}
	a.Instance.DependsOn = []task.Address{address("base", ""), address("logo", "")}
	a.Prior = &state.Record{
		Address: a.Address, Status: state.Failed, Request: old, Fingerprint: old.Fingerprint(), Attempt: 1, TaskID: "id\x1b[0m", Cost: 3 * cent,
		SubmittedAt: noon, Failure: &task.Failure{Reason: task.ContentPolicy, Code: "Sensitive\rContent", Message: "no\x1b]0;x\a"},
		Past: []state.Past{{Status: state.InDoubt, SubmittedAt: noon, Cost: 3 * cent}},
	}
	a.Prior.Request.Model = "flux\x1b[5m"
	return a
}

func explainedPlan(t *testing.T) Plan {
	base := pays(plan.Submit, address("base", ""), plan.New, "never submitted", known(3*cent, 3*cent))
	logo := plan.Action{Eval: &spec.Evaluation{}, Kind: plan.Keep, Address: address("logo", ""), Instance: instance(address("logo", ""), "nano-banana"), Reason: plan.UpToDate,
		Prior: &state.Record{Address: address("logo", "")}}
	return Plan{Plan: &plan.Plan{Actions: []plan.Action{base, logo, changedAction(t)}}, Target: Target{Path: "jobs.hcl"}}
}

func TestExplanationForPeople(t *testing.T) {
	p := explainedPlan(t)
	var b bytes.Buffer
	writeExplained(&b, plain, explain(p, map[task.Address]bool{p.Actions[2].Address: true}))
	golden(t, "explained.txt", b.String())
	for _, r := range b.String() {
		if r != '\n' && (r < ' ' || r == '\u202e') {
			t.Errorf("%q reaches the terminal", r)
		}
	}
}

func TestExplanationInColourReadsTheSame(t *testing.T) {
	p := explainedPlan(t)
	of := map[task.Address]bool{p.Actions[2].Address: true}
	var plainText, coloured bytes.Buffer
	writeExplained(&plainText, plain, explain(p, of))
	writeExplained(&coloured, Style{Color: true, Width: DefaultWidth}, explain(p, of))
	if coloured.String() == plainText.String() || stripColour(coloured.String()) != plainText.String() {
		t.Errorf("got\n%s", coloured.String())
	}
}

func TestExplanationForProgramsHidesWhatIsSensitive(t *testing.T) {
	p := explainedPlan(t)
	b := written(t, func(j *JSON) { j.Explain(p, map[task.Address]bool{p.Actions[2].Address: true}) })
	if strings.Contains(b.String(), "hmac") {
		t.Errorf("got\n%s", b.String())
	}
	var line struct {
		Type    string
		Request struct {
			Complete bool
			Fields   []struct {
				Name, Change    string
				Previous, Value any
			}
		}
		Submits []struct{ Status string }
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	changes := make(map[string]string)
	for _, f := range line.Request.Fields {
		changes[f.Name] = f.Change
	}
	for name, want := range map[string]string{
		"gone": "removed", "list": "", "mode": "", "new": "added", "note": "", "prompt": "changed", "token": "changed", "url": "known_after_apply",
	} {
		if got := changes[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(changes) != 8 || line.Type != "explanation" || !line.Request.Complete || len(line.Submits) != 2 || line.Submits[1].Status != "failed" {
		t.Errorf("got %+v", line)
	}
}

// A variable may become sensitive after its value was recorded.
func TestExplanationHidesWhatHasBecomeSensitive(t *testing.T) {
	p := explainedPlan(t)
	p.Secrets = task.NewRedactor([]string{"a long secret"})
	p.Actions[2].Prior.Request = request(t, `{"prompt":"with a long secret in it"}`)
	var b bytes.Buffer
	writeExplained(&b, plain, explain(p, map[task.Address]bool{p.Actions[2].Address: true}))
	if strings.Contains(b.String(), "a long secret") || !strings.Contains(b.String(), `- prompt  "with (sensitive) in it"`) {
		t.Errorf("got\n%s", b.String())
	}
}

// An input of which not even the names are known yet says so.
func TestExplanationOfAnUnknownInput(t *testing.T) {
	a := pays(plan.Submit, address("a", ""), plan.New, "never submitted", plan.Price{})
	a.Eval = &spec.Evaluation{}
	var b bytes.Buffer
	writeExplained(&b, plain, explain(Plan{Plan: &plan.Plan{Actions: []plan.Action{a}}}, map[task.Address]bool{a.Address: true}))
	if !strings.Contains(b.String(), "the whole input is known after apply") || !strings.Contains(b.String(), "not known (set price") {
		t.Errorf("got\n%s", b.String())
	}
}

// A value is wrapped under itself, a URL stays whole, and the mark of a simulation
// that has no room beside the address stands below it.
func TestAnExplanationFitsTheTerminal(t *testing.T) {
	url := "https://cdn.example/" + strings.Repeat("a", 36)
	input := `{"image_urls":["` + url + `1","` + url + `2"],"prompt":"` + strings.Repeat("a harbour at dusk ", 9) + `"}`
	a := pays(plan.Submit, address("hero", "a long key that takes some room"), plan.New, "never submitted", known(3*cent, 4*cent))
	a.Instance.MaxAttempts = 3
	a.Eval = &spec.Evaluation{Known: true, Request: request(t, input)}
	p := Plan{Plan: &plan.Plan{Actions: []plan.Action{a}}, Target: Target{Path: "jobs.hcl", Simulated: true}}
	var b bytes.Buffer
	writeExplained(&b, plain, explain(p, map[task.Address]bool{a.Address: true}))
	text := b.String()
	fits(t, text)
	for _, want := range []string{
		"task.hero[\"a long key that takes some room\"]  nano-banana\n(SIMULATED: nothing is sent to APIXO or charged)\n",
		"  price        $0.03-$0.04; at most $0.12 if it is tried 3 times\n",
		"    + image_urls  [\"" + url + "1\",\n                  \"" + url + "2\"]\n",
		"    + prompt      \"a harbour at dusk",
		"\n                  harbour at dusk",
		"\n  fingerprint  + " + shortPrint(a.Eval.Request.Fingerprint()) + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestAnExplanationCountsWhatWasAccepted(t *testing.T) {
	for want, r := range map[string]state.Record{
		"1 of the request on record":                                {Status: state.Succeeded, Attempt: 1},
		"none accepted yet":                                         {Status: state.Pending},
		"none accepted yet; the latest submit is in doubt":          {Status: state.InDoubt},
		"2 of the request on record; the latest submit is in doubt": {Status: state.InDoubt, Attempt: 2},
	} {
		if got := attemptsText(&r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
