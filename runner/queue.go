package runner

import "apixo-batch/state"

// queue holds the ready jobs of one model.
type queue struct {
	jobs   []*job
	active int
	limit  int // of tasks in flight; 0 for none
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
	j.queue = best
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
	model := j.model()
	q := s.queues[model]
	if q == nil {
		q = new(queue)
		s.queues[model] = q
	}
	if i := j.action.Instance; i != nil && i.Model == model {
		q.limit = i.MaxInFlight
	}
	at := len(q.jobs)
	for at > 0 && j.before(q.jobs[at-1]) {
		at--
	}
	q.jobs = append(q.jobs, nil)
	copy(q.jobs[at+1:], q.jobs[at:])
	q.jobs[at] = j
}
