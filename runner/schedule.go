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

// queue holds the ready jobs of one model.
type queue struct {
	jobs   []*job
	active int
	limit  int // of tasks in flight; 0 for none
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

// admit puts a job where it starts: to be fetched, to be polled, ready to be
// submitted, or waiting for the results that its input uses.
func (s *scheduler) admit(j *job, declared map[task.Address]*job) {
	if !j.pays() {
		j.record = *j.action.Prior
		s.undelivered[j.action.Address] = true
		if j.record.Status == state.Succeeded {
			s.results = append(s.results, j)
		} else {
			s.enqueue(j)
		}
		return
	}
	for _, upstream := range j.action.Instance.DependsOn {
		if _, known := s.outcomes[upstream]; known {
			continue
		}
		if declared[upstream] == nil {
			j.skip(task.DependencyFailed, "uses %s, which has no result", upstream)
			return
		}
		j.waits++
		s.forResult[upstream] = append(s.forResult[upstream], j)
	}
	if j.waits == 0 {
		s.release(j)
	}
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

// next takes the job that should start first, of a model that has room.
func (s *scheduler) next(submitting bool) *job {
	var best *queue
	for _, q := range s.queues {
		if len(q.jobs) == 0 || q.limit > 0 && q.active >= q.limit {
			continue
		}
		if !submitting && q.jobs[0].record.Status != state.Running {
			continue
		}
		if best == nil || q.jobs[0].before(best.jobs[0]) {
			best = q
		}
	}
	if best == nil {
		return nil
	}
	j := best.jobs[0]
	best.jobs = best.jobs[1:]
	best.active++
	return j
}

// before orders jobs: what runs already, then by their place in the plan.
func (j *job) before(other *job) bool {
	if a, b := j.record.Status == state.Running, other.record.Status == state.Running; a != b {
		return a
	}
	return j.seq < other.seq
}

func (s *scheduler) enqueue(j *job) {
	q := s.queues[j.action.Model()]
	if q == nil {
		q = new(queue)
		s.queues[j.action.Model()] = q
	}
	if j.action.Instance != nil {
		q.limit = j.action.Instance.MaxInFlight
	}
	at := len(q.jobs)
	for at > 0 && j.before(q.jobs[at-1]) {
		at--
	}
	q.jobs = append(q.jobs, nil)
	copy(q.jobs[at+1:], q.jobs[at:])
	q.jobs[at] = j
}

// release evaluates a job whose upstream results have all come, and queues it.
func (s *scheduler) release(j *job) {
	ready, err := j.evaluate(s.lookup)
	switch {
	case err != nil:
		j.skip(task.InvalidInput, "%v", err)
		s.skipDependents(j)
	case !ready:
		s.awaitFiles(j)
	case j.unchanged():
		j.record = *j.action.Prior
		if j.record.Status == state.Running {
			s.enqueue(j)
		} else {
			s.ended(j)
		}
	default:
		j.prepare()
		s.enqueue(j)
	}
}

// awaitFiles parks a job that uses the files of a result, not only its URLs.
func (s *scheduler) awaitFiles(j *job) {
	for _, upstream := range j.action.Instance.DependsOn {
		if s.undelivered[upstream] {
			j.waits++
			s.forFiles[upstream] = append(s.forFiles[upstream], j)
		}
	}
	if j.waits == 0 {
		j.skip(task.DependencyFailed, "its input needs something that no result has")
		s.skipDependents(j)
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

// publish lets expressions see the record's outcome. An orphan's is nobody's.
func (s *scheduler) publish(a task.Address, r state.Record) {
	if outcome, ok := r.Outcome(); ok {
		s.outcomes[a] = outcome
	}
}

func (s *scheduler) lookup(a task.Address) (task.Outcome, bool) {
	outcome, known := s.outcomes[a]
	return outcome, known
}

func (s *scheduler) wake(waiting map[task.Address][]*job, a task.Address) {
	jobs := waiting[a]
	delete(waiting, a)
	for _, j := range jobs {
		if j.waits--; j.waits == 0 && j.skipped == nil {
			s.release(j)
		}
	}
}

// skipDependents ends all jobs that use the result of one that has none.
func (s *scheduler) skipDependents(j *job) {
	cause := j.cause()
	for _, dependent := range s.forResult[j.action.Address] {
		if dependent.skipped != nil {
			continue
		}
		dependent.skip(task.DependencyFailed, "uses %s: %s", j.action.Address, cause)
		s.run.emit(Event{Kind: Skipped, Address: dependent.action.Address, Detail: dependent.skipped.Message})
		s.skipDependents(dependent)
	}
	delete(s.forResult, j.action.Address)
}

// cause says in a few words why a job has no result.
func (j *job) cause() string {
	switch {
	case j.skipped != nil:
		return "skipped"
	case j.record.Status == state.InDoubt:
		return "in doubt"
	case j.record.Failure != nil && j.record.Failure.Code != "":
		return string(j.record.Failure.Reason) + " (" + j.record.Failure.Code + ")"
	case j.record.Failure != nil:
		return string(j.record.Failure.Reason)
	default:
		return "no result"
	}
}
