package runner

import (
	"slices"
	"sort"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// unproven bounds the tasks in flight of a model that has not had a success: a
// request that can only fail is not bought as often as there is parallelism,
// before the first failure comes back.
const unproven = 32

// queue holds the ready jobs of one model.
type queue struct {
	model  string
	jobs   []*job
	active int
	left   map[string]bool // tasks, by nonce, that run on though nobody waits for them any more
	limit  int             // of tasks in flight; 0 for none
	proven bool            // a task of the model has succeeded, in this run or before
}

// hasRoom reports whether the queue's first job may start. What runs already is paid
// for: it waits for no more than that so many are watched at a time. What is to be
// submitted waits for the tasks too that are not.
func (q *queue) hasRoom() bool {
	inFlight, unsure := q.active, false
	if !q.jobs[0].free() {
		inFlight, unsure = q.active+len(q.left), !q.proven && q.active >= unproven
	}
	return !unsure && (q.limit == 0 || inFlight < q.limit)
}

// next takes the job that should start first, of a model that has room.
func (s *scheduler) next(submitting bool) *job {
	var best *queue
	for _, q := range s.queues {
		if len(q.jobs) == 0 || !q.hasRoom() {
			continue
		}
		if !submitting && !q.jobs[0].free() {
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
	best.jobs[0], best.jobs = nil, best.jobs[1:] // so that the array lets go of the job
	best.active++
	j.queue = best
	return j
}

// free reports whether the job begins with what costs nothing: its task runs, or it asks
// for one that a delivery named, or that is imported.
func (j *job) free() bool { return j.record.Status == state.Running || !j.ready || j.named }

// before orders jobs: what is free, then the longest path, then by their place in the
// plan.
func (j *job) before(other *job) bool {
	if a, b := j.free(), other.free(); a != b {
		return a
	}
	if j.path != other.path {
		return j.path > other.path
	}
	return j.seq < other.seq
}

func (s *scheduler) enqueue(j *job) {
	s.endRest(j)
	j.wake, j.busy = time.Time{}, true
	q := s.queue(j.model())
	at := sort.Search(len(q.jobs), func(i int) bool { return j.before(q.jobs[i]) })
	q.jobs = slices.Insert(q.jobs, at, j)
}

// enqueueResult puts a job in line to have its files fetched.
func (s *scheduler) enqueueResult(j *job) {
	j.busy = true
	s.results = append(s.results, j)
}

// queue gives the queue of a model.
func (s *scheduler) queue(model string) *queue {
	q := s.queues[model]
	if q == nil {
		q = &queue{model: model, left: make(map[string]bool), limit: s.limits[model].MaxInFlight, proven: s.run.opts.Halt.never() || s.proven[model]}
		s.queues[model] = q
	}
	return q
}

// provenModels are those that the state has a result of.
func provenModels(p *plan.Plan) map[string]bool {
	proven := make(map[string]bool)
	for i := range p.Actions {
		if r := p.Actions[i].Prior; r != nil && r.Status == state.Succeeded {
			proven[r.Request.Model] = true
		}
	}
	return proven
}
