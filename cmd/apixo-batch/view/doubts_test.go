package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// doubts are two submits in doubt, and a balance read before and after.
func doubts() Doubts {
	record := func(name, nonce string) state.Record {
		return state.Record{
			Address: address("hero", name), Status: state.InDoubt, Request: task.Request{Model: "nano-banana"}, Nonce: nonce,
			Cost: 3 * cent, Priced: true, SubmittedAt: noon,
			Doubt: &state.Doubt{Since: noon.Add(time.Minute), Cause: "status 500 without a task ID\x1b[31m", HTTPStatus: 200},
		}
	}
	d := Doubts{Target: Target{Path: "jobs.hcl"}, Path: "jobs.state.json", Now: noon.Add(time.Hour), Fresh: true}
	d.Records = []state.Record{record("cat", "NONCE1"), record("dog", "NONCE2")}
	var spends []state.Spend
	for _, r := range d.Records {
		spends = append(spends, state.Spend{Nonce: r.Nonce, Cost: r.Cost, Priced: true, ReservedAt: noon})
	}
	readings := []state.Reading{{At: noon.Add(-time.Minute), Balance: 500 * cent}, {At: d.Now, Balance: 497 * cent}}
	d.Evidence = runner.WeighBalance(readings, spends, d.Records)
	return d
}

func TestDoubtsAreShownWithAllThatIsKnown(t *testing.T) {
	var out bytes.Buffer
	WriteDoubts(&out, Style{Width: DefaultWidth}, doubts())
	fits(t, out.String())
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"2 submits in doubt: up to $0.06 may have been charged.",
		`task.hero["cat"]`, "nano-banana; up to $0.03 may have been charged; submitted 2026-11-22 12:00:00 UTC; status 500 without a task ID\\x1b[31m (HTTP 200); submit NONCE1",
		"Evidence, not proof: the balance was $5.00 at 2026-11-22 11:59:00 UTC and is $4.97 now. It fell by $0.03, of which $0.00 is known to have been charged; $0.03 is unexplained. " +
			"That is consistent with 1 of the 2 having been charged (all have one price).",
		`apixo-batch resolve -not-charged 'task.hero["cat"]' jobs.hcl`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	WriteDoubts(&out, Style{Width: DefaultWidth}, Doubts{})
	if out.String() != "Nothing is in doubt.\n" {
		t.Errorf("got %q", out.String())
	}
}

// The task ID that a webhook named is shown, and the command that settles with it.
func TestTaskThatAWebhookNamedIsShown(t *testing.T) {
	d := doubts()
	for i := range d.Records {
		d.Records[i].Doubt.Named = "task_12345678"
	}
	var out, asJSON bytes.Buffer
	WriteDoubts(&out, Style{Width: DefaultWidth}, d)
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"a webhook named task task_12345678, which the API has not confirmed",
		`apixo-batch resolve -task-id=task_12345678 'task.hero["cat"]' jobs.hcl`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if err := WriteDoubtsJSON(&asJSON, d); err != nil || strings.Count(asJSON.String(), `"named": "task_12345678"`) != 2 {
		t.Errorf("%s, %v", asJSON.String(), err)
	}
}

// Each doubt of which a webhook named the task has its own command, also where the
// first has none; where there are many, resolve lists them.
func TestEachTaskThatAWebhookNamedHasItsCommand(t *testing.T) {
	d := doubts()
	d.Records[1].Doubt.Named = "task_2"
	var list bytes.Buffer
	WriteDoubts(&list, Style{Width: DefaultWidth}, d)
	want := `  apixo-batch resolve -task-id=task_2 'task.hero["dog"]' jobs.hcl` + "\n      if APIXO has the task"
	if !strings.Contains(list.String(), want) || strings.Contains(list.String(), "-task-id=ID") {
		t.Errorf("%q is not in\n%s", want, list.String())
	}
	for len(d.Records) < listEnded+3 {
		d.Records = append(d.Records, d.Records[1])
	}
	list.Reset()
	WriteDoubts(&list, Style{Width: DefaultWidth}, d)
	if n := strings.Count(list.String(), "-task-id=task_2"); n != listEnded+2 {
		t.Errorf("the list has %d commands", n)
	}
	var short bytes.Buffer
	s := Summary{Target: d.Target, Operation: "apply"}
	for _, r := range d.Records {
		s.InDoubt = append(s.InDoubt, runner.Ended{Address: r.Address, Doubt: r.Doubt})
	}
	writeSummary(&short, Style{Width: DefaultWidth}, s)
	want = "  ... and 2 more, in the list of: apixo-batch resolve jobs.hcl\n"
	if n := strings.Count(short.String(), "-task-id=task_2"); n != listEnded || !strings.Contains(short.String(), want) {
		t.Errorf("%d commands; %q is not in\n%s", n, want, short.String())
	}
}

func TestDoubtsAsJSON(t *testing.T) {
	var out bytes.Buffer
	if err := WriteDoubtsJSON(&out, doubts()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		InDoubt []struct {
			Addr, Model, Cost, Nonce, Cause string
			HTTPStatus                      int       `json:"http_status"`
			SubmittedAt                     time.Time `json:"submitted_at"`
		} `json:"in_doubt"`
		Evidence struct {
			Conclusion      string
			BalanceBefore   string `json:"balance_before"`
			UnexplainedHigh string `json:"unexplained_high"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := got.InDoubt[0]; len(got.InDoubt) != 2 || d.Addr != `task.hero["cat"]` || d.Model != "nano-banana" || d.Cost != "0.03" || d.Nonce != "NONCE1" || d.HTTPStatus != 200 || !d.SubmittedAt.Equal(noon) {
		t.Errorf("got %+v", got.InDoubt)
	}
	if e := got.Evidence; e.BalanceBefore != "5.00" || e.UnexplainedHigh != "0.03" || !strings.Contains(e.Conclusion, "1 of the 2") {
		t.Errorf("got %+v", e)
	}
	out.Reset()
	if err := WriteDoubtsJSON(&out, Doubts{}); err != nil || !strings.Contains(out.String(), `"in_doubt": []`) {
		t.Errorf("without any: %s, %v", out.String(), err)
	}
}

func TestASubmitThatMayBePaidTwiceIsCountedInThePlan(t *testing.T) {
	again := pays(plan.Retry, address("hero", "cat"), plan.Resubmission, "in doubt since 2026-11-22 12:00 UTC, may be paid twice", known(3*cent, 3*cent))
	text := planText(Plan{Plan: &plan.Plan{Actions: []plan.Action{again}}, Target: Target{Path: "."}})
	for _, want := range []string{"1 to retry", "may be paid twice", "Twice: 1 of them is a second submit of what is in doubt, and may be paid twice"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestTheSummaryOfARunShowsItsDoubts(t *testing.T) {
	d := doubts()
	s := Summary{Target: d.Target, Operation: "apply", Evidence: d.Evidence}
	r := d.Records[0]
	s.InDoubt = []runner.Ended{{Address: r.Address, Model: r.Request.Model, Cost: r.Cost, Priced: true, Nonce: r.Nonce, SubmittedAt: r.SubmittedAt, Doubt: r.Doubt}}
	s.Resubmitted, s.ResubmittedCost = 2, 6*cent
	var out bytes.Buffer
	writeSummary(&out, Style{Width: DefaultWidth}, s)
	fits(t, out.String())
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"nano-banana; up to $0.03 may have been charged; submitted 2026-11-22 12:00:00 UTC",
		"Submitted again while in doubt: 2, each may have been charged twice ($0.06).",
		"Evidence, not proof: the balance was $5.00 at 2026-11-22 11:59:00 UTC and $4.97 at 2026-11-22 13:00:00 UTC, when it was last read.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// A command that does not fit is not cut, and begins a line.
func TestTheCommandThatSettlesDoubtsStaysWhole(t *testing.T) {
	for path, want := range map[string]string{
		"jobs.hcl":  "In doubt: not submitted again before you settle it: apixo-batch resolve jobs.hcl\n",
		"jobs2.hcl": "In doubt: not submitted again before you settle it:\n  apixo-batch resolve jobs2.hcl\n",
	} {
		var b strings.Builder
		writeDoubtCommand(&b, plain, Target{Path: path})
		if b.String() != want {
			t.Errorf("%q, want %q", b.String(), want)
		}
	}
}
