package runner

import (
	"context"
	"slices"
	"time"

	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

// confirmGap is how long after a question about the task that a delivery named the
// next one is asked, however many deliveries come.
const confirmGap = 5 * time.Second

// A delivery is waited for at least until it would have been repeated twice, after
// 30 s and 2 min (API document, section 6), and never for hours.
const (
	minPatience = 3 * time.Minute
	maxPatience = 30 * time.Minute
)

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

// awaitDelivery looks into what deliveries named for the job's submits of which nobody
// knows what came of them, and waits as long as more may come. The job keeps its
// slot, for its task may run.
//
//	confirmed  one was accepted: the record is Running
//	unsure     a task was named, and the API has not confirmed it: the record is
//	           InDoubt, and nothing may be submitted
//	denied     no delivery tells of any
func (r *run) awaitDelivery(ctx context.Context, j *job) confirmation {
	if r.opts.CallbackURL == "" || j.bell == nil {
		return denied
	}
	patience := r.patience(j)
	if len(r.deliveries.named(j.bell)) > 0 {
		patience = max(patience, confirmTime)
	}
	waiting, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	for waited := false; ; waited = true {
		verdict := r.settleNamed(ctx, j)
		switch {
		case verdict == confirmed:
			return confirmed
		case verdict == unsure && waiting.Err() != nil:
			r.leaveInDoubt(j)
			return unsure
		case verdict == denied && waiting.Err() != nil:
			if waited && ctx.Err() == nil {
				r.endedAnnounced(j)
			}
			return denied
		case verdict == denied && !r.deliveries.reliable():
			return denied
		}
		_ = sleep(waiting, confirmGap)
	}
}

// patience is how long deliveries for the job's unsettled submits are waited for:
// as long as a task may take, with room for two repetitions of a delivery that
// failed, and within bounds.
func (r *run) patience(j *job) (longest time.Duration) {
	_, timeout := j.action.Schedule(j.record.Request.Model)
	most := min(max(timeout, minPatience), maxPatience)
	for _, submit := range unsettledSubmits(j.record) {
		if submit.Status != state.Pending { // not settled by a person
			longest = max(longest, most-max(0, time.Since(submit.SubmittedAt)))
		}
	}
	return longest
}

// unsettledSubmits are the submits of the record's request of which nobody knows
// what came of them: in doubt, given up, or ended in a 5xx; and those that somebody
// took for not charged.
func unsettledSubmits(r state.Record) (submits []state.Past) {
	if r.Status == state.InDoubt {
		submits = append(submits, r.AsPast())
	}
	for _, past := range r.Past {
		if past.TaskID == "" && past.Fingerprint == r.Fingerprint {
			submits = append(submits, past)
		}
	}
	return submits
}

// followUnsettled makes deliveries for the job's unsettled submits ring its bell.
func (r *run) followUnsettled(j *job) {
	for _, submit := range unsettledSubmits(j.record) {
		r.deliveries.follow(j, submit.Nonce)
	}
}

// settleNamed asks for the tasks that deliveries named for the job's unsettled
// submits, and makes the first that the API confirms its own.
func (r *run) settleNamed(ctx context.Context, j *job) confirmation {
	came, named := denied, r.deliveries.named(j.bell)
	for _, submit := range unsettledSubmits(j.record) {
		if taskID, there := named[submit.Nonce]; there {
			came = max(came, r.settleDoubt(ctx, j, submit, taskID))
		}
		if came == confirmed {
			break
		}
	}
	return came
}

// settleDoubt makes the task that a delivery named for a submit the job's own, if
// the API confirms it.
func (r *run) settleDoubt(ctx context.Context, j *job, submit state.Past, taskID string) confirmation {
	verdict, why := r.confirm(ctx, submit.Nonce, taskID)
	if verdict != confirmed {
		r.tellUnsettled(j.record, submit.Nonce, taskID, verdict, why)
	}
	switch verdict {
	case unsure:
		r.keepNamed(j, submit.Nonce, taskID)
		return unsure
	case denied:
		r.deliveries.unname(j.bell, submit.Nonce, taskID)
		return denied
	}
	late, err := settlement(r.opts.Store, Late{Nonce: submit.Nonce, TaskID: taskID, By: byWebhook})
	if err != nil || late.outcome != LateRunning {
		return unsure
	}
	r.deliveries.unname(j.bell, submit.Nonce, taskID)
	repeating := after5xx(j.record, submit.Nonce)
	j.givenUp = nil
	durable := r.recordChange(j, late.change.Put[0], late.change, true)
	r.deliveries.follow(j, submit.Nonce)
	j.accepted++
	r.countSettled(j, submit, repeating)
	if durable {
		r.emit(Event{Kind: Settled, Address: j.record.Address, Record: j.record, Detail: acceptedAs(taskID)})
	}
	r.oddTaskID(j.record)
	notify(j.bell.rung) // its end was delivered: ask at once
	return confirmed
}

// after5xx reports whether the record's latest submit, of this nonce, ended in a 5xx
// and is to be repeated.
func after5xx(r state.Record, nonce string) bool {
	return r.Status == state.Pending && r.Nonce == nonce
}

// countSettled counts a submit that turned out to be accepted, if it is one of this
// run. repeating: it had been counted as repeated, and will not be.
func (r *run) countSettled(j *job, submit state.Past, repeating bool) {
	r.breaker.takeBack(submit.Nonce)
	if !slices.Contains(j.sent, submit.Nonce) {
		return
	}
	r.countAccepted(j)
	r.tally(func(s *Summary) {
		if submit.Status == state.Failed {
			s.After5xx -= submit.Cost
		} else {
			s.Reserved -= submit.Cost
		}
		if repeating {
			s.Repeated--
		}
	})
}

// keepNamed writes down the first task that a delivery named for the job's doubt,
// before anybody knows more: the delivery will not be repeated.
func (r *run) keepNamed(j *job, nonce, taskID string) {
	doubt := &j.record
	if j.givenUp != nil {
		doubt = j.givenUp
	}
	if next, changes := naming(*doubt, nonce, taskID); changes && r.commit(r.change(next, "")) == nil {
		*doubt = next
	}
}

// naming is the record of a submit in doubt with the task that a delivery named for
// it. changes is false where it is not in doubt with that submit, or has one.
func naming(r state.Record, nonce, taskID string) (next state.Record, changes bool) {
	if r.Status != state.InDoubt || r.Nonce != nonce || r.Doubt.Named != "" {
		return r, false
	}
	doubt := *r.Doubt
	doubt.Named = taskID
	r.Doubt = &doubt
	return r, true
}

// leaveInDoubt makes the record say that nobody knows whether a task that a delivery
// named is that of a submit: also of one that ended in a 5xx.
func (r *run) leaveInDoubt(j *job) {
	if j.givenUp != nil {
		j.record, j.givenUp = *j.givenUp, nil
	}
	named := r.deliveries.named(j.bell)
	for _, submit := range unsettledSubmits(j.record) {
		change, changes := doubtAgain(r.opts.Store, submit.Nonce, named[submit.Nonce])
		if !changes {
			continue
		}
		r.recordChange(j, change.Put[0], change, false)
		if slices.Contains(j.sent, submit.Nonce) {
			r.tally(func(s *Summary) { s.After5xx -= submit.Cost; s.Reserved += submit.Cost })
		}
		return
	}
}

// leaveToDeliveries ends a worker's part in its job. Where that is in doubt, no job
// changes the record any more, and a delivery may.
func (r *run) leaveToDeliveries(j *job) {
	r.deliveries.unfollow(j)
	if j.record.Status == state.InDoubt && j.givenUp == nil {
		r.deliveries.letGo(j)
	}
}
