package view

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Each kind of event that a run knows has a type of line, and each type of line is
// written by something.
func TestEveryEventHasALine(t *testing.T) {
	source, err := os.ReadFile("../../../runner/event.go")
	if err != nil {
		t.Fatal(err)
	}
	written := []string{"version", "log", "diagnostic", "planned_change", "change_summary", "explanation", "apply_progress", "run_progress", "spend", "budget", "events_dropped", "run_summary", "outputs"}
	kinds := regexp.MustCompile(`EventKind += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 20 {
		t.Fatalf("%d kinds of events", len(kinds))
	}
	state := newRunState(Plan{Plan: twoSubmits().Plan})
	for _, kind := range kinds {
		if runner.EventKind(kind[1]) == runner.Nearing {
			continue // written by budget
		}
		for _, bytes := range []int64{0, 1} {
			name, payload := state.line(runner.Event{Kind: runner.EventKind(kind[1]), File: &runner.FileEvent{Bytes: bytes}})
			n := slices.IndexFunc(lineTypes(), func(l lineType) bool { return l.name == name })
			if n < 0 {
				t.Errorf("%s is written as %q, which is no type of line", kind[1], name)
			} else if want := lineTypes()[n].payload; reflect.TypeOf(want) != reflect.TypeOf(payload) {
				t.Errorf("%s: %T, and the schema says %T", name, payload, want)
			}
			written = append(written, name)
		}
	}
	for _, l := range lineTypes() {
		if !slices.Contains(written, l.name) {
			t.Errorf("nothing writes %s", l.name)
		}
	}
}

func TestHelpOfEventsFitsATerminal(t *testing.T) {
	var b bytes.Buffer
	WriteEvents(&b, DefaultWidth)
	fits(t, b.String())
	for _, l := range lineTypes() {
		if !strings.Contains(b.String(), "\n"+l.name+"\n") {
			t.Errorf("%s is missing", l.name)
		}
	}
	var schema bytes.Buffer
	if err := WriteEventsSchema(&schema); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(schema.String(), `"const"`); n != len(lineTypes()) {
		t.Errorf("%d types in the schema", n)
	}
}

// The heartbeat goes on as long as the run does, and tells what runs.
func TestTheHeartbeatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoSubmits()
		left := 90 * time.Second
		p.TimeLeft = func() (time.Duration, bool) { return left, left < 85*time.Second }
		b := written(t, func(j *JSON) {
			j.Begin(p)
			record := state.Record{TaskID: "task_1", Cost: 3 * cent, Priced: true, AcceptedAt: time.Now(), Request: task.Request{Model: "nano-banana"}}
			j.Event(runner.Event{Kind: runner.Submitted, Address: p.Actions[0].Address, Record: record})
			for range 5 * 35 {
				time.Sleep(200 * time.Millisecond)
				left -= 200 * time.Millisecond
				j.Tick()
			}
		})
		beats, told := 0, 0
		for _, line := range lines(t, b) {
			switch line["type"] {
			case "run_progress":
				beats++
				want := map[int]any{1: nil, 2: 80.0, 3: 70.0, 4: 60.0}[beats]
				if line["eta_seconds"] != want || line["elapsed_seconds"] != float64(beats-1)*10 || beats > 1 && (line["spent"] != "0.03" || line["running"] != 1.0) {
					t.Errorf("beat %d: %v", beats, line)
				}
			case "apply_progress":
				told++
				hook := line["hook"].(map[string]any)
				if hook["elapsed_seconds"] != float64(told)*10 || hook["id_value"] != "task_1" || hook["action"] != "submit" {
					t.Errorf("%v", hook)
				}
			}
		}
		if beats != 4 || told != 3 {
			t.Errorf("%d beats, %d tellings", beats, told)
		}
	})
}

// What a doubt reserves is given back when it turns out to be a task.
func TestLinesTellWhatHappensToTheMoney(t *testing.T) {
	p := twoSubmits()
	doubtful := state.Record{Cost: 3 * cent, Priced: true, Status: state.InDoubt}
	settled := state.Record{Cost: 3 * cent, Priced: true, Status: state.Running, TaskID: "task_1"}
	b := written(t, func(j *JSON) {
		j.Begin(p)
		j.Event(runner.Event{Kind: runner.Doubted, Address: p.Actions[0].Address, Record: doubtful})
		j.Event(runner.Event{Kind: runner.Settled, Address: p.Actions[0].Address, Record: settled})
		j.Event(runner.Event{Kind: runner.Submitted, Address: p.Actions[1].Address, Record: state.Record{TaskID: "task_2", Status: state.Running}})
		j.Event(runner.Event{Kind: runner.Nearing, Detail: "most of it", Bound: &runner.BoundEvent{Run: true, Limit: 10 * cent, Committed: 8 * cent}})
	})
	var got [][]any
	for _, line := range lines(t, b) {
		switch line["type"] {
		case "spend":
			got = append(got, []any{line["kind"], line["cost"], line["spent"], line["reserved"]})
		case "budget":
			got = append(got, []any{line["bound"], line["limit"], line["committed"], line["remaining"]})
		}
	}
	want := [][]any{{"reserved", "0.03", "0.00", "0.03"}, {"settled", "0.03", "0.03", "0.00"}, {"spent", nil, "0.03", "0.00"}, {"run_budget", "0.10", "0.08", "0.02"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
