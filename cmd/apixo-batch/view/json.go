package view

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// uiVersion is the version of the JSON lines: a new minor version adds, a new
// major version changes. Readers ignore types and keys they do not know.
const uiVersion = "1.0"

// JSON is the view for programs: one object per line, in the shapes of
// Terraform's machine-readable UI. Money is a decimal string, never a float.
type JSON struct {
	Out     io.Writer
	Version string // of the program

	mu        sync.Mutex // of everything below, and of Out
	greeted   bool
	operation string
	tally     *tally
	status    time.Time
}

type fields map[string]any

// write writes one line; the first is preceded by the version line.
func (j *JSON) write(level, kind, message string, more fields) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.greeted {
		j.greeted = true
		j.line("info", "version", "apixo-batch "+j.Version, fields{"apixo_batch": j.Version, "ui": uiVersion})
	}
	j.line(level, kind, message, more)
}

func (j *JSON) line(level, kind, message string, more fields) {
	object := fields{
		"@level":     level,
		"@message":   message,
		"@module":    "apixo-batch.ui",
		"@timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		"type":       kind,
	}
	for k, v := range more {
		object[k] = v
	}
	encoder := json.NewEncoder(j.Out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(object) // a reader that went away does not stop a run
}

// resource names an instance as Terraform names a resource.
func resource(a task.Address, model string) fields {
	f := fields{"addr": a.String(), "resource": a.String(), "resource_type": "task", "resource_name": a.Name, "resource_key": nil}
	if i, isIndex := a.Key.Index(); isIndex {
		f["resource_key"] = i
	} else if !a.Key.IsZero() {
		f["resource_key"] = a.Key.Text()
	}
	if model != "" {
		f["model"] = model
	}
	return f
}

// action is a kind's word for programs.
func action(k plan.Kind) string {
	switch k {
	case plan.Submit:
		return "submit"
	case plan.Regenerate:
		return "regenerate"
	case plan.Retry:
		return "retry"
	case plan.Collect:
		return "collect"
	case plan.Blocked:
		return "blocked"
	case plan.Doubtful:
		return "in_doubt"
	case plan.Orphan:
		return "orphan"
	default:
		return "keep"
	}
}

// Plan implements View: one planned_change for each action that is not Keep,
// then the change_summary.
func (j *JSON) Plan(p Plan) {
	j.operation = p.Operation
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind == plan.Keep && !moved(a) {
			continue
		}
		change := fields{"resource": resource(a.Address, a.Model()), "action": action(a.Kind), "reason": string(a.Reason)}
		if a.Detail != "" {
			change["detail"] = a.Detail
		}
		if from, is := a.Moved(); is {
			change["previous_resource"] = resource(from, "")
		}
		if a.Kind.Pays() {
			change["cost"] = price(a.Price)
		}
		j.write("info", "planned_change", a.Address.String()+": plan to "+action(a.Kind), fields{"change": change})
	}
	j.changeSummary(p)
}

// price is nil where nobody knows the price: unknown is not zero.
func price(p plan.Price) any {
	if !p.Known {
		return nil
	}
	return fields{"low": p.Low.Decimal(), "high": p.High.Decimal()}
}

func (j *JSON) changeSummary(p Plan) {
	t := p.Totals()
	cost := fields{"low": t.Low.Decimal(), "high": t.High.Decimal(), "at_most": t.AtMost.Decimal(), "unpriced": t.Unpriced}
	money := fields{"cost": cost, "simulated": p.Target.Simulated}
	if p.Budget != nil {
		money["budget"] = p.Budget.Decimal()
		money["committed"] = p.Committed.Decimal()
	}
	if p.RunBudget != nil {
		money["run_budget"] = p.RunBudget.Decimal()
	}
	if p.Balance != nil {
		money["balance"] = p.Balance.Decimal()
	}
	if p.BaseURL != "" {
		money["base_url"] = p.BaseURL
	}
	money["changes"] = fields{
		"add": t.Count[plan.Submit], "change": t.Count[plan.Regenerate], "import": 0, "remove": 0,
		"retry": t.Count[plan.Retry], "collect": t.Count[plan.Collect], "blocked": t.Count[plan.Blocked],
		"in_doubt": t.Count[plan.Doubtful], "orphan": t.Count[plan.Orphan], "keep": t.Count[plan.Keep],
		"moved": t.Moved, "withheld": p.Withheld, "operation": p.Operation,
	}
	message := "Plan: " + counts(t)
	if nothing := nothingToDo(p.Plan, t); nothing != "" {
		message = nothing
	}
	j.write("info", "change_summary", message, money)
}

// Begin implements View.
func (j *JSON) Begin(p Plan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tally, j.status = newTally(p), time.Now()
}

// eventTypes are the line types of a run's events.
var eventTypes = map[runner.EventKind]string{
	runner.Submitted: "task_submitted",
	runner.Refused:   "task_refused",
	runner.Doubted:   "task_in_doubt",
	runner.Succeeded: "task_succeeded",
	runner.Saved:     "apply_complete",
	runner.Failed:    "apply_errored",
	runner.Retrying:  "task_retrying",
	runner.Detached:  "task_detached",
	runner.Skipped:   "task_skipped",
	runner.Moved:     "task_moved",
	runner.Slowed:    "rate_limited",
	runner.Stopping:  "stopping",
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
	case runner.Failed, runner.Doubted:
		return "error"
	case runner.Retrying, runner.Detached, runner.Skipped, runner.Slowed, runner.Stopping:
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
			"done": t.count(runner.Saved), "failed": t.count(runner.Failed), "running": len(t.running),
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
		"done": s.Done, "accepted": s.Accepted, "retried": s.Retried, "repeated_after_5xx": s.Repeated,
		"failed": ended(s.Failed), "skipped": ended(s.Skipped), "running": ended(s.Running),
		"undelivered": ended(s.Undelivered), "in_doubt": ended(s.InDoubt), "not_submitted": ended(s.Left),
		"spent": s.Spent.Decimal(), "reserved": s.Reserved.Decimal(), "unpriced": s.Unpriced,
		"estimate":        fields{"low": s.Low.Decimal(), "high": s.High.Decimal()},
		"elapsed_seconds": s.Ended.Sub(s.Started).Seconds(),
		"simulated":       s.Target.Simulated, "exit_code": s.ExitCode, "operation": s.Operation,
	}
	if s.Stop != "" {
		more["stop"] = fields{"reason": s.Stop, "detail": s.StopDetail}
	}
	if s.Interrupted != "" {
		more["interrupted"] = s.Interrupted
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
		out[i] = f
	}
	return out
}

// Outputs implements View.
func (j *JSON) Outputs(outputs []spec.Output) {
	values := make(fields, len(outputs))
	for _, o := range outputs {
		values[o.Name] = outputJSON(o)
	}
	j.write("info", "outputs", fmt.Sprintf("Outputs: %d", len(outputs)), fields{"outputs": values})
}

// Diagnostics implements View.
func (j *JSON) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	for _, d := range diagnostics {
		object := DiagnosticJSON(d, sources)
		level := "error"
		if d.Severity == hcl.DiagWarning {
			level = "warn"
		}
		j.write(level, "diagnostic", fmt.Sprintf("%s: %s", object.Severity, d.Summary), fields{"diagnostic": object})
	}
}

// Note implements View.
func (j *JSON) Note(text string) {
	j.write("warn", "log", text, nil)
}

// Error implements View.
func (j *JSON) Error(text string) {
	j.write("error", "diagnostic", "error: "+text, fields{"diagnostic": Diagnostic{Severity: "error", Summary: text}})
}
