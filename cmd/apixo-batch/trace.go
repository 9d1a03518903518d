package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func traceFlag() cli.Flag {
	return &cli.StringFlag{Name: "trace", Usage: "append a line for each attempt to a `FILE` of tab-separated values"}
}

// traceColumns are those of a trace, as its first line names them.
var traceColumns = []string{
	"address", "model", "task_id", "submitted", "accepted", "completed", "downloaded", "seconds", "cost_usd", "outcome", "files",
}

const traceHelp = "-trace=FILE appends one line of tab-separated values for each attempt, when the run is done with\n" +
	"it, as GNU parallel's joblog does: address, model, task_id, submitted, accepted, completed,\n" +
	"downloaded (times in UTC; the last is that of its last file, in this run), seconds from\n" +
	"acceptance to completion, cost_usd, outcome and files, with a | between them. The outcome is\n" +
	"succeeded, running, in_doubt or the reason of the failure. What is not known is empty."

// trace writes a line for each attempt of a run. What cannot be written ends it, and
// nothing else: a run that pays goes on without its trace.
type trace struct {
	file *os.File
	warn func(string)
	lost bool
	// told are the attempts that have a line, by nonce; waiting those whose task is
	// over and whose files are still to come.
	told    map[string]bool
	waiting map[task.Address]state.Record
}

// openTrace opens what -trace names; nil without the flag.
func (p *program) openTrace(at *cli.Command, kept []keptFile) (*trace, error) {
	path := at.String("trace")
	if path == "" {
		return nil, nil
	}
	asked := "-trace=" + path
	file, err := p.openAppended(appendedTrace, asked, path, kept)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", asked, err)
	}
	return &trace{file: file, warn: p.view.Note, told: make(map[string]bool), waiting: make(map[task.Address]state.Record)}, nil
}

// close writes what was left in between, and closes the file.
func (t *trace) close() error {
	if t == nil {
		return nil
	}
	for _, a := range slices.SortedFunc(maps.Keys(t.waiting), task.Address.Compare) {
		t.line(t.waiting[a], "succeeded", time.Time{})
	}
	return t.file.Close()
}

// observing adds the trace to who is told of a run's events.
func (t *trace) observing(view func(runner.Event)) func(runner.Event) {
	if t == nil {
		return view
	}
	return func(e runner.Event) {
		t.event(e)
		view(e)
	}
}

// event writes the line of an attempt that the run is done with.
func (t *trace) event(e runner.Event) {
	switch e.Kind {
	case runner.Succeeded:
		t.waiting[e.Address] = e.Record
	case runner.Saved:
		t.line(e.Record, "succeeded", time.Now())
	case runner.Doubted:
		t.line(e.Record, string(task.InDoubt), time.Time{})
	case runner.Detached:
		t.line(e.Record, "running", time.Time{})
	case runner.Failed, runner.Retrying:
		t.line(e.Record, failedOutcome(e.Record), time.Time{})
	}
}

func failedOutcome(r state.Record) string {
	if r.Failure != nil {
		return string(r.Failure.Reason)
	}
	return string(r.Status)
}

// line writes one attempt, unless it has a line: a doubt that is submitted again was
// told of before.
func (t *trace) line(r state.Record, outcome string, downloaded time.Time) {
	delete(t.waiting, r.Address)
	if t.lost || t.told[r.Nonce+" "+outcome] {
		return
	}
	t.told[r.Nonce+" "+outcome] = true
	if _, err := t.file.WriteString(traceLine(r, outcome, downloaded)); err != nil {
		t.lost = true
		t.warn(fmt.Sprintf("Warning: the trace ends here, and everything else goes on: %v", err))
	}
}

func traceLine(r state.Record, outcome string, downloaded time.Time) string {
	seconds, cost := "", ""
	if !r.AcceptedAt.IsZero() && !r.FinishedAt.Before(r.AcceptedAt) {
		seconds = strconv.FormatFloat(r.FinishedAt.Sub(r.AcceptedAt).Seconds(), 'f', 3, 64)
	}
	if r.Priced && (r.TaskID != "" || outcome == string(task.InDoubt)) {
		cost = r.Cost.Decimal()
	}
	var files []string
	for _, a := range r.Artifacts {
		files = append(files, a.Path)
	}
	cells := []string{r.Address.String(), r.Request.Model, r.TaskID, traceTime(r.SubmittedAt), traceTime(r.AcceptedAt), traceTime(r.FinishedAt),
		traceTime(downloaded), seconds, cost, outcome, strings.Join(files, "|")}
	for i, cell := range cells {
		cells[i] = view.CleanLine(cell)
	}
	return strings.Join(cells, "\t") + "\n"
}

func traceTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
