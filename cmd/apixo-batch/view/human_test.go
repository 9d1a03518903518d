package view

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
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

func TestWithoutATerminalEachTaskHasALineAndSilenceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, err bytes.Buffer
		h := &Human{Out: &out, Err: &err, OutStyle: plain, ErrStyle: plain}
		h.Begin(twoSubmits())
		h.Event(event(runner.Submitted, "cat"))
		h.Tick()
		time.Sleep(statusEvery)
		h.Tick()
		h.Tick()
		h.Event(event(runner.Saved, "cat"))
		h.Event(event(runner.Failed, "dog"))
		h.Event(runner.Event{Kind: runner.Slowed, Wait: time.Second})
		h.Event(runner.Event{Kind: runner.Slowed, Wait: slowEnough, Detail: "HTTP 429"})
		want := `
0/2 done, 1 running, $0.03 of $0.06
task.hero["cat"]: done in 9s, $0.03
task.hero["dog"]: failed: a \x1b[31mreason
Slowing down for 5s: HTTP 429
`
		if got := err.String(); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

// screen replays what a terminal would show of a stream with carriage returns
// and the sequence that clears a line.
func screen(s string) string {
	var rows []string
	for line := range strings.SplitSeq(s, "\n") {
		shown := []rune{}
		column := 0
		for len(line) > 0 {
			switch rest, cleared := strings.CutPrefix(line, "\x1b[2K"); {
			case cleared:
				shown, line = shown[:0], rest
			case line[0] == '\r':
				column, line = 0, line[1:]
			default:
				if column < len(shown) {
					shown[column] = rune(line[0])
				} else {
					shown = append(shown, rune(line[0]))
				}
				column, line = column+1, line[1:]
			}
		}
		rows = append(rows, strings.TrimRight(string(shown), " "))
	}
	return strings.Join(rows, "\n")
}

func TestOnATerminalOnlyFailuresStayAboveTheBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, err bytes.Buffer
		h := &Human{Out: &out, Err: &err, OutStyle: plain, ErrStyle: plain, Live: true}
		p := twoSubmits()
		p.Target.Simulated = true
		h.Begin(p)
		time.Sleep(time.Second)
		h.Event(event(runner.Submitted, "cat"))
		time.Sleep(time.Second)
		h.Tick()
		if got := screen(err.String()); !strings.Contains(got, "SIMULATED 0/2 done, 1 running, $0.03 of $0.06") {
			t.Errorf("no bar: %q", got)
		}
		h.Event(event(runner.Failed, "dog"))
		time.Sleep(time.Second)
		h.Tick()
		h.Event(event(runner.Saved, "cat"))
		time.Sleep(time.Second)
		h.Tick()
		h.Summary(Summary{Operation: "apply", Summary: runner.Summary{Done: 1}})
		want := "\nSIMULATED task.hero[\"dog\"]: failed: a \\x1b[31mreason\n"
		if got := screen(err.String()); got != want {
			t.Errorf("what stays is %q, want %q", got, want)
		}
	})
}

func TestALogGoesAboveTheBarLineByLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err bytes.Buffer
		h := &Human{Out: io.Discard, Err: &err, OutStyle: plain, ErrStyle: plain, Live: true}
		h.Log([]byte("level=INFO msg=begun\n"))
		h.Begin(twoSubmits())
		for range 3 {
			time.Sleep(time.Second)
			h.Log([]byte("level=DEBUG msg=status state=processing elapsed_seconds=0.123456789 address=task.hero[cat]\n"))
			if got := screen(strings.ReplaceAll(err.String(), "\x1b[0K", "")); !strings.HasSuffix(got, "s]") || strings.Count(got, "0/2 done") != 1 {
				t.Errorf("the bar is not below the log: %q", got)
			}
		}
		h.Summary(Summary{Operation: "apply", Summary: runner.Summary{Done: 1}})
		line := "level=DEBUG msg=status state=processing elapsed_seconds=0.123456789 address=task.hero[cat]\n"
		if got, want := screen(strings.ReplaceAll(err.String(), "\x1b[0K", "")), "level=INFO msg=begun\n\n"+strings.Repeat(line, 3); got != want {
			t.Errorf("what stays is %q, want %q", got, want)
		}
	})
}

// A terminal shows ^C where the cursor is. Were that the last column, it would
// go on in the next line, and the bar's line could not be cleared any more.
func TestTheBarLeavesRoomForTheInterruptThatTheTerminalShows(t *testing.T) {
	for _, width := range []int{200, 80, 40, 30} {
		synctest.Test(t, func(t *testing.T) {
			var err bytes.Buffer
			h := &Human{Out: io.Discard, Err: &err, OutStyle: plain, ErrStyle: Style{Width: width}, Live: true}
			h.Begin(Plan{Plan: largePlan(), Target: Target{Path: "jobs.hcl", Simulated: true}, Operation: "apply"})
			for i := range 320 {
				time.Sleep(time.Duration(i) * time.Second)
				h.Event(runner.Event{Kind: runner.Submitted, Address: task.Address{Name: "frame", Key: task.IndexKey(i)}})
				h.Tick()
			}
			rendered := 0
			for piece := range strings.SplitSeq(err.String(), "\r") {
				text, _, _ := strings.Cut(strings.TrimLeft(piece, "\n"), "\x1b")
				if rendered++; columns(text) > width-4 {
					t.Fatalf("%d of %d columns: %q", columns(text), width, text)
				}
			}
			if rendered < 300 {
				t.Errorf("the bar was drawn %d times", rendered)
			}
		})
	}
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
func TestALiveLineIsFoldedOnATerminal(t *testing.T) {
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
	if got, want := tally.text(), "1/2 done, 1 in doubt, $0.06 of $0.06"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Its task ID stands nowhere else, so all of it is shown, however long.
func TestATaskThatCouldNotBeRecordedIsShownWhole(t *testing.T) {
	id := strings.Repeat("x", 600)
	e := runner.Event{Kind: runner.Unrecorded, Address: address("hero", "cat"), Detail: "task.hero was accepted as task " + id + "\x1b"}
	if got := eventText(e, plain, false, false); !strings.Contains(got, id+`\x1b`) {
		t.Errorf("got %q", got)
	}
	var b bytes.Buffer
	(&JSON{Out: &b}).Event(e)
	if got := b.String(); !strings.Contains(got, `"type":"task_unrecorded"`) || !strings.Contains(got, `"@level":"error"`) || !strings.Contains(got, id) {
		t.Errorf("got %s", got)
	}
}

// Progress ends up in logs that many read, and a signed URL is the file.
func TestWhatIsSaidOfFailuresHoldsNoQueries(t *testing.T) {
	message := `cannot fetch https://u:pw@host.example/a.png?sig=SECRET now`
	failure := task.Failure{Reason: task.InvalidInput, Message: message}
	texts := []string{
		eventText(runner.Event{Kind: runner.Failed, Record: state.Record{Failure: &failure}, Detail: message}, plain, true, true),
		eventText(runner.Event{Kind: runner.Stopping, Detail: message}, plain, true, true),
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
		if got := eventText(e, plain, true, false); got != "" {
			t.Errorf("%s: %q", kind, got)
		}
		if got := eventText(e, plain, true, true); !strings.HasPrefix(got, address("hero", "cat").String()) {
			t.Errorf("%s with -verbose: %q", kind, got)
		}
	}
}
