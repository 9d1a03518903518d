package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"apixo-batch/state"
)

// work carries a job to a terminal record, or as far as it goes, and collects what
// earlier tasks of it are not on disk. It holds a slot of the parallelism meanwhile.
func (r *run) work(ctx context.Context, j *job) error {
	if err := r.carry(ctx, j); err != nil {
		return err
	}
	r.collectPast(ctx, j)
	return nil
}

// carry carries the job's task to its terminal answer.
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
		r.pace.Started(j.record.Request.Model)
		err := r.poll(ctx, j)
		r.pace.Ended(j.record.Request.Model)
		if err != nil {
			return r.detach(j, err)
		}
		r.heedLimit(j)
		if r.found.due() {
			r.keepFound()
		}
		if !r.again(j) {
			r.settleNamed(ctx, j)
			return nil
		}
	}
}

// submitFresh submits once the input's URLs are known to work.
func (r *run) submitFresh(ctx context.Context, j *job) (ok bool, err error) {
	if fresh, err := r.freshen(ctx, j); !fresh || err != nil {
		return false, err
	}
	return r.submit(ctx, j)
}

// detach keeps a job as it is when the run gives up waiting for its task.
func (r *run) detach(j *job, err error) error {
	if !errors.Is(err, errDetached) {
		return err
	}
	r.emit(Event{Kind: Detached, Address: j.record.Address, Record: j.record, Detail: "still running, already paid"})
	return nil
}

// again decides whether a failed task is worth a further, paid attempt in this
// run, and makes the job ready for it.
func (r *run) again(j *job) bool {
	// A job that collects is still the scheduler's to skip: look no further.
	if j.collecting || j.record.Status != state.Failed || !j.record.Failure.Retryable || !j.submits() {
		return false
	}
	if j.exhausted() || r.rest(j, backoff(j.accepted)) != nil {
		return false
	}
	r.tally(func(s *Summary) { s.Retried++ })
	r.emit(Event{
		Kind: Retrying, Address: j.record.Address, Record: j.record,
		Detail: fmt.Sprintf("%s, attempt %d follows", j.record.Failure.Reason, j.record.Attempt+1),
	})
	j.supersede()
	return true
}

// rest pauses a job between submits; it ends early, with an error, when
// submitting does.
func (r *run) rest(j *job, d time.Duration) error {
	r.logWait(j, d)
	return sleep(r.brake.submits, d)
}
