package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// maxRepeats is how often a submit is repeated after a 5xx (API document,
// section 10, retry rules), unless a fail code says less.
const maxRepeats = 3

// submit carries the job's request to an accepted task: the record is then
// Running. It returns false where no task came of it: the record says what did.
// An error ends the run; that the state cannot be written does not, since what
// runs is paid for and still collected (see unwritable).
func (r *run) submit(ctx context.Context, j *job) (ok bool, err error) {
	for repeats := j.record.Repeats; ; {
		if !r.solvent(j) {
			return false, nil
		}
		ticket, err := r.pace.Wait(r.brake.submits, j.action.Model(), pace.Submit)
		if err != nil {
			return false, nil // submitting ended while this one waited for its turn
		}
		j.ticket = &ticket
		if !r.intend(j) {
			return false, nil
		}
		if r.brake.holds() {
			r.release(j, "submitting ended before it was sent")
			return false, nil
		}
		began := time.Now()
		answer := r.post(ctx, j)
		verdict := judgeSubmit(answer, j.action.Instance.RetryCalls, r.opts.Catalog)
		if verdict == refused && answer.Status() == http.StatusBadRequest && j.bell.called && !r.callback.proven() {
			verdict = badParameter
		}
		again := repeats < repeatsOf(answer, r.opts.Catalog)
		r.conclude(j, verdict, answer, again)
		r.logSubmit(ctx, j, began, answer, verdict)
		r.settlePace(ticket, answer, j.action.Model())
		switch verdict {
		case accepted:
			r.learnCallback(j)
			return true, nil
		case badParameter:
			j.unasked = true
		case unsent, throttled:
		case repeatable:
			j.ready = again
			if !again || r.patience(j) > 0 || r.pause(j, backoff(repeats)) != nil {
				return false, nil // if submitting ended, the record is as it should be
			}
			repeats++
		case noFunds:
			r.pull(task.InsufficientFunds, "the balance is too low: "+answer.Message)
			return false, nil
		case badKey:
			return false, fmt.Errorf("%w: %s", ErrKeyRefused, answer.Message)
		case refused:
			return false, nil
		default:
			if lacksFunds(answer, r.opts.Catalog) {
				r.pull(task.InsufficientFunds, "the balance is too low: "+answer.Message)
			}
			j.ready = repeatsOf(answer, r.opts.Catalog) > 0 && r.resubmits(j)
			if !j.ready || r.patience(j) > 0 || r.pause(j, backoff(j.doubted)) != nil {
				return false, nil
			}
			r.giveUp(j)
		}
	}
}

// conclude records what the answer to a submit means, before anything else is
// done about it: an observer that is told may keep us waiting.
func (r *run) conclude(j *job, v verdict, a apixo.Answer, again bool) {
	switch v {
	case accepted:
		r.accept(j, a)
	case noFunds:
		r.lackFunds(j, a)
	case unsent, throttled, badKey, badParameter:
		r.release(j, a.Message)
	case repeatable:
		r.keepReserved(j, a, again)
	case refused:
		r.refuse(j, a)
	default:
		r.doubt(j, a)
	}
}

// intend writes down, durably and together, that a submit is about to be sent
// and the money it may cost; and that the doubt of the submit before it is given
// up, if there is one. It returns false where the money is not there, or where
// it cannot be written: then nothing may be sent.
//
// Nothing is submitted while a task is named for an earlier submit of the request: that
// is a condition of the commit, so no name that was answered with 200 comes too late.
func (r *run) intend(j *job) bool {
	nonce := rand.Text()
	if crossed, ok := r.purse.take(nonce, j.price.High); !ok {
		r.pull(task.BudgetReached, fmt.Sprintf("%s at %s would cross %s", j.action.Address, j.price.High, crossed))
		return false
	}
	next := *j.record
	next.Status, next.Failure, next.Doubt = state.Submitting, nil, nil
	next.Nonce = nonce
	next.TaskID, next.Result, next.Artifacts, next.RefreshedURLs = "", nil, nil, nil
	next.Cost, next.Priced = j.price.High, j.price.Known
	next.SubmittedAt, next.AcceptedAt, next.FinishedAt = time.Now(), time.Time{}, time.Time{}
	change := r.change(next, state.Reserve)
	change.UnlessNamed = r.open(j)
	if j.givenUp != nil {
		change.Money = append(change.Money, r.hold(*j.givenUp))
	}
	// Counted first and looked at then: whoever ends submitting and reads the
	// count afterwards has counted every intent that still reaches the disk.
	r.openSubmits.Add(1)
	if r.brake.holds() {
		r.openSubmits.Add(-1)
		r.purse.giveBack(nonce)
		return false
	}
	if err := r.commit(change); err != nil {
		r.openSubmits.Add(-1)
		r.purse.giveBack(nonce)
		if !errors.Is(err, state.ErrNamed) {
			r.unsent(next)
		}
		return false
	}
	if j.givenUp != nil {
		r.resubmitting(*j.givenUp)
		j.givenUp = nil
	}
	j.record = &change.Put[0]
	if j.repeats {
		j.repeats = false
		r.tally(func(s *Summary) {
			if s.Repeated++; s.Repeated == 1 {
				s.RepeatedAt = next.Address
			}
		})
	}
	r.deliveries.follow(j, next.Nonce)
	j.bell.called = !j.unasked && r.callback.asked()
	j.sent = append(j.sent, counted{nonce: next.Nonce, model: next.Request.Model, priced: j.price.Known, cost: j.price.High, low: j.price.Low})
	r.warnOfBounds()
	return true
}

// post sends the request. Once the intent is on disk the answer is worth waiting
// for whatever else ends, so only its own time limit cuts it short.
func (r *run) post(ctx context.Context, j *job) apixo.Answer {
	submission := apixo.Submission{Provider: j.action.Instance.Provider, Input: j.body}
	if j.bell.called {
		submission.CallbackURL = r.callbackURL(j.record.Nonce)
	}
	answer := r.opts.API.Submit(context.WithoutCancel(ctx), j.action.Model(), submission)
	answer.Message = r.secrets.Text(j.request.Redactor().Text(answer.Message))
	if r.opts.CallbackURL != "" { // an answer may quote the URL, whose nonce is a secret
		answer.Message = strings.ReplaceAll(answer.Message, j.record.Nonce, "(nonce)")
	}
	return answer
}

// settlePace tells the pace what a submit's answer says about it. A request
// that never left is treated like a refusal: the network needs a rest as well.
func (r *run) settlePace(ticket pace.Ticket, a apixo.Answer, model string) {
	if a.TaskID == "" {
		ticket.Unused()
	}
	switch {
	case a.TaskID != "":
		ticket.Succeeded()
	case !a.Sent || a.Status() == http.StatusTooManyRequests:
		r.slowed(ticket, a, model)
	case a.Envelope && a.Status() < 500:
		ticket.Succeeded() // let in, whatever it said
	}
}

// slowed reports the refusal of a call to the pace.
func (r *run) slowed(ticket pace.Ticket, a apixo.Answer, model string) {
	cause := fmt.Sprintf("%s refuses calls: %d %s", model, a.Status(), a.Message)
	if !a.Sent {
		cause = fmt.Sprintf("the API cannot be reached: %v", a.Err)
	}
	if slow, counted := ticket.Refused(a.RetryAfter); counted {
		r.slow(slow, model, cause)
	}
}

// slow tells of a slow-down, and ends submitting when a model has been refusing for
// too long.
func (r *run) slow(slow pace.Slowdown, model, cause string) {
	r.emit(Event{Kind: Slowed, Detail: cause, Wait: slow.Wait, Model: model})
	if slow.Stuck > r.opts.MaxRetryWait || slow.Wait > r.opts.MaxRetryWait {
		r.pull(task.RateLimited, cause)
	}
}

// accept records the task ID before anything else happens.
func (r *run) accept(j *job, a apixo.Answer) {
	next := *j.record
	next.Status, next.TaskID, next.AcceptedAt = state.Running, a.TaskID, time.Now()
	next.Attempt++
	r.record(j, next, state.Charge)
	j.accepted++
	r.count(j, next.Nonce, bought)
	r.emit(Event{Kind: Submitted, Address: next.Address, Record: next})
	r.oddTaskID(next)
}

// release takes an intent back: nothing was created, and it may be sent again.
func (r *run) release(j *job, why string) {
	next := *j.record
	next.Status = state.Pending
	if !r.record(j, next, state.Release) {
		r.unsent(next)
	}
	r.purse.follow(r.opts.Store, next.Nonce)
	r.emit(Event{Kind: Refused, Address: next.Address, Record: next, Detail: why})
}

// keepReserved records a 5xx. The document calls it a refusal, yet the task may
// exist: its reservation stays, and the submit is kept among the past ones.
func (r *run) keepReserved(j *job, a apixo.Answer, again bool) {
	next := *j.record
	failure := refusalFailure(a, r.opts.Catalog, true)
	next.Past = append(next.Past[:len(next.Past):len(next.Past)], state.Past{
		Nonce: next.Nonce, Fingerprint: next.Fingerprint, Status: state.Failed,
		Cost: next.Cost, SubmittedAt: next.SubmittedAt, FinishedAt: time.Now(), Failure: failure,
	})
	r.count(j, next.Nonce, after5xx)
	if !again {
		next.Status, next.Failure, next.FinishedAt = state.Failed, failure, time.Now()
		r.record(j, next, "")
		return
	}
	next.Status = state.Pending
	next.Repeats++
	r.record(j, next, "")
	j.repeats = true
	r.emit(Event{Kind: Refused, Address: next.Address, Record: next, Detail: fmt.Sprintf("status %d: %s", a.Status(), a.Message)})
}

// lackFunds records that a submit failed for want of money, to be sent again
// once there is some. A 4xx created nothing. A 5xx may come after the task was
// made, whatever code it carries, so its reservation stays as that of any 5xx.
func (r *run) lackFunds(j *job, a apixo.Answer) {
	if a.Status() < 500 {
		r.release(j, a.Message)
		return
	}
	r.keepReserved(j, a, true)
}

// refuse records that the API will not have this request.
func (r *run) refuse(j *job, a apixo.Answer) {
	next := *j.record
	next.Status, next.FinishedAt = state.Failed, time.Now()
	next.Failure = refusalFailure(a, r.opts.Catalog, a.Status() == http.StatusTooManyRequests)
	if !r.record(j, next, state.Release) {
		r.unsent(next)
	}
	r.purse.follow(r.opts.Store, next.Nonce)
}
