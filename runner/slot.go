package runner

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// progress is what a worker tells of its job: that its task has ended, so that the
// slot is free while that is being recorded, or that the job is back.
type progress struct {
	job  *job
	back bool
}

// workersPerSlot bounds the workers: of two for each slot, one may still be recording
// what its task has brought.
const workersPerSlot = 2

// startJobs fills the free slots. Jobs that collect go first: what they wait
// for is paid. Once submitting has ended, they alone go. A disk that falls behind
// with what has ended is waited for.
func (s *scheduler) startJobs(ctx context.Context, workers *errgroup.Group) {
	most := s.run.opts.Parallelism
	for s.active < most && s.active+s.settling < workersPerSlot*most && ctx.Err() == nil {
		j := s.next(s.run.brake.submits.Err() == nil)
		if j == nil {
			return
		}
		s.active++
		j.slot, j.working = true, s.working
		workers.Go(func() error {
			defer func() { s.working <- progress{j, true} }()
			return guarded(func() error { return s.run.work(ctx, j) })
		})
	}
}

// freeSlot tells that the job's task runs no longer, once. A success is not waited for
// until it is on the disk: the intent of the next submit shares a write with it.
func (j *job) freeSlot() {
	if j.working != nil {
		j.working <- progress{job: j}
		j.working = nil
	}
}

// vacate frees the job's slot, and its place in its queue. Until it is back the job is
// settling.
func (s *scheduler) vacate(j *job) {
	if j.slot {
		j.slot = false
		s.active--
		j.queue.active--
		s.settling++
	}
}

// leave keeps the place of a task that runs on, though the run has given up waiting for
// it: it may never end as far as anybody knows.
func (s *scheduler) leave(ctx context.Context, j *job) {
	q := j.queue
	if !j.detached || q.limit == 0 || ctx.Err() != nil || s.run.opts.AskOnce {
		return
	}
	before := len(q.left)
	q.left[j.record.Nonce] = true
	if before < q.limit && len(q.left) == q.limit {
		s.run.emit(Event{Kind: Slowed, Detail: fmt.Sprintf("%d tasks of %s still run after their timeouts, as many as may run at a time: "+
			"no further one is submitted in this run; apply again to collect them and go on", q.limit, q.model)})
	}
}
