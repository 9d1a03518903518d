package view

import (
	"fmt"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
)

// Begin implements View.
func (j *JSON) Begin(p Plan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tally, j.status = newTally(p), time.Now()
}

// eventTypes are the line types of a run's events.
var eventTypes = map[runner.EventKind]string{
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
	runner.Slowed:     "rate_limited",
	runner.Stopping:   "stopping",
	runner.Warned:     "odd_answer",
	runner.Settled:    "task_settled",
	runner.Unheard:    "webhooks_missing",
}

// Event implements View.
func (j *JSON) Event(e runner.Event) {
	j.mu.Lock()
	if j.tally != nil {
		j.tally.add(e)
	}
	j.mu.Unlock()
	kind, known := eventTypes[e.Kind]
	if !known {
		kind = string(e.Kind)
	}
	more := fields{}
	message := kind
	if e.Address != (task.Address{}) {
		more["hook"] = hook(e)
		message = e.Address.String() + ": " + string(e.Kind)
	}
	if e.Detail != "" {
		more["detail"] = e.Detail
		message += ": " + Clean(e.Detail)
	}
	if e.Wait > 0 {
		more["wait_seconds"] = e.Wait.Seconds()
	}
	j.write(level(e.Kind), kind, message, more)
}

func level(k runner.EventKind) string {
	switch k {
	case runner.Failed, runner.Doubted, runner.Unrecorded:
		return "error"
	case runner.Retrying, runner.Detached, runner.Skipped, runner.Slowed, runner.Stopping, runner.Warned, runner.Unheard:
		return "warn"
	default:
		return "info"
	}
}

func hook(e runner.Event) fields {
	r := e.Record
	f := fields{"resource": resource(e.Address, r.Request.Model)}
	if r.TaskID != "" {
		f["id_key"], f["id_value"] = "task_id", r.TaskID
	}
	if r.Priced {
		f["cost"] = r.Cost.Decimal()
	}
	if !r.AcceptedAt.IsZero() && r.FinishedAt.After(r.AcceptedAt) {
		f["elapsed_seconds"] = r.FinishedAt.Sub(r.AcceptedAt).Seconds()
	}
	if r.Failure != nil {
		f["failure"] = r.Failure
	}
	if e.Kind == runner.Saved {
		files := make([]string, len(r.Artifacts))
		for i, artifact := range r.Artifacts {
			files[i] = artifact.Path
		}
		f["files"] = files
	}
	return f
}

// Tick implements View.
func (j *JSON) Tick() {
	j.mu.Lock()
	due := j.tally != nil && time.Since(j.status) >= statusEvery
	var message string
	var more fields
	if due {
		j.status = time.Now()
		t := j.tally
		message = t.text()
		more = fields{
			"done": t.counts[runner.Saved], "failed": t.counts[runner.Failed], "running": len(t.running),
			"total": t.total, "spent": t.spent.Decimal(), "estimate": t.estimate.Decimal(),
		}
	}
	j.mu.Unlock()
	if due {
		j.write("info", "run_progress", message, more)
	}
}

// Summary implements View.
func (j *JSON) Summary(s Summary) {
	more := fields{
		"done": s.Done, "accepted": s.Accepted, "retried": s.Retried, "repeated_after_5xx": s.Repeated, "shared_task_ids": s.SharedTasks,
		"failed": ended(s.Failed), "skipped": ended(s.Skipped), "running": ended(s.Running),
		"undelivered": ended(s.Undelivered), "in_doubt": ended(s.InDoubt), "not_submitted": ended(s.Left),
		"resubmitted_in_doubt": s.Resubmitted, "resubmitted_cost": s.ResubmittedCost.Decimal(),
		"spent": s.Spent.Decimal(), "reserved": s.Reserved.Decimal(), "unpriced": s.Unpriced,
		"reserved_after_5xx": s.After5xx.Decimal(), "balance": balanceJSON(s),
		"estimate":        fields{"low": s.Low.Decimal(), "high": s.High.Decimal()},
		"elapsed_seconds": s.Ended.Sub(s.Started).Seconds(),
		"simulated":       s.Target.Simulated, "exit_code": s.ExitCode, "operation": s.Operation,
		"left_out": s.LeftOut,
	}
	if s.Stop != "" {
		more["stop"] = fields{"reason": s.Stop, "detail": s.StopDetail}
	}
	if s.Interrupted != "" {
		more["interrupted"] = s.Interrupted
	}
	if s.Evidence != nil {
		more["evidence"] = newEvidenceJSON(s.Evidence)
	}
	if all := advise(s.Codes, s.Failed); len(all) > 0 {
		more["advice"] = all
	}
	if support := s.support(); support != "" {
		more["support"] = support
	}
	if next := s.Next(); next != "" {
		more["next"] = next
	}
	message := fmt.Sprintf("%d done, %d failed, %d skipped, %d running, %d in doubt, %d not submitted; spent %s",
		s.Done, len(s.Failed), len(s.Skipped), len(s.Running), len(s.InDoubt), len(s.Left), s.Spent)
	j.write("info", "run_summary", message, more)
}

func ended(list []runner.Ended) []fields {
	out := make([]fields, len(list))
	for i, e := range list {
		f := resource(e.Address, "")
		if e.TaskID != "" {
			f["task_id"] = e.TaskID
		}
		if e.Failure.Reason != "" {
			f["failure"] = e.Failure
		}
		if e.Priced {
			f["cost"] = e.Cost.Decimal()
		}
		if e.Nonce != "" {
			f["model"], f["nonce"], f["submitted_at"] = e.Model, e.Nonce, e.SubmittedAt
		}
		if e.Doubt != nil {
			f["doubt"] = e.Doubt
		}
		out[i] = f
	}
	return out
}
