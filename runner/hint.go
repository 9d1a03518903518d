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
	for due := false; !due; {
		wait, changed := s.next(time.Now())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			due = true
		case <-changed:
		case <-j.bell.rung:
			j.bell.hurried, due = true, true
			if err := sleep(ctx, s.soonest(time.Now())); err != nil {
				return err
			}
		}
		timer.Stop()
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
// knows what came of them, and waits as long as more may come. What they name is on
// disk before the API is asked for it. The job keeps its slot, for its task may run.
//
//	confirmed  one was accepted: the record is Running
//	unsure     a task was named, and the API has not confirmed it: the record is
//	           InDoubt, unless the state cannot be written, and nothing may be submitted
//	denied     no delivery tells of any
func (r *run) awaitDelivery(ctx context.Context, j *job) confirmation {
	if r.opts.CallbackURL == "" || j.bell == nil {
		return denied
	}
	patience := r.patience(j)
	if slices.ContainsFunc(unsettledSubmits(j.record), func(p state.Past) bool { return r.deliveries.named(p.Nonce) != "" }) {
		patience = max(patience, confirmTime)
	}
	waiting, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	for waited := false; ; waited = true {
		r.keepHints(j)
		verdict := r.settleNamed(ctx, j)
		switch {
		case verdict == confirmed:
			return confirmed
		case verdict == unsure && waiting.Err() != nil:
			if j.givenUp != nil {
				j.record, j.givenUp = *j.givenUp, nil
			}
			return unsure
		case verdict == denied && waiting.Err() != nil:
			if waited && ctx.Err() == nil {
				r.endedAnnounced(j)
			}
			return denied
		case verdict == denied && !r.deliveries.reliable():
			return denied
		}
		r.keepHintsFor(waiting, j, confirmGap)
	}
}

// keepHintsFor waits, and writes down what deliveries name meanwhile.
func (r *run) keepHintsFor(ctx context.Context, j *job, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-j.bell.rung:
			r.keepHints(j)
		}
	}
}

// patience is how long deliveries for the job's unsettled submits are waited for:
// as long as a task may take, with room for two repetitions of a delivery that
// failed, and within bounds.
func (r *run) patience(j *job) (longest time.Duration) {
	if !r.callback.asked() {
		return 0
	}
	timeout := j.action.Timing(j.record.Request.Model).Timeout
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
// submits, and makes the first that the API confirms its own. A doubt that names a task
// stays one, also if that turns out to be another's.
func (r *run) settleNamed(ctx context.Context, j *job) confirmation {
	came := denied
	for _, submit := range unsettledSubmits(j.record) {
		if taskID := r.deliveries.named(submit.Nonce); taskID != "" {
			came = max(came, r.settleDoubt(ctx, j, submit, taskID))
		}
		if came == confirmed {
			return confirmed
		}
	}
	if doubt := j.doubt(); doubt != nil && doubt.Named != "" {
		return unsure
	}
	return came
}

// doubt is the job's doubt as the state has it; nil without one.
func (j *job) doubt() *state.Doubt {
	if j.givenUp != nil {
		return j.givenUp.Doubt
	}
	return j.record.Doubt
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
		return unsure
	case denied:
		r.deliveries.forget(submit.Nonce, taskID)
		return denied
	}
	late, err := settlement(r.opts.Store, Late{Nonce: submit.Nonce, TaskID: taskID, By: byWebhook})
	if err != nil || late.outcome != LateRunning {
		return unsure
	}
	repeating := after5xx(j.record, submit.Nonce)
	j.givenUp = nil
	durable := r.recordChange(j, late.change.Put[0], late.change, true)
	r.deliveries.forget(submit.Nonce, taskID)
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

// keepHints writes down what deliveries named for the job's unsettled submits, before
// anybody knows more.
func (r *run) keepHints(j *job) {
	for _, submit := range unsettledSubmits(j.record) {
		next, changed := r.keepHint(submit.Nonce)
		switch {
		case !changed:
		case j.givenUp != nil:
			*j.givenUp = next
		default:
			repeating := after5xx(j.record, submit.Nonce)
			r.countDoubtful(j, submit, repeating)
			j.record = next
		}
	}
}

// keepHint writes down the task that a delivery named for a submit: once that is
// answered with 200, APIXO does not repeat it. It is for whoever may change the
// submit's record, which is next where changed.
func (r *run) keepHint(nonce string) (next state.Record, changed bool) {
	taskID := r.deliveries.named(nonce)
	if taskID == "" {
		return next, false
	}
	change, can := naming(r.opts.Store, nonce, taskID)
	if changed = len(change.Put) > 0; !can || changed && r.commit(change) != nil {
		return next, false
	}
	r.deliveries.saved(nonce, taskID)
	if changed {
		next = change.Put[0]
	}
	return next, changed
}

// naming is the change by which the state keeps the task that a delivery named for a
// submit: in its doubt, and one that ended in a 5xx is in doubt by it. It is empty where
// the state has that already. can is false where there is no place for it: the submit is
// still being sent, or settled; its record would not buy the same again, or is in doubt
// with another submit or task; the task is another's.
func naming(store *state.Store, nonce, taskID string) (change state.Change, can bool) {
	spend := spendOf(store, nonce)
	record, past, found := submitOf(store, spend)
	if _, taken := ownerOf(store, taskID, nonce); taken || !found || spend.TaskID != "" || !spend.ReleasedAt.IsZero() {
		return change, false
	}
	switch inDoubt := record.Status == state.InDoubt; {
	case inDoubt && record.Nonce == nonce && record.Doubt.Named == "":
		doubt := *record.Doubt
		doubt.Named = taskID
		record.Doubt = &doubt
		return state.Change{Op: "named", Put: []state.Record{record}}, true
	case inDoubt:
		return change, record.Nonce == nonce && record.Doubt.Named == taskID
	case past < 0 || !wants(record, record.Past[past]):
		return change, false
	default:
		return doubtAgain(record, past, spend, taskID), true
	}
}

// countDoubtful counts a submit of which a delivery named a task. One that ended in a
// 5xx is in doubt by that. repeating: it had been counted as repeated, and is not yet.
func (r *run) countDoubtful(j *job, submit state.Past, repeating bool) {
	if submit.Status != state.Failed || !slices.Contains(j.sent, submit.Nonce) {
		return
	}
	r.tally(func(s *Summary) {
		s.After5xx -= submit.Cost
		s.Reserved += submit.Cost
		if repeating {
			s.Repeated--
		}
	})
}

// leaveToDeliveries ends a worker's part in its job. Where that is in doubt, no job
// changes the record any more, and a delivery may.
func (r *run) leaveToDeliveries(j *job) {
	r.deliveries.unfollow(j)
	if j.record.Status == state.InDoubt && j.givenUp == nil {
		r.deliveries.letGo(j)
	}
}
