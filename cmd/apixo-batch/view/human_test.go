package view

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func event(k runner.EventKind, key string) runner.Event {
	return runner.Event{
		Kind: k, Address: address("hero", key), Detail: "a \x1b[31mreason",
		Record: state.Record{Cost: 3 * cent, Priced: true, TaskID: "task_" + key, AcceptedAt: noon, FinishedAt: noon.Add(9 * time.Second)},
	}
}

func twoSubmits() Plan {
	return Plan{Plan: &plan.Plan{Actions: []plan.Action{
		pays(plan.Submit, address("hero", "cat"), plan.New, "", known(3*cent, 3*cent)),
		pays(plan.Submit, address("hero", "dog"), plan.New, "", known(3*cent, 3*cent)),
	}}, Target: Target{Path: "jobs.hcl"}, Operation: "apply"}
}

func TestACommandInAMessageStaysOnItsLine(t *testing.T) {
	var err bytes.Buffer
	h := &Human{Err: &err, ErrStyle: Style{Terminal: true, Width: 40}}
	command := "  apixo-batch resolve -task-id=task_1234567890 task.hero jobs.hcl"
	h.Error("a message that is longer than forty columns\n" + command)
	if got := err.String(); !strings.Contains(got, "\n"+command+"\n") || strings.Count(got, "\n") != 3 {
		t.Errorf("got %q", got)
	}
}

// A pipe gets one line for each, so that grep finds all of it.
func TestALineThatStaysIsFoldedOnATerminal(t *testing.T) {
	doubt := event(runner.Doubted, "cat")
	doubt.Detail = "the connection was reset after the request was sent"
	for terminal, want := range map[bool]string{
		true:  "task.hero[\"cat\"]: in doubt: the\n  connection was reset after the request\n  was sent\n",
		false: "task.hero[\"cat\"]: in doubt: the connection was reset after the request was sent\n",
	} {
		var out, err bytes.Buffer
		h := &Human{Out: &out, Err: &err, ErrStyle: Style{Terminal: terminal, Width: 40}}
		h.Begin(twoSubmits())
		h.Event(doubt)
		h.Summary(Summary{Operation: "apply"})
		if got := strings.TrimPrefix(err.String(), "\n"); got != want {
			t.Errorf("terminal %v: got\n%s\nwant\n%s", terminal, got, want)
		}
	}
}

func TestTallyFollowsAnInstanceThatRunsAgain(t *testing.T) {
	tally := newTally(twoSubmits())
	for _, e := range []runner.Event{
		event(runner.Submitted, "cat"), event(runner.Retrying, "cat"), event(runner.Submitted, "cat"), event(runner.Succeeded, "cat"),
		event(runner.Saved, "cat"), event(runner.Doubted, "dog"),
	} {
		tally.add(e)
	}
	if got, want := tally.text(), "2/2 ended, 1 done, 1 in doubt, $0.06 of $0.06"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Its task ID stands nowhere else, so all of it is shown, however long.
func TestATaskThatCouldNotBeRecordedIsShownWhole(t *testing.T) {
	id := strings.Repeat("x", 600)
	e := runner.Event{Kind: runner.Unrecorded, Address: address("hero", "cat"), Detail: "task.hero was accepted as task " + id + "\x1b"}
	if got := (&Human{ErrStyle: plain, Live: true}).eventText(e); !strings.Contains(got, id+`\x1b`) {
		t.Errorf("got %q", got)
	}
	b := written(t, func(j *JSON) { j.Event(e) })
	if got := b.String(); !strings.Contains(got, `"type":"task_unrecorded"`) || !strings.Contains(got, `"@level":"error"`) || !strings.Contains(got, id) {
		t.Errorf("got %s", got)
	}
}

// Progress ends up in logs that many read, and a signed URL is the file.
func TestWhatIsSaidOfFailuresHoldsNoQueries(t *testing.T) {
	message := `cannot fetch https://u:pw@host.example/a.png?sig=SECRET now`
	failure := task.Failure{Reason: task.InvalidInput, Message: message}
	texts := []string{
		(&Human{ErrStyle: plain, Verbose: true}).eventText(runner.Event{Kind: runner.Failed, Record: state.Record{Failure: &failure}, Detail: message}),
		(&Human{ErrStyle: plain, Verbose: true}).eventText(runner.Event{Kind: runner.Stopping, Detail: message}),
		endedDetail(runner.Ended{Failure: failure}),
		failedText(&failure),
	}
	for _, text := range texts {
		if strings.Contains(text, "SECRET") || strings.Contains(text, "pw@") || !strings.Contains(text, "host.example/a.png") {
			t.Errorf("%q", text)
		}
	}
}

func TestEventTextIsSilentAboutSteps(t *testing.T) {
	for _, kind := range []runner.EventKind{runner.Submitted, runner.Succeeded, runner.Refused, runner.Skipped, runner.Moved} {
		e := event(kind, "cat")
		if got := (&Human{ErrStyle: plain}).eventText(e); got != "" {
			t.Errorf("%s: %q", kind, got)
		}
		if got := (&Human{ErrStyle: plain, Verbose: true}).eventText(e); !strings.HasPrefix(got, address("hero", "cat").String()) {
			t.Errorf("%s with -verbose: %q", kind, got)
		}
	}
}
