package runner

import (
	"context"
	"errors"
	"time"

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
	jobs []*job // in plan order; nil once one is let go

	proven   map[string]bool   // models that have made something, before this run
	queues   map[string]*queue // of jobs that could start, by model
	limits   map[string]plan.Limits
	active   int    // jobs that hold a slot
	settling int    // jobs that a worker has still, without a slot
	fetching int    // results that are being fetched
	results  []*job // whose files are to be fetched

	recordless []state.Spend // submits that tasks are named for, and whose records are gone

	needed      map[task.Address]bool         // instances whose results others use
	outcomes    map[task.Address]task.Outcome // of those
	forResult   map[task.Address][]*job       // jobs that wait for a result, by whose
	forFiles    map[task.Address][]*job       // jobs that wait for its files too
	forVerdict  map[task.Address][]*job       // jobs whose postconditions wait for its files
	undelivered map[task.Address]bool         // instances whose files are still to come

	rests   map[*job]bool // jobs that wake at some time; true for those that the run waits for
	holding int           // how many those are
	alarm   *time.Timer   // rings when the first of them is to be looked at
	alarmed time.Time     // when that is

	working chan progress
	fetched chan *job
}

func newScheduler(r *run, p *plan.Plan) *scheduler {
	s := &scheduler{
		run:    r,
		proven: provenModels(p), queues: make(map[string]*queue), limits: p.Limits,
		needed:      neededResults(p),
		outcomes:    make(map[task.Address]task.Outcome),
		forResult:   make(map[task.Address][]*job),
		forFiles:    make(map[task.Address][]*job),
		forVerdict:  make(map[task.Address][]*job),
		undelivered: make(map[task.Address]bool),
		rests:       make(map[*job]bool),
		alarm:       time.NewTimer(longTime),
	}
	spends := r.opts.Store.Spends()
	used := allowances(r.opts.Plan, spends)
	forgotten, recordless := r.forgottenNames(spends)
	s.recordless = recordless
	for i := range p.Actions {
		a := &p.Actions[i]
		if usable(a) {
			s.publish(a.Address, *a.Prior)
		}
		if r.opts.Only(a.Address) && (a.Kind.Pays() || a.Collects() || r.unsettled(a) || a.Prior != nil && len(forgotten[a.Address]) > 0) {
			s.jobs = append(s.jobs, newJob(a, len(s.jobs), used[a.Address]))
		}
	}
	// Room for all that is told of every job, so that no worker ever waits for the
	// scheduler.
	s.working, s.fetched = make(chan progress, 2*len(s.jobs)), make(chan *job, len(s.jobs))
	s.orderByPath()
	for _, j := range s.jobs {
		s.admit(j)
		r.followAll(j, forgotten[j.action.Address])
	}
	for _, j := range s.jobs {
		s.release(j)
		s.look(j)
	}
	return s
}

// loop carries out all jobs. It returns when no job is left that could start;
// the error is the first that ended the run.
func (s *scheduler) loop(ctx context.Context, workers *errgroup.Group) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fetchers := new(errgroup.Group)
	fetchers.SetLimit(maxDownloads)
	defer s.alarm.Stop()
	forgotten := make(chan error, 1)
	go func() { forgotten <- guarded(func() error { return s.run.settleForgotten(ctx, s.recordless) }) }()
	err := guarded(func() error { s.dispatch(ctx, workers, fetchers); return nil })
	if err != nil {
		cancel()
		s.run.brake.cancel()
	}
	return errors.Join(err, workers.Wait(), fetchers.Wait(), <-forgotten)
}

// dispatch starts jobs and takes them back until none is left.
func (s *scheduler) dispatch(ctx context.Context, workers, fetchers *errgroup.Group) {
	for {
		s.startFetching(ctx, fetchers)
		s.startJobs(ctx, workers)
		if s.active == 0 && s.settling == 0 && s.fetching == 0 && (s.holding == 0 || ctx.Err() != nil) {
			return
		}
		interrupted := ctx.Done()
		if ctx.Err() != nil {
			interrupted = nil // what works ends by itself
		}
		select {
		case p := <-s.working:
			s.vacate(p.job)
			if p.back {
				s.settling--
				s.leave(ctx, p.job)
				s.back(p.job)
				s.letGo(p.job)
			}
		case j := <-s.fetched:
			s.fetching--
			s.delivered(j)
			s.look(j)
			s.letGo(j)
		case <-s.run.deliveries.more:
			s.rouseRung()
		case <-s.alarm.C:
			s.rouseDue()
		case <-interrupted:
		}
	}
}

// startFetching starts downloads, which need no slot: their tasks are over.
func (s *scheduler) startFetching(ctx context.Context, fetchers *errgroup.Group) {
	for s.fetching < maxDownloads && len(s.results) > 0 && ctx.Err() == nil {
		j := s.results[0]
		s.results[0], s.results = nil, s.results[1:] // so that the array lets go of the job
		s.fetching++
		fetchers.Go(func() error {
			defer func() { s.fetched <- j }()
			return guarded(func() error { return s.run.fetch(ctx, j) })
		})
	}
}

// back takes a job back from its worker, which may have left it to rest.
func (s *scheduler) back(j *job) {
	j.busy = false
	if j.until.IsZero() && j.due {
		j.due, j.ready = false, false
		s.ended(j)
	}
	if j.until.IsZero() {
		s.release(j)
	}
	s.look(j)
}

// letGo forgets a job that is done, so that a run holds no more of what it has done than
// the state does. It stays where webhooks may still tell of its submits, or
// postconditions may judge it anew.
func (s *scheduler) letGo(j *job) {
	if _, rests := s.rests[j]; rests || j.busy || !j.action.Kind.Pays() || j.action.Guarded() || s.run.opts.CallbackURL != "" {
		return
	}
	var end Summary
	if end.addJob(j); end.Done == 1 {
		s.jobs[j.seq] = nil
		j.action.Forget()
		s.run.tally(func(sum *Summary) { sum.Done++ })
	}
}

// ended tells what came of a job.
func (s *scheduler) ended(j *job) {
	switch {
	case j.skipped != nil && !j.collecting:
		s.skipped(j)
	case j.adopting: // cut off before its task was recorded
	case j.record.Status == state.Succeeded:
		s.countResult(j)
		s.undelivered[j.action.Address] = true
		s.enqueueResult(j)
		if j.declared && !j.action.Guarded() {
			s.resulted(j)
		}
	case j.record.Status == state.Failed:
		s.failed(j)
	case j.record.Status == state.InDoubt:
		s.run.countDoubt(*j.record)
		s.withoutResult(j)
	}
}

// countResult counts a success, unless postconditions have still to judge it.
func (s *scheduler) countResult(j *job) {
	if j.declared && j.action.Guarded() {
		j.queue.proven = true
		return
	}
	s.countSuccess(j)
}

// countSuccess, countFailure and countDoubt tell the breaker how a task ended.
func (s *scheduler) countSuccess(j *job) {
	s.run.breaker.succeeded()
	j.queue.proven = true
}

func (r *run) countFailure(f *task.Failure) {
	if why, halt := r.breaker.failed(f); halt {
		r.halt(why)
	}
}

func (r *run) countDoubt(doubt state.Record) {
	if why, halt := r.breaker.doubted(doubt.Nonce); halt {
		r.halt(why)
	}
}

func (r *run) halt(why string) {
	r.pull(task.Halted, why)
	if r.breaker.Now {
		r.leave()
	}
}

// failed deals with a task that failed: one of an earlier request makes room for
// the declared one, unless nobody knows what became of it.
func (s *scheduler) failed(j *job) {
	f := j.record.Failure
	s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: *j.record, Detail: f.Message})
	s.run.countFailure(f)
	if j.collecting && j.submits() && f.Reason != task.Lost {
		// Also where the task was an earlier one of its request, taken back: the next
		// submit is another's, so the record is superseded once more.
		j.collecting, j.released, j.declared = false, false, false
		s.release(j)
		return
	}
	s.withoutResult(j)
}

// delivered takes a job back whose files were fetched, or were not. Where a paid
// result of an earlier request may still be had, it is given up for a new one only
// if -replace asks.
func (s *scheduler) delivered(j *job) {
	j.busy = false
	a, f := j.action.Address, j.record.Failure
	rejected := s.delivers(j)
	switch {
	case rejected:
		s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: *j.record, Detail: j.record.Failure.Message})
	case j.record.Complete():
		s.run.emit(Event{Kind: Saved, Address: j.record.Address, Record: *j.record})
	case f != nil:
		s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: *j.record, Detail: f.Message})
	default:
		return // interrupted: the rest of the job, and those that wait for it, are left
	}
	delete(s.undelivered, a)
	s.wake(s.forFiles, a)
	s.judgeAgain(a)
	if !j.collecting || !j.submits() {
		return
	}
	switch {
	case j.record.Complete(), f != nil && (f.Reason == task.Expired || j.action.Reason == plan.Requested):
		j.collecting = false
		s.release(j)
	case f != nil:
		s.withoutResult(j)
	}
}
