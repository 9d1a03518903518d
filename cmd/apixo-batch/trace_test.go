package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// traced gives what a trace of some events holds below its head, and what was warned of.
func traced(t *testing.T, events ...runner.Event) (lines []string, warned string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.tsv")
	file, err := appendedTrace.open(path)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trace{file: file, warn: func(text string) { warned += text }, told: make(map[string]bool), waiting: make(map[task.Address]state.Record)}
	seen := 0
	observe := tr.observing(func(runner.Event) { seen++ })
	for _, e := range events {
		observe(e)
	}
	if err := tr.close(); err != nil || seen != len(events) {
		t.Errorf("%v, and %d of %d events were passed on", err, seen, len(events))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(content), "\n")
	if head != strings.Join(traceColumns, "\t") {
		t.Errorf("the head is %q", head)
	}
	return strings.Split(strings.TrimSuffix(rest, "\n"), "\n"), warned
}

func TestEachAttemptHasOneLineOfATrace(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	address := task.Address{Name: "one", Key: task.TextKey("a\tb")}
	record := state.Record{
		Address: address, Nonce: "n", Request: task.Request{Model: "m\tx\n=1"}, TaskID: "t\u202e", Cost: 30_000, Priced: true,
		SubmittedAt: at, AcceptedAt: at.Add(time.Second), FinishedAt: at.Add(3500 * time.Millisecond), Status: state.Failed,
		Failure: &task.Failure{Reason: task.Timeout}, Artifacts: []state.Artifact{{Path: "out/a\nb.png"}, {Path: "c.png"}},
	}
	doubt := state.Record{Address: address, Nonce: "d", Status: state.InDoubt, SubmittedAt: at}
	running := state.Record{Address: address, Nonce: "r", Status: state.Running, TaskID: "u", SubmittedAt: at, AcceptedAt: at}
	cut := state.Record{Address: address, Nonce: "s", Status: state.Succeeded, TaskID: "v", SubmittedAt: at, AcceptedAt: at, FinishedAt: at}
	lines, _ := traced(t,
		runner.Event{Kind: runner.Submitted, Address: address, Record: record},
		runner.Event{Kind: runner.Retrying, Address: address, Record: record},
		runner.Event{Kind: runner.Doubted, Address: address, Record: doubt},
		runner.Event{Kind: runner.Retrying, Address: address, Record: doubt}, // on_in_doubt = "resubmit"
		runner.Event{Kind: runner.Slowed, Wait: time.Second},
		runner.Event{Kind: runner.Detached, Address: address, Record: running},
		runner.Event{Kind: runner.Succeeded, Address: address, Record: cut}, // and the run ended before its files came
	)
	const name = `task.one["a\u0009b"]`
	want := []string{
		name + `	m x\n=1	t\u202e	2026-11-22T10:00:00.000Z	2026-11-22T10:00:01.000Z	2026-11-22T10:00:03.500Z		2.500	0.03	timeout	out/a\nb.png|c.png`,
		name + "\t\t\t2026-11-22T10:00:00.000Z\t\t\t\t\t\tin_doubt\t",
		name + "\t\tu\t2026-11-22T10:00:00.000Z\t2026-11-22T10:00:00.000Z\t\t\t\t\trunning\t",
		name + "\t\tv\t2026-11-22T10:00:00.000Z\t2026-11-22T10:00:00.000Z\t2026-11-22T10:00:00.000Z\t\t0.000\t\tsucceeded\t",
	}
	if got, want := strings.Join(lines, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A run that pays does not end for its trace.
func TestATraceThatCannotBeWrittenIsToldOnce(t *testing.T) {
	file, err := os.Open(os.DevNull) // for reading
	if err != nil {
		t.Fatal(err)
	}
	warned := 0
	tr := &trace{file: file, warn: func(string) { warned++ }, told: make(map[string]bool), waiting: make(map[task.Address]state.Record)}
	for _, nonce := range []string{"a", "b"} {
		tr.event(runner.Event{Kind: runner.Saved, Record: state.Record{Nonce: nonce}})
	}
	if err := tr.close(); err != nil || warned != 1 {
		t.Errorf("%v, and %d warnings, want 1", err, warned)
	}
}

func TestTheHelpNamesEveryColumnOfATrace(t *testing.T) {
	for _, column := range traceColumns {
		if !strings.Contains(traceHelp, column) {
			t.Errorf("the help does not name %s", column)
		}
	}
	if text := view.Wrap(traceHelp, 2, 2, view.DefaultWidth); strings.Contains(text, "\t") {
		t.Errorf("the help holds a tab: %q", text)
	}
}
