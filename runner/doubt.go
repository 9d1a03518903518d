package runner

import (
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// byOnInDoubt is who settles the doubts that are given up because the
// configuration says so, as the ledger names them.
const byOnInDoubt = "on_in_doubt"

// doubt records that nobody knows what came of the job's submit. The reservation
// stays.
func (r *run) doubt(j *job, a apixo.Answer) {
	next := *j.record
	next.Status = state.InDoubt
	next.Doubt = &state.Doubt{Since: time.Now(), Cause: doubtCause(a), HTTPStatus: a.HTTPStatus}
	r.record(j, next, "")
	r.count(j, next.Nonce, doubted)
	detail := next.Doubt.Cause
	if r.opts.CallbackURL != "" { // else it counts when its job ends
		r.countDoubt(next)
	}
	if r.expects(j) {
		detail += "; a webhook may still tell what came of it, and is waited for"
	}
	r.emit(Event{Kind: Doubted, Address: next.Address, Record: next, Detail: detail})
}

// resubmits decides whether a doubt that arose in this run is given up at once
// for another submit: only where the configuration asks for that, and no more
// than max_attempts submits of the request may have been paid for in all.
func (r *run) resubmits(j *job) bool {
	accepted := max(j.record.Attempt, j.earlier+j.accepted)
	return r.resubmitDoubts && plan.Doubts(j.record)+accepted < j.action.Instance.MaxAttempts
}

// giveUp makes room for another submit after the job's doubt.
func (r *run) giveUp(j *job) {
	j.doubted++
	r.breaker.takeBack(j.record.Nonce)
	j.supersede()
}

// hold is the ledger's entry of a doubt that is given up: it may have been
// charged, so its reservation stays.
func (r *run) hold(doubt state.Record) state.Entry {
	e := r.entry(state.Hold, doubt)
	e.Settled = &state.Settlement{How: "resubmit", By: byOnInDoubt, At: e.At}
	return e
}

// resubmitting counts and tells of a doubt that was given up.
func (r *run) resubmitting(doubt state.Record) {
	r.tally(func(s *Summary) {
		s.Resubmitted++
		s.ResubmittedCost += doubt.Cost
	})
	r.emit(Event{Kind: Retrying, Address: doubt.Address, Record: doubt, Detail: "in doubt, and on_in_doubt is resubmit: it may be paid twice"})
}
