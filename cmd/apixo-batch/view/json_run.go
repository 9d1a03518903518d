package view

import (
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// runState is what the lines of a run tell beside its events.
type runState struct {
	*tally
	beat     time.Time // when the last heartbeat was
	actions  map[task.Address]plan.Kind
	flight   map[task.Address]state.Record // accepted, and without an end that is known
	doubts   map[task.Address]task.Cost    // that arose in this run
	reserved task.Cost                     // sum of doubts
}

func newRunState(p Plan) *runState {
	r := &runState{
		tally: newTally(p), beat: time.Now(), actions: make(map[task.Address]plan.Kind),
		flight: make(map[task.Address]state.Record), doubts: make(map[task.Address]task.Cost),
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind != plan.Keep {
			r.actions[a.Address] = a.Kind
		}
		if a.Reason == plan.StillRunning && a.Prior != nil {
			r.flight[a.Address] = *a.Prior
		}
	}
	return r
}

// Begin implements View.
func (j *JSON) Begin(p Plan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.run = newRunState(p)
	j.out.begin()
	if p.Budget != nil {
		j.budget(runner.BoundEvent{Limit: *p.Budget, Committed: p.Committed}, "info", "")
	}
	if p.RunBudget != nil {
		j.budget(runner.BoundEvent{Run: true, Limit: *p.RunBudget}, "info", "")
	}
	j.progress()
}

// Event implements View.
func (j *JSON) Event(e runner.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.run == nil {
		j.run = newRunState(Plan{Plan: new(plan.Plan)})
	}
	e.Detail = runner.WithoutQueries(e.Detail)
	before := j.run.spent
	j.run.add(e)
	if e.Kind == runner.Nearing {
		j.budget(*e.Bound, levelOf(e.Kind), e.Detail)
		return
	}
	kind, payload := j.run.line(e)
	message := kind
	if e.Address != (task.Address{}) {
		message = e.Address.String() + ": " + string(e.Kind)
	}
	if e.Detail != "" {
		message += ": " + Clean(e.Detail)
	}
	j.put(levelOf(e.Kind), kind, message, payload, false)
	j.spend(e, j.run.spent-before)
}

// levelOf is how much an event matters.
func levelOf(k runner.EventKind) string {
	switch k {
	case runner.Failed, runner.Doubted, runner.Unrecorded:
		return "error"
	case runner.Retrying, runner.Detached, runner.Skipped, runner.Slowed, runner.Nearing, runner.Stopping, runner.Warned, runner.Unheard, runner.Unfetched:
		return "warn"
	default:
		return "info"
	}
}

// instanceLines are the types of the events of one instance that tell nothing but
// what happened.
var instanceLines = map[runner.EventKind]string{
	runner.Started:    "apply_start",
	runner.Submitted:  "task_submitted",
	runner.Unrecorded: "task_unrecorded",
	runner.Refused:    "task_refused",
	runner.Doubted:    "task_in_doubt",
	runner.Succeeded:  "task_succeeded",
	runner.Saved:      "apply_complete",
	runner.Failed:     "apply_errored",
	runner.Retrying:   "task_retrying",
	runner.Detached:   "task_detached",
	runner.Skipped:    "task_skipped",
	runner.Moved:      "task_moved",
	runner.Dropped:    "record_dropped",
	runner.Imported:   "task_imported",
	runner.Warned:     "odd_answer",
	runner.Settled:    "task_settled",
}

// line is the type of an event's line, and what is its own in it.
func (r *runState) line(e runner.Event) (kind string, payload any) {
	switch e.Kind {
	case runner.Reported:
		return "task_status", statusLine{r.hook(e), Clean(e.Detail)}
	case runner.Fetching, runner.Fetched, runner.Unfetched:
		return downloadType(e), downloadLine{r.hook(e), newFile(e.File), e.Detail, e.Earlier}
	case runner.Slowed:
		return "rate_limited", rateLimitedLine{e.Model, e.Wait.Seconds(), e.Detail}
	case runner.Stopping:
		return "stopping", stoppingLine{e.Reason, e.Detail}
	case runner.Unheard:
		return "webhooks_missing", detailLine{e.Detail}
	default:
		return instanceLines[e.Kind], hookLine{r.hook(e), e.Detail}
	}
}

func downloadType(e runner.Event) string {
	switch {
	case e.Kind == runner.Fetched:
		return "download_complete"
	case e.Kind == runner.Unfetched:
		return "download_errored"
	case e.File.Bytes == 0:
		return "download_start"
	default:
		return "download_progress"
	}
}

func newFile(f *runner.FileEvent) file {
	made := file{Index: f.Index, Path: f.Path, Bytes: f.Bytes}
	if f.Size >= 0 {
		made.Size = &f.Size
	}
	return made
}

func (r *runState) hook(e runner.Event) hook {
	record := e.Record
	h := hook{
		Resource: refer(e.Address, record.Request.Model), Action: r.actions[e.Address].Word(),
		Cost: amountIf(record.Cost, record.Priced), Failure: newFailureJSON(record.Failure),
	}
	if record.TaskID != "" {
		h.IDKey, h.IDValue = "task_id", record.TaskID
	}
	if !record.AcceptedAt.IsZero() && record.FinishedAt.After(record.AcceptedAt) {
		h.Elapsed = new(record.FinishedAt.Sub(record.AcceptedAt).Seconds())
	}
	if e.Kind == runner.Saved {
		files := make([]string, len(record.Artifacts))
		for i, artifact := range record.Artifacts {
			files[i] = artifact.Path
		}
		h.Files = &files
	}
	return h
}

// add takes an event in.
func (r *runState) add(e runner.Event) {
	r.tally.add(e)
	switch e.Kind {
	case runner.Submitted, runner.Unrecorded, runner.Imported:
		r.flight[e.Address] = e.Record
	case runner.Settled:
		if e.Record.Status == state.Running {
			r.flight[e.Address] = e.Record
		}
		r.undoubt(e.Address)
	case runner.Doubted:
		r.undoubt(e.Address)
		r.doubts[e.Address] = e.Record.Cost
		r.reserved += e.Record.Cost
		delete(r.flight, e.Address)
	case runner.Succeeded, runner.Saved, runner.Failed, runner.Retrying, runner.Detached, runner.Skipped:
		delete(r.flight, e.Address)
	}
}

func (r *runState) undoubt(a task.Address) {
	r.reserved -= r.doubts[a]
	delete(r.doubts, a)
}
