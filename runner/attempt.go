package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"apixo-batch/state"
)

// work carries a job to a terminal record, or as far as it goes, and collects what
// earlier tasks of it are not on disk. It holds a slot of the parallelism until then, or
// until its task has succeeded; a failure's until it is recorded, since a further attempt
// may follow.
func (r *run) work(ctx context.Context, j *job) error {
	// Made only now: a job that waits shares the plan's record, and they are many.
	if j.ready && !j.declared {
		j.supersede()
	}
	r.begin(j)
	err := r.carry(ctx, j)
	if err == nil {
		err = r.collectPast(ctx, j)
	}
	j.last = time.Now()
	return err
}

// begin tells, once, that the job's turn has come.
func (r *run) begin(j *job) {
	if !j.begun && j.planned() {
		j.begun = true
		r.emit(Event{Kind: Started, Address: j.action.Address, Record: *j.record})
	}
}

// carry carries the job's task to its terminal answer, or until the run gives up waiting
// for it. Either way what was named for its submits meanwhile is asked for at the end,
// which may give the job another task to carry.
func (r *run) carry(ctx context.Context, j *job) error {
	if j.adopting {
		if ok, err := r.adopt(ctx, j); !ok || err != nil {
			return err
		}
	}
	for {
		if j.record.Status != state.Running {
			if ok, err := r.start(ctx, j); !ok || err != nil {
				return err
			}
		}
		if !j.detached {
			if err := r.follow(ctx, j); err != nil {
				return err
			}
		}
		if r.again(j) {
			continue
		}
		if _, err := r.settleNamed(ctx, j); err != nil || j.detached || j.record.Status != state.Running {
			return err
		}
	}
}

// follow polls the job's task. One that the run gives up waiting for stays as it is, is
// not polled again, and keeps its place among those that run at the same time.
func (r *run) follow(ctx context.Context, j *job) error {
	model := j.record.Request.Model
	r.pace.Started(model)
	err := r.poll(ctx, j)
	if errors.Is(err, errDetached) {
		r.detach(j)
		return nil
	}
	if err != nil {
		return err
	}
	r.heedLimit(j) // before the next submit may go
	r.pace.Ended(model)
	if r.found.due() {
		r.keepFound()
	}
	return nil
}

// detach gives up waiting for a job's task.
//
//go:noinline // the room that an event takes would be on the stack of all that wait
func (r *run) detach(j *job) {
	j.detached = true
	r.emit(Event{Kind: Detached, Address: j.record.Address, Record: *j.record, Detail: "still running, already paid"})
}

// submitFresh submits once the input's URLs are known to work.
func (r *run) submitFresh(ctx context.Context, j *job) (ok bool, err error) {
	if fresh, err := r.freshen(ctx, j); !fresh || err != nil {
		return false, err
	}
	return r.submit(ctx, j)
}

// again decides whether a failed task is worth a further, paid attempt in this
// run, and makes the job ready for it.
func (r *run) again(j *job) bool {
	// A job that collects is still the scheduler's to skip: look no further.
	if j.collecting || j.record.Status != state.Failed || !j.record.Failure.Retryable || !j.submits() {
		return false
	}
	if j.exhausted() || r.pause(j, backoff(j.accepted)) != nil {
		return false
	}
	r.tally(func(s *Summary) { s.Retried++ })
	r.emit(Event{
		Kind: Retrying, Address: j.record.Address, Record: *j.record,
		Detail: fmt.Sprintf("%s, attempt %d follows", j.record.Failure.Reason, j.record.Attempt+1),
	})
	j.supersede()
	return true
}

// pause holds a job up between submits; it ends early, with an error, when
// submitting does.
func (r *run) pause(j *job, d time.Duration) error {
	r.logWait(j, d)
	return sleep(r.brake.submits, d)
}
