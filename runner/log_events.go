package runner

import (
	"context"
	"log/slog"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// eventLevel is how much an event matters. Those that tell of a call, which has an
// entry of its own, matter least.
func eventLevel(k EventKind) slog.Level {
	switch k {
	case Unrecorded:
		return slog.LevelError
	case Failed, Retrying, Skipped, Slowed, Nearing, Stopping, Warned, Unheard:
		return slog.LevelWarn
	case Submitted, Refused, Doubted, Started, Reported, Fetching, Fetched, Unfetched:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// logEvent writes down what observers are told.
func (r *Runner) logEvent(e Event) {
	ctx, level := context.Background(), eventLevel(e.Kind)
	if !r.opts.Log.Enabled(ctx, level) {
		return
	}
	var attrs []slog.Attr
	if e.Address != (task.Address{}) {
		attrs = append(attrs, slog.String("address", e.Address.String()), slog.String("task_id", orNone(e.Record.TaskID)))
		attrs = withText(attrs, "model", e.Record.Request.Model)
	}
	if f := e.Record.Failure; f != nil {
		attrs = withText(withText(attrs, "reason", string(f.Reason)), "fail_code", f.Code)
		attrs = withText(attrs, "fail_msg", f.Message)
	}
	if f := e.Record.Failure; f == nil || f.Message != e.Detail {
		attrs = withText(attrs, "detail", e.Detail)
	}
	if e.Wait > 0 {
		attrs = append(attrs, slog.Float64("wait_seconds", seconds(e.Wait)))
	}
	if e.Kind == Saved {
		files := make([]string, len(e.Record.Artifacts))
		for i, artifact := range e.Record.Artifacts {
			files[i] = artifact.Path
		}
		attrs = append(attrs, slog.Any("files", files))
	}
	r.opts.Log.LogAttrs(ctx, level, string(e.Kind), attrs...)
}

func (r *Runner) logStart(ctx context.Context, p *plan.Plan) {
	if !r.opts.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	collects := 0
	for i := range p.Actions {
		if p.Actions[i].Collects() {
			collects++
		}
	}
	totals := p.Totals()
	attrs := []slog.Attr{slog.String("run", r.opts.Run), slog.Int("to_submit", totals.Paying()), slog.Int("to_collect", collects),
		slog.String("estimate", totals.High.Decimal()), slog.Int("parallelism", r.opts.Parallelism)}
	r.opts.Log.LogAttrs(ctx, slog.LevelInfo, "run started", withText(attrs, "plan", r.opts.Plan)...)
}

func (r *Runner) logEnd(ctx context.Context, s Summary, err error) {
	if !r.opts.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.Int("done", s.Done), slog.Int("failed", len(s.Failed)), slog.Int("skipped", len(s.Skipped)), slog.Int("in_doubt", len(s.InDoubt)),
		slog.Int("running", len(s.Running)), slog.Int("undelivered", len(s.Undelivered)), slog.Int("not_submitted", len(s.Left)),
		slog.Int("accepted", s.Accepted), slog.Int("repeated_after_5xx", s.Repeated), slog.Int("retried", s.Retried),
		slog.String("spent", s.Spent.Decimal()),
	}
	attrs = withText(withText(attrs, "stop", string(s.Stop)), "stop_detail", s.StopDetail)
	if err != nil {
		attrs = withText(attrs, "error", err.Error())
	}
	r.opts.Log.LogAttrs(ctx, slog.LevelInfo, "run ended", attrs...)
}

// logWait writes down a pause before the job's next submit.
func (r *run) logWait(j *job, d time.Duration) {
	if ctx := context.Background(); r.opts.Log.Enabled(ctx, slog.LevelDebug) {
		r.opts.Log.LogAttrs(ctx, slog.LevelDebug, "waiting before the next submit",
			slog.String("address", j.record.Address.String()), slog.Float64("wait_seconds", seconds(d)))
	}
}
