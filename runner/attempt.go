package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"apixo-batch/state"
)

// attempt carries a job to a terminal record, or as far as it goes. It holds a
// slot of the parallelism from the submit to the terminal answer.
func (r *run) attempt(ctx context.Context, j *job) error {
	if j.prior {
		if over, err := r.collectPrior(ctx, j); over || err != nil {
			return err
		}
	}
	if j.pays() && j.record.Status != state.Running {
		if fresh, err := r.freshen(ctx, j); !fresh || err != nil {
			return err
		}
	}
	for {
		if j.record.Status != state.Running {
			if ok, err := r.submit(ctx, j); !ok || err != nil {
				return err
			}
		}
		if err := r.poll(ctx, j); err != nil {
			return r.detach(j, err)
		}
		if !r.again(j) {
			return nil
		}
	}
}

// collectPrior brings home what an earlier request of the address paid for,
// before its successor is submitted. over is true if the task still runs.
func (r *run) collectPrior(ctx context.Context, j *job) (over bool, err error) {
	if j.record.Status == state.Running {
		if err := r.poll(ctx, j); err != nil {
			return true, r.detach(j, err)
		}
	}
	if j.record.Status == state.Succeeded {
		if err := r.fetch(ctx, j); err != nil {
			return true, err
		}
	}
	if r.brake.submits.Err() != nil {
		return true, nil
	}
	j.supersede()
	return false, nil
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
	if j.record.Status != state.Failed || !j.record.Failure.Retryable || !j.pays() {
		return false
	}
	if j.accepted >= j.action.Instance.MaxAttempts || r.rest(backoff(j.accepted)) != nil {
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
func (r *run) rest(d time.Duration) error { return sleep(r.brake.submits, d) }
