package runner

import (
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

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

// release evaluates a job whose upstream results have all come, and queues it.
func (s *scheduler) release(j *job) {
	ready, err := j.evaluate(s.lookup)
	switch {
	case err != nil:
		j.skip(task.InvalidInput, "%v", err)
		s.run.emit(Event{Kind: Skipped, Address: j.action.Address, Detail: j.skipped.Message})
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
	var without task.Address // one whose files will not come
	for _, upstream := range j.action.Instance.DependsOn {
		switch {
		case s.undelivered[upstream]:
			j.waits++
			s.forFiles[upstream] = append(s.forFiles[upstream], j)
		case s.outcomes[upstream].Files == nil:
			without = upstream
		}
	}
	if j.waits == 0 {
		j.skip(task.DependencyFailed, "uses the files of %s, which are not on disk", without)
		s.run.emit(Event{Kind: Skipped, Address: j.action.Address, Detail: j.skipped.Message})
		s.skipDependents(j)
	}
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
