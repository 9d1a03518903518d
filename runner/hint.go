package runner

import (
	"context"
	"time"

	"apixo-batch/runner/awake"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

// confirmGap is how long after a question about the task that a delivery named the
// next one is asked, however many deliveries come.
const confirmGap = 5 * time.Second

// safetyNet is the schedule for a task whose end will be delivered: late enough
// that nearly every task has ended by then, and a first delivery that failed has
// been repeated after 30 s (API document, section 6); then at the longest interval.
func safetyNet(p catalog.Poll) catalog.Poll {
	interval := max(p.Interval, p.MaxInterval)
	return catalog.Poll{First: 2 * (p.First + interval), Interval: interval, MaxInterval: interval}
}

// untilPoll waits for the next poll of the job's task: by the schedule, or for a
// delivery, though never less than the schedule's interval after the last poll. So
// deliveries, be they forged, make no more polls than there would be without any.
func (r *run) untilPoll(ctx context.Context, j *job, s *schedule) error {
	s.told = j.bell.hurried
	s.announced = r.expects(j)
	timer := time.NewTimer(s.next(time.Now()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-j.bell.rung:
		j.bell.hurried = true
		if err := sleep(ctx, s.soonest(time.Now())); err != nil {
			return err
		}
	}
	select {
	case <-j.bell.rung: // the poll that follows answers this one too
		j.bell.hurried = true
	default:
	}
	s.polled = time.Now()
	return nil
}

// expects reports whether a delivery for the job's submit can be counted on.
func (r *run) expects(j *job) bool { return j.bell.called && r.deliveries.reliable() }

// endedAnnounced notes whether the end of the job's task was delivered.
func (r *run) endedAnnounced(j *job) {
	if r.deliveries.ended(j.bell) {
		r.emit(Event{Kind: Unheard, Detail: "the last tasks ended, and no delivery told of it: see that the callback URL leads to this process; " +
			"until a delivery comes, tasks are asked for as often as without"})
	}
}

// hears waits for a delivery; false if ctx ends before one comes.
func (b *bell) hears(ctx context.Context) bool {
	select {
	case <-b.rung:
		return true
	default:
	}
	select {
	case <-b.rung:
		return true
	case <-ctx.Done():
		return false
	}
}

// awaitDelivery gives a delivery the time of the task to say what the job's submit,
// which is in doubt, was accepted as. The job keeps its slot, for its task may run.
// It returns true if the record is Running.
func (r *run) awaitDelivery(ctx context.Context, j *job) (accepted bool) {
	if !r.expects(j) {
		return false
	}
	_, timeout := j.action.Schedule(j.record.Request.Model)
	waiting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	patience := awake.After(untilDeadline(j.record.SubmittedAt, timeout), giveUp)
	defer patience.Stop()
	for j.bell.hears(waiting) {
		if r.settleDoubt(ctx, j) == confirmed {
			return true
		}
		if sleep(waiting, confirmGap) != nil {
			return false
		}
	}
	return false
}

// settledMeanwhile looks, before another submit, whether a delivery tells of the one
// before it: it is in doubt and about to be given up, or ended in a 5xx. While the API
// cannot be asked, or the task that was named has not ended, nothing is submitted.
func (r *run) settledMeanwhile(ctx context.Context, j *job) bool {
	for j.bell != nil && len(j.bell.rung) > 0 && (j.givenUp != nil || after5xx(j.record)) {
		<-j.bell.rung
		if verdict := r.settleDoubt(ctx, j); verdict != unsure {
			return verdict == confirmed
		}
		if r.rest(j, confirmGap) != nil {
			return false // and intend finds that submitting has ended
		}
	}
	return false
}

// after5xx reports whether the record's submit ended in a 5xx and is to be repeated.
// It may have been accepted all the same.
func after5xx(r state.Record) bool {
	past, has := holdsSubmit(r, r.Nonce)
	return has && past >= 0 && r.Status == state.Pending && r.Past[past].Status == state.Failed && r.Past[past].TaskID == ""
}

// settleDoubt makes the task that a delivery named the job's own, if the API
// confirms it. While that is unsure the bell stays rung.
func (r *run) settleDoubt(ctx context.Context, j *job) confirmation {
	doubt := j.record
	if j.givenUp != nil {
		doubt = *j.givenUp
	}
	taskID := r.deliveries.named(j.bell)
	if taskID == "" {
		return denied
	}
	switch verdict, why := r.confirm(ctx, doubt.Nonce, taskID); verdict {
	case unsure:
		notify(j.bell.rung)
		return unsure
	case denied:
		r.deliveries.unname(j.bell, taskID)
		r.deny(doubt, taskID, why)
		return denied
	}
	late, err := settlement(r.opts.Store, Late{Nonce: doubt.Nonce, TaskID: taskID, By: byWebhook})
	if err != nil || late.outcome != LateRunning {
		return denied
	}
	own := j.givenUp == nil || j.doubted > 0 // the submit is of this run
	j.record, j.givenUp = doubt, nil
	durable := r.recordChange(j, late.change.Put[0], late.change, true)
	j.accepted++
	if own {
		r.countAccepted(j)
		r.tally(func(s *Summary) { s.unreserve(doubt) })
	}
	if durable {
		r.emit(Event{Kind: Settled, Address: j.record.Address, Record: j.record, Detail: acceptedAs(taskID)})
	}
	r.oddTaskID(j.record)
	notify(j.bell.rung) // its end was delivered: ask at once
	return confirmed
}

// leaveToDeliveries ends a worker's part in its job. Where that is in doubt, no job
// changes the record any more, and a delivery may.
func (r *run) leaveToDeliveries(j *job) {
	r.deliveries.unfollow(j)
	if j.record.Status == state.InDoubt && j.givenUp == nil {
		r.deliveries.letGo(j)
	}
}
