package runner

import (
	"context"
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
	p := &polling{run: r, job: j, schedule: r.newSchedule(timing, j.record), hide: r.hidingFor(j)}
	r.deliveries.follow(j, j.record.Nonce)
	patience := awake.After(untilDeadline(j.record.AcceptedAt, timing.Timeout), func() { p.overdue.Store(true) })
	defer patience.Stop()
	for {
		if err := r.untilPoll(ctx, j, p.schedule); err != nil {
			return errDetached
		}
		if ended, err := p.once(ctx); ended || err != nil {
			return err
		}
	}
}

// polling is a task that is asked for. What a question takes of the stack is free again
// while the next one is waited for: tasks in flight are many.
type polling struct {
	*run
	job      *job
	schedule *schedule
	hide     hiding
	overdue  atomic.Bool // its timeout is over
	calls    int
	looks    suspicion
	strayed  bool   // an answer was about another task, which was told
	told     string // the state that was told last
}

// once asks for the task, and reports whether it has ended.
func (p *polling) once(ctx context.Context) (ended bool, err error) {
	j, late := p.job, p.overdue.Load()
	p.calls++
	answer, began, err := p.ask(ctx, j.record, p.hide, pace.Poll)
	if err != nil {
		return false, err
	}
	p.tell(answer)
	if p.settle(j, answer, &p.looks) {
		p.schedule.ended(answer.Task)
		p.endedAnnounced(j)
		return true, nil
	}
	p.schedule.answered(began, answer)
	if answer.Task != nil {
		j.bell.hurried = false
	}
	if p.opts.AskOnce && p.asked(j, answer, p.calls) {
		return false, errDetached
	}
	// What looks lost, or without a result, is waited for until that is sure.
	if late && p.looks.sureAt().IsZero() {
		return false, errDetached
	}
	return false, nil
}

// tell tells what an answer says that is new, short of the task's end.
func (p *polling) tell(answer apixo.StatusAnswer) {
	record := p.job.record
	if errors.Is(answer.Err, apixo.ErrOtherTask) && !p.strayed {
		p.strayed = true
		p.warn(*record, answer.Err.Error()+", which counts for nothing")
	}
	if t := answer.Task; t != nil && !hasEnded(t) && t.State != p.told {
		p.told = t.State
		p.emit(Event{Kind: Reported, Address: record.Address, Record: *record, Detail: p.hide.text(t.State)})
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
func (r *run) ask(ctx context.Context, record *state.Record, hide hiding, class pace.Class) (answer apixo.StatusAnswer, began time.Time, err error) {
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

// settle records a terminal answer.
func (r *run) settle(j *job, a apixo.StatusAnswer, looks *suspicion) (terminal bool) {
	end, ended := looks.endOf(a, j.record.Attempt, r.opts.Catalog)
	switch {
	case !ended:
		return false
	case end.result != nil:
		r.succeed(j, end.result)
	default:
		if end.stopsSubmits {
			r.pull(task.InsufficientFunds, "the balance is too low: "+end.failure.Code+" "+end.failure.Message)
		}
		r.fail(j, end.failure)
	}
	return true
}

// succeed records a success. The slot is free from here on.
func (r *run) succeed(j *job, result *task.Result) {
	j.freeSlot()
	next := *j.record
	next.Status, next.Result, next.LostChanges = state.Succeeded, result, false
	next.FinishedAt = result.ReceivedAt
	r.record(j, next, "")
	r.emit(Event{Kind: Succeeded, Address: next.Address, Record: next})
}

// fail records a failed task. What it cost stays spent: whether failed tasks
// are charged is not documented.
func (r *run) fail(j *job, f *task.Failure) {
	next := *j.record
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
