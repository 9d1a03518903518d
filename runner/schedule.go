package runner

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// maxDownloads is how many results are fetched at the same time.
const maxDownloads = 8

// scheduler releases jobs when what they use has come, and hands them to
// workers. It runs in one goroutine, the only one to call the groups' Go: a
// worker that did could wait for its own slot.
type scheduler struct {
	run  *run
	jobs []*job // in plan order

	queues   map[string]*queue // of jobs that could start, by model
	active   int               // jobs that hold a slot
	fetching int               // results that are being fetched
	results  []*job            // whose files are to be fetched

	outcomes    map[task.Address]task.Outcome
	forResult   map[task.Address][]*job // jobs that wait for a result, by whose
	forFiles    map[task.Address][]*job // jobs that wait for its files too
	undelivered map[task.Address]bool   // instances whose files are still to come

	finished, fetched chan *job
}

func newScheduler(r *run, p *plan.Plan) *scheduler {
	s := &scheduler{
		run: r, queues: make(map[string]*queue),
		outcomes:    make(map[task.Address]task.Outcome),
		forResult:   make(map[task.Address][]*job),
		forFiles:    make(map[task.Address][]*job),
		undelivered: make(map[task.Address]bool),
	}
	declared := make(map[task.Address]*job)
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind == plan.Keep || a.Kind == plan.Collect {
			s.publish(a.Address, *a.Prior)
		}
		if a.Kind.Pays() || a.Collects() {
			j := &job{action: a, seq: i}
			s.jobs = append(s.jobs, j)
			declared[a.Address] = j
		}
	}
	// Room for every job, so that no worker ever waits for the scheduler.
	s.finished, s.fetched = make(chan *job, len(s.jobs)), make(chan *job, len(s.jobs))
	for _, j := range s.jobs {
		s.admit(j, declared)
	}
	return s
}

// loop carries out all jobs. It returns when no job is left that could start;
// the error is the first that ended the run.
func (s *scheduler) loop(ctx context.Context, workers *errgroup.Group) error {
	fetchers := new(errgroup.Group)
	fetchers.SetLimit(maxDownloads)
	for {
		s.startFetching(ctx, fetchers)
		s.startJobs(ctx, workers)
		if s.active == 0 && s.fetching == 0 {
			return errors.Join(workers.Wait(), fetchers.Wait())
		}
		select {
		case j := <-s.finished:
			s.active--
			s.queues[j.action.Model()].active--
			s.ended(j)
		case j := <-s.fetched:
			s.fetching--
			s.delivered(j)
		}
	}
}

// startJobs fills the free slots. Jobs that only collect go first: what they
// wait for is paid. Once submitting has ended, they alone go.
func (s *scheduler) startJobs(ctx context.Context, workers *errgroup.Group) {
	for s.active < s.run.opts.Parallelism && ctx.Err() == nil {
		j := s.next(s.run.brake.submits.Err() == nil)
		if j == nil {
			return
		}
		s.active++
		workers.Go(func() error {
			defer func() { s.finished <- j }()
			return s.run.attempt(ctx, j)
		})
	}
}

// startFetching starts downloads, which need no slot: their tasks are over.
func (s *scheduler) startFetching(ctx context.Context, fetchers *errgroup.Group) {
	for s.fetching < maxDownloads && len(s.results) > 0 && ctx.Err() == nil {
		j := s.results[0]
		s.results = s.results[1:]
		s.fetching++
		fetchers.Go(func() error {
			defer func() { s.fetched <- j }()
			return s.run.fetch(ctx, j)
		})
	}
}

// ended takes a job back from its worker.
func (s *scheduler) ended(j *job) {
	switch {
	case j.skipped != nil:
		s.run.emit(Event{Kind: Skipped, Address: j.action.Address, Detail: j.skipped.Message})
		s.skipDependents(j)
	case j.record.Status == state.Succeeded && !j.prior:
		s.undelivered[j.action.Address] = true
		s.publish(j.action.Address, j.record)
		s.wake(s.forResult, j.action.Address)
		s.results = append(s.results, j)
	case j.record.Status == state.Failed && !j.prior:
		f := j.record.Failure
		s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: j.record, Detail: f.Message})
		if s.run.brake.failed(f) {
			s.run.pull(task.Halted, haltDetail(f, s.run.opts.HaltAfter))
		}
		s.skipDependents(j)
	case j.record.Status == state.InDoubt:
		s.skipDependents(j)
	}
}

// delivered takes a job back whose files were fetched, or were not.
func (s *scheduler) delivered(j *job) {
	delete(s.undelivered, j.action.Address)
	s.publish(j.action.Address, j.record)
	if j.record.Complete() {
		s.run.emit(Event{Kind: Saved, Address: j.record.Address, Record: j.record})
	} else if f := j.record.Failure; f != nil {
		s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: j.record, Detail: f.Message})
	}
	s.wake(s.forFiles, j.action.Address)
}
