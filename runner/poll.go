package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/awake"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	// lostAfter is how long the API may say that it does not know a task whose
	// ID it gave out, before the task counts as lost.
	lostAfter = 10 * time.Minute
	// noResultAfter is how long a success may come without a usable URL: the
	// result may be copied to its place after the state is set.
	noResultAfter = 5 * time.Minute
)

// errDetached: the run gave up waiting for a task that runs on, paid for.
var errDetached = errors.New("still running")

// poll asks for the job's task until it has a terminal answer, and records it:
// the record is then Succeeded or Failed. errDetached means that the task runs
// on; any other error ends the run.
//
// An unreadable answer, a 5xx or an unknown state says nothing about the task:
// the next scheduled poll follows.
func (r *run) poll(ctx context.Context, j *job) error {
	// An earlier request may have named another model than the action does.
	timing := j.action.Timing(j.record.Request.Model)
	if r.opts.AskOnce {
		timing.Poll, timing.PollSet = askNow(), true
	}
	schedule := r.newSchedule(timing, j.record)
	r.deliveries.follow(j, j.record.Nonce)
	var overdue atomic.Bool
	patience := awake.After(untilDeadline(j.record.AcceptedAt, timing.Timeout), func() { overdue.Store(true) })
	defer patience.Stop()
	hide := r.hidingFor(j)
	var unknownSince, emptySince time.Time
	strayed := false
	for calls := 1; ; calls++ {
		if err := r.untilPoll(ctx, j, schedule); err != nil {
			return errDetached
		}
		late := overdue.Load()
		answer, began, err := r.ask(ctx, j.record, hide, pace.Poll)
		if err != nil {
			return err
		}
		if errors.Is(answer.Err, apixo.ErrOtherTask) && !strayed {
			strayed = true
			r.warn(j.record, answer.Err.Error()+", which counts for nothing")
		}
		if r.settle(j, answer, &unknownSince, &emptySince) {
			schedule.ended(answer.Task)
			r.endedAnnounced(j)
			return nil
		}
		schedule.answered(began, answer)
		if answer.Task != nil {
			j.bell.hurried = false
		}
		if r.opts.AskOnce && r.asked(j, answer, calls) {
			return errDetached
		}
		// What looks lost, or without a result, is waited for until that is sure.
		if late && unknownSince.IsZero() && emptySince.IsZero() {
			return errDetached
		}
	}
}

// untilDeadline is how long the end of a task is waited for: its timeout from
// acceptance, or all of it where that is over, as for what is collected later. It
// is time awake: after a night asleep a task is asked for before it is given up.
func untilDeadline(accepted time.Time, timeout time.Duration) time.Duration {
	// A clock that was set back must not put anything off.
	if since := max(0, time.Since(accepted)); since < timeout {
		return timeout - since
	}
	return timeout
}

// ask makes one status call about the record's task, at the run's pace, and hides
// the sensitive inputs that the answer repeats. began is when it was sent. errDetached
// means that ctx ended before an answer came; any other error ends the run.
func (r *run) ask(ctx context.Context, record state.Record, hide hiding, class pace.Class) (answer apixo.StatusAnswer, began time.Time, err error) {
	model := record.Request.Model
	ticket, err := r.pace.Wait(ctx, model, class)
	if err != nil {
		return answer, began, errDetached
	}
	began = time.Now()
	answer = r.opts.API.Status(ctx, model, record.TaskID)
	hide.answer(&answer)
	logStatus(ctx, r.opts.Log, record, began, answer, hide)
	switch {
	case answer.Task != nil || answer.Answer.Status() == http.StatusNotFound:
		ticket.Succeeded()
	case answer.Answer.Status() == http.StatusTooManyRequests:
		r.slowed(ticket, answer.Answer, model)
	}
	switch {
	case ctx.Err() != nil && answer.Task == nil:
		return answer, began, errDetached
	case answer.Answer.Err == nil && answer.Answer.Status() == http.StatusUnauthorized:
		return answer, began, fmt.Errorf("%w: %s", ErrKeyRefused, answer.Answer.Message)
	case answer.Task == nil && lacksFunds(answer.Answer, r.opts.Catalog):
		r.pull(task.InsufficientFunds, "the balance is too low: "+answer.Answer.Message)
	}
	return answer, began, nil
}

// settle records a terminal answer. unknownSince and emptySince are when the
// API first disowned the task, and first called it a success without a result.
func (r *run) settle(j *job, a apixo.StatusAnswer, unknownSince, emptySince *time.Time) (terminal bool) {
	if !disowned(a) {
		*unknownSince = time.Time{}
	}
	if a.Task != nil && a.Task.State != "success" {
		*emptySince = time.Time{}
	}
	switch {
	case disowned(a):
		if elapsed(unknownSince) < lostAfter {
			return false
		}
		r.fail(j, &task.Failure{
			Reason: task.Lost, Code: "404", Message: "the API does not know the task that it accepted",
		})
		return true
	case a.Task == nil:
		return false
	case a.Task.State == "failed":
		failure, stops := taskFailure(a.Task, j.record.Attempt, r.opts.Catalog)
		if stops {
			r.pull(task.InsufficientFunds, "the balance is too low: "+a.Task.FailCode+" "+a.Task.FailMsg)
		}
		r.fail(j, failure)
		return true
	case a.Task.State != "success":
		return false
	case len(a.Task.URLs) == 0 && !yieldsNoFile(a.Task):
		if elapsed(emptySince) < noResultAfter {
			return false
		}
		r.fail(j, &task.Failure{Reason: task.NoResult, Message: "the task succeeded without a usable result URL"})
		return true
	default:
		r.succeed(j, a.Task)
		return true
	}
}

// elapsed starts the clock at the first call and tells how long ago that was.
func elapsed(since *time.Time) time.Duration {
	if since.IsZero() {
		*since = time.Now()
	}
	return time.Since(*since)
}

// yieldsNoFile reports whether the result is complete without a file: a voice
// is an identifier to use in later requests (API document, section 4).
func yieldsNoFile(t *apixo.Task) bool { return hasField(t.Raw, "voice_id") }

// hasField reports whether raw is a JSON object with a field of that name.
func hasField(raw json.RawMessage, name string) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return false
	}
	_, there := object[name]
	return there
}

func (r *run) succeed(j *job, t *apixo.Task) {
	next := j.record
	next.Status, next.FinishedAt, next.LostChanges = state.Succeeded, time.Now(), false
	next.Result = &task.Result{
		URLs: t.URLs, Raw: t.Raw, CreatedAt: t.CreatedAt, CompletedAt: t.CompletedAt, ReceivedAt: next.FinishedAt,
	}
	r.record(j, next, "")
	r.emit(Event{Kind: Succeeded, Address: next.Address, Record: next})
}

// fail records a failed task. What it cost stays spent: whether failed tasks
// are charged is not documented.
func (r *run) fail(j *job, f *task.Failure) {
	next := j.record
	if next.LostChanges { // the attempt that would follow may have been paid for in what was lost
		f.Retryable, next.LostChanges = false, false
	}
	next.Status, next.FinishedAt, next.Failure = state.Failed, time.Now(), f
	r.record(j, next, "")
}

// sleep waits, or returns early with ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// backoff is the pause before repeat n (from 0): 1, 2, 4 s, at most 60 s, less
// up to a quarter so that repeats do not come in step.
func backoff(n int) time.Duration {
	d := min(time.Second<<min(n, 6), time.Minute)
	return d - rand.N(d/4)
}
