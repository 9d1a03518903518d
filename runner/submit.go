package runner

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// maxRepeats is how often a submit is repeated after a 5xx (API document,
// section 10, retry rules).
const maxRepeats = 3

// submit carries the job's request to an accepted task: the record is then
// Running. It returns false where no task came of it: the record says what did.
// An error ends the run.
func (r *run) submit(ctx context.Context, j *job) (ok bool, err error) {
	for repeats := j.record.Repeats; ; {
		ticket, err := r.pace.Wait(r.brake.submits, j.action.Model(), pace.Submit)
		if err != nil {
			return false, nil // submitting ended while this one waited for its turn
		}
		intended, err := r.intend(j)
		if err != nil || !intended {
			return false, err
		}
		answer := r.post(ctx, j)
		verdict := judgeSubmit(answer, j.action.Instance.RetryCalls, r.opts.Catalog)
		r.settlePace(ticket, answer, j.action.Model())
		switch verdict {
		case accepted:
			return true, r.accept(j, answer)
		case unsent, throttled:
			err = r.release(j, answer)
		case repeatable:
			if err = r.keepReserved(j, answer, repeats < maxRepeats); err != nil || repeats == maxRepeats {
				return false, err
			}
			if r.rest(backoff(repeats)) != nil {
				return false, nil // submitting ended; the record is as it should be
			}
			repeats++
		case noFunds:
			if err = r.release(j, answer); err == nil {
				r.pull(task.InsufficientFunds, "the balance is too low: "+answer.Message)
			}
			return false, err
		case badKey:
			if err = r.release(j, answer); err == nil {
				err = fmt.Errorf("%w: %s", ErrKeyRefused, answer.Message)
			}
			return false, err
		case refused:
			return false, r.refuse(j, answer)
		default:
			return false, r.doubt(j, answer)
		}
		if err != nil {
			return false, err
		}
	}
}

// intend writes down, durably and together, that a submit is about to be sent
// and the money it may cost. It returns false where the money is not there.
func (r *run) intend(j *job) (ok bool, err error) {
	if crossed, ok := r.purse.take(j.price.High); !ok {
		r.pull(task.BudgetReached, fmt.Sprintf("%s at %s would cross %s", j.action.Address, j.price.High, crossed))
		return false, nil
	}
	next := j.record
	next.Status, next.Failure, next.Doubt = state.Submitting, nil, nil
	next.Nonce = rand.Text()
	next.TaskID, next.Result, next.Artifacts, next.RefreshedURLs = "", nil, nil, nil
	next.Cost, next.Priced = j.price.High, j.price.Known
	next.SubmittedAt, next.AcceptedAt, next.FinishedAt = time.Now(), time.Time{}, time.Time{}
	return true, r.commit(j, next, state.Reserve)
}

// post sends the request. Once the intent is on disk the answer is worth waiting
// for whatever else ends, so only its own time limit cuts it short.
func (r *run) post(ctx context.Context, j *job) apixo.Answer {
	r.openSubmits.Add(1)
	defer r.openSubmits.Add(-1)
	answer := r.opts.API.Submit(context.WithoutCancel(ctx), j.action.Model(), apixo.Submission{
		Provider: j.action.Instance.Provider,
		Input:    j.body,
	})
	answer.Message = r.secrets.Text(j.request.Redactor().Text(answer.Message))
	return answer
}

// settlePace tells the pace what a submit's answer says about it. A request
// that never left is treated like a refusal: the network needs a rest as well.
func (r *run) settlePace(ticket pace.Ticket, a apixo.Answer, model string) {
	switch {
	case a.TaskID != "":
		ticket.Succeeded()
	case !a.Sent || a.Status() == http.StatusTooManyRequests:
		r.slowed(ticket, a, model)
	case a.Envelope && a.Status() < 500:
		ticket.Succeeded() // let in, whatever it said
	}
}

// slowed reports a refusal to the pace, and ends submitting when a model has
// been refusing for too long.
func (r *run) slowed(ticket pace.Ticket, a apixo.Answer, model string) {
	slow, counted := ticket.Refused(a.RetryAfter)
	if !counted {
		return
	}
	cause := fmt.Sprintf("%s refuses calls: %d %s", model, a.Status(), a.Message)
	if !a.Sent {
		cause = fmt.Sprintf("the API cannot be reached: %v", a.Err)
	}
	r.emit(Event{Kind: Slowed, Detail: cause, Wait: slow.Wait})
	if slow.Stuck > r.opts.MaxRetryWait || slow.Wait > r.opts.MaxRetryWait {
		r.pull(task.RateLimited, cause)
	}
}

// accept records the task ID before anything else happens.
func (r *run) accept(j *job, a apixo.Answer) error {
	next := j.record
	next.Status, next.TaskID, next.AcceptedAt = state.Running, a.TaskID, time.Now()
	next.Attempt++
	if err := r.commit(j, next, state.Charge); err != nil {
		return r.lose(j, &LostTaskError{Address: next.Address, Model: next.Request.Model, TaskID: a.TaskID, Err: err})
	}
	j.accepted++
	r.tally(func(s *Summary) {
		s.Accepted++
		s.Spent += next.Cost
		if !next.Priced {
			s.Unpriced++
		}
	})
	r.emit(Event{Kind: Submitted, Address: next.Address, Record: next})
	return nil
}

// lose keeps a task that could not be recorded for the end of the run, and tells
// of it at once: it is paid for.
func (r *run) lose(j *job, lost *LostTaskError) error {
	j.lost = lost
	r.tally(func(*Summary) { r.lost = append(r.lost, lost) })
	r.emit(Event{Kind: Unrecorded, Address: lost.Address, Record: j.record, Detail: lost.Error()})
	return lost
}

// release takes an intent back: nothing was created, and it may be sent again.
func (r *run) release(j *job, a apixo.Answer) error {
	next := j.record
	next.Status = state.Pending
	if err := r.commit(j, next, state.Release); err != nil {
		return err
	}
	r.purse.giveBack(next.Cost)
	r.emit(Event{Kind: Refused, Address: next.Address, Record: next, Detail: a.Message})
	return nil
}

// keepReserved records a 5xx. The document calls it a refusal, yet the task may
// exist: its reservation stays, and the submit is kept among the past ones.
func (r *run) keepReserved(j *job, a apixo.Answer, again bool) error {
	next := j.record
	failure := refusalFailure(a, r.opts.Catalog, true)
	next.Past = append(next.Past[:len(next.Past):len(next.Past)], state.Past{
		Nonce: next.Nonce, Fingerprint: next.Fingerprint, Status: state.Failed,
		Cost: next.Cost, SubmittedAt: next.SubmittedAt, FinishedAt: time.Now(), Failure: failure,
	})
	if !again {
		next.Status, next.Failure, next.FinishedAt = state.Failed, failure, time.Now()
		return r.commit(j, next, "")
	}
	next.Status = state.Pending
	next.Repeats++
	if err := r.commit(j, next, ""); err != nil {
		return err
	}
	r.tally(func(s *Summary) { s.Repeated++ })
	r.emit(Event{Kind: Refused, Address: next.Address, Record: next, Detail: fmt.Sprintf("status %d: %s", a.Status(), a.Message)})
	return nil
}

// refuse records that the API will not have this request.
func (r *run) refuse(j *job, a apixo.Answer) error {
	next := j.record
	next.Status, next.FinishedAt = state.Failed, time.Now()
	next.Failure = refusalFailure(a, r.opts.Catalog, a.Status() == http.StatusTooManyRequests)
	if err := r.commit(j, next, state.Release); err != nil {
		return err
	}
	r.purse.giveBack(next.Cost)
	return nil
}

// doubt records that nobody knows. The reservation stays.
func (r *run) doubt(j *job, a apixo.Answer) error {
	next := j.record
	next.Status = state.InDoubt
	next.Doubt = &state.Doubt{Since: time.Now(), Cause: doubtCause(a), HTTPStatus: a.HTTPStatus}
	if err := r.commit(j, next, ""); err != nil {
		return err
	}
	r.tally(func(s *Summary) { s.Reserved += next.Cost })
	r.emit(Event{Kind: Doubted, Address: next.Address, Record: next, Detail: next.Doubt.Cause})
	return nil
}

// commit makes next the job's record, with the ledger entry of its submit if
// there is one, before it returns.
func (r *run) commit(j *job, next state.Record, entry state.EntryKind) error {
	change := state.Change{Op: string(next.Status), Put: []state.Record{next}}
	if entry != "" {
		change.Money = []state.Entry{{
			Kind: entry, Nonce: next.Nonce, Address: next.Address, Model: next.Request.Model,
			TaskID: next.TaskID, Run: r.opts.Run, Plan: r.opts.Plan, Cost: next.Cost, Priced: next.Priced, At: time.Now(),
		}}
	}
	if err := r.opts.Store.Commit(change); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	j.record = next
	return nil
}
