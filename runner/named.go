package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// start takes a job without a running task to one: that which a delivery named for a
// submit of it, else by a new submit. It returns false where none came of it, or where
// the job is to rest.
//
// While a name is unconfirmed nothing is submitted for the request. Where that lasts too
// long it stays in doubt, which only a person, or a later run that asks again, settles.
func (r *run) start(ctx context.Context, j *job) (ok bool, err error) {
	for {
		unclear, err := r.settleNamed(ctx, j)
		switch {
		case err != nil:
			return false, err
		case j.record.Status == state.Running:
			j.rest = rest{}
			return true, nil
		case ctx.Err() != nil || r.awaits(j, unclear):
			return false, nil
		case unclear:
			r.holdNamed(j)
			return false, nil
		case !j.ready:
			return false, nil
		case j.record.Status == state.InDoubt:
			r.giveUp(j)
		}
		ok, err = r.submitFresh(ctx, j)
		if ok || err != nil || !r.isNamed(j) && r.patience(j) == 0 {
			return ok, err
		}
	}
}

// holdNamed ends the job in doubt, since a task is named for a submit of it.
func (r *run) holdNamed(j *job) {
	j.ready = false
	if j.givenUp != nil {
		j.record, j.givenUp = j.givenUp, nil
	}
	r.seeNamed(j)
}

// seeNamed makes the job's record what the names in the ledger make of it; see
// state.Store.AsNamed.
func (r *run) seeNamed(j *job) {
	if j.givenUp != nil {
		j.givenUp = new(r.opts.Store.AsNamed(*j.givenUp))
	}
	named := r.opts.Store.AsNamed(*j.record)
	if named.Status != j.record.Status {
		r.count(j, named.Nonce, doubted)
	}
	if named.Doubt != j.record.Doubt {
		j.record = new(named)
	}
}

// settleNamed asks for the tasks that deliveries named for the job's submits, and records
// those that the API confirms, until its record is Running. unclear says that of one that
// a new submit would repeat nobody knows yet. An error ends the run.
func (r *run) settleNamed(ctx context.Context, j *job) (unclear bool, err error) {
	began, open := time.Now(), r.open(j)
	answers, err := r.askForNames(ctx, j)
	if err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return true, nil // they are on disk, for the next run to ask
	}
	again := false
	for _, a := range answers {
		if a.verdict == confirmed && len(j.withoutTask([]string{a.submit.Nonce})) == 1 {
			a.verdict = r.take(j, a)
		} else if a.verdict != confirmed {
			r.tellUnsettled(*j.record, a)
		}
		switch {
		case a.verdict == confirmed && j.record.Nonce == a.submit.Nonce && j.record.Status == state.Running:
			return false, nil
		case a.verdict == denied:
			r.deliveries.forget(a.submit.Nonce)
		case a.verdict == unsure:
			if a.makesRoom() {
				r.deliveries.disown(a.submit.Nonce, a.taskID)
			}
			again = true
			unclear = unclear || slices.Contains(open, a.submit.Nonce)
		}
	}
	j.answered(began, answers, again)
	return unclear, nil
}

// take records the task that a submit of the job was accepted as. Where the state cannot
// take it, it is kept elsewhere.
func (r *run) take(j *job, a inquiry) confirmation {
	before := *j.stored()
	if stored, there := r.opts.Store.Record(before.Address); there && !r.isBroken() {
		before = stored
	}
	found := r.settlementFor(j, before, a)
	err := r.opts.Store.Commit(found.change)
	if _, others := r.opts.Store.Owner(a.taskID, a.submit.Nonce); err != nil && others {
		return denied // another job was told the same
	}
	if err != nil {
		r.unwritten(err, paidRecord(before, a.submit, a.taskID), true)()
	}
	r.deliveries.forget(a.submit.Nonce)
	r.breaker.takeBack(a.submit.Nonce)
	r.count(j, a.submit.Nonce, bought)
	detail := acceptedAs(a.taskID)
	if found.outcome == LatePast {
		j.takePast(found.record)
		detail = fmt.Sprintf("an earlier submit was %s, and counts as spent; what it made is saved beside the rest", detail)
	} else {
		r.goOnWith(j, found.record)
	}
	if err == nil {
		r.emit(Event{Kind: Settled, Address: j.record.Address, Record: *j.record, Detail: detail})
	}
	return confirmed
}

// settlementFor is what a confirmed task makes of the job's record as it was before. Where
// the job has nothing else to show for the request of the submit, the task is its own;
// else, and where it has another request by now, it is one of its past, and has ended.
func (r *run) settlementFor(j *job, before state.Record, a inquiry) settled {
	nonce := a.submit.Nonce
	_, holds := holdsSubmit(before, nonce)
	wanted := (holds || j.sentAt(nonce) >= 0) &&
		(before.Fingerprint == j.record.Fingerprint || before.Status == state.InDoubt)
	found := settlementOf(before, a.submit, Late{Nonce: nonce, TaskID: a.taskID, By: byWebhook}, wanted)
	if found.outcome == LatePast {
		next := found.record
		next.Past = slices.Clone(next.Past)
		at, _ := holdsSubmit(next, nonce)
		next.Past[at] = r.pastAfter(j, next.Past[at], apixo.StatusAnswer{Task: a.end})
		found.record, found.change.Put = next, []state.Record{next}
	}
	return found
}

// goOnWith makes a record with a task that runs the job's own. Its end was delivered, so
// it is asked for at once.
func (r *run) goOnWith(j *job, next state.Record) {
	j.record, j.givenUp, j.due, j.detached = &next, nil, true, false
	j.collecting = !j.ready
	j.accepted++
	r.deliveries.follow(j, next.Nonce)
	notify(j.bell.rung)
	r.oddTaskID(*j.record)
}

// takePast takes over what the record's past has become on disk. The job's own may
// hold more, which is still to be written.
func (j *job) takePast(stored state.Record) {
	past := stored.Past
	take := func(own *state.Record) *state.Record {
		r := *own
		if r.Fingerprint == stored.Fingerprint {
			r.Attempt = max(r.Attempt, stored.Attempt)
		}
		r.Past = slices.Clone(r.Past)
		for i := range r.Past {
			if at := slices.IndexFunc(past, func(p state.Past) bool { return p.Nonce == r.Past[i].Nonce }); at >= 0 {
				r.Past[i] = past[at]
			}
		}
		for _, p := range past {
			if !slices.ContainsFunc(r.Past, func(has state.Past) bool { return has.Nonce == p.Nonce }) {
				r.Past = append(r.Past, p)
			}
		}
		return &r
	}
	j.record = take(j.record)
	if j.givenUp != nil {
		j.givenUp = take(j.givenUp)
	}
}

// paidRecord is what an errored file says of a submit that was accepted.
func paidRecord(r state.Record, submit state.Spend, taskID string) state.Record {
	return state.Record{
		Address: r.Address, Request: task.Request{Model: submit.Model}, Fingerprint: r.Fingerprint, Nonce: submit.Nonce,
		TaskID: taskID, Cost: submit.Cost, Priced: submit.Priced, AcceptedAt: time.Now(), Status: state.Running,
	}
}
