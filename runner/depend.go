package runner

import (
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// admit starts a job's first part, and finds out what its second waits for. What
// is paid for is collected whatever the rest of the job waits for.
func (s *scheduler) admit(j *job) {
	if j.action.Import != "" {
		j.adopting = true
	} else if j.action.Collects() {
		j.collecting = true
		s.undelivered[j.action.Address] = true
		s.collect(j)
	}
	if !j.submits() && !j.adopting {
		return
	}
	for _, upstream := range j.action.Instance.DependsOn {
		if _, known := s.outcomes[upstream]; !known {
			j.waits++
			s.forResult[upstream] = append(s.forResult[upstream], j)
		}
	}
}

// collect polls a task that runs, and fetches the files of one that is done.
func (s *scheduler) collect(j *job) {
	j.due = true
	if j.record.Status == state.Running {
		s.enqueue(j)
	} else {
		s.enqueueResult(j)
	}
}

// release takes a job to its second part, once the first is over and all that
// its input uses has come: it is evaluated and queued.
func (s *scheduler) release(j *job) {
	if j.waits > 0 || j.collecting || j.busy || j.released || !j.submits() && !j.adopting {
		return
	}
	ready, err := j.evaluate(s.lookup)
	j.released = err != nil || ready
	switch {
	case err != nil:
		j.skip(task.InvalidInput, "%v", err)
		s.skipped(j)
	case !ready:
		s.awaitFiles(j)
	case j.adopting:
		j.adopt()
		j.due = true
		s.enqueue(j)
	case j.unchanged():
		j.declared = true
		if !j.action.Guarded() {
			s.resulted(j)
		} else if s.delivers(j) {
			s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: *j.record, Detail: j.record.Failure.Message})
		}
	case s.restore(j):
	case j.hopeless():
		j.declared = true
		s.withoutResult(j)
	case j.exhausted():
		j.skip(task.BudgetReached, "the saved plan allows %d attempts, and they are used up; a new plan allows more", j.action.Instance.MaxAttempts)
		s.skipped(j)
	case s.prevented(j), !s.affordable(j):
		s.skipped(j)
	default:
		j.ready, j.due = true, true
		s.enqueue(j)
	}
}

// affordable holds the price that is known now against what was approved: the
// plan may have had to guess at an input that uses other results.
func (s *scheduler) affordable(j *job) bool {
	opts, approved := s.run.opts, j.action.Price
	bounded := opts.Budget != nil || opts.RunBudget != nil
	switch {
	case !j.price.Known && bounded && !opts.AllowUnpriced:
		j.skip(task.BudgetReached, "there is a budget, and nobody knows the price of this input")
		return false
	case approved.Known && !j.price.Known:
		j.skip(task.BudgetReached, "with the results that it uses nobody knows its price, and %s was approved; a new plan shows it", approved.High)
		return false
	case approved.Known && j.price.High > approved.High:
		j.skip(task.BudgetReached, "with the results that it uses it costs %s, and %s was approved; a new plan shows it", j.price.High, approved.High)
		return false
	}
	return true
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
		s.skipped(j)
	}
}

// resulted publishes a job's result, which wakes those that wait for it.
func (s *scheduler) resulted(j *job) {
	s.run.outlook.drop(j.action.Address)
	s.publish(j.action.Address, *j.record)
	s.wake(s.forResult, j.action.Address)
}

// neededResults are the instances whose results expressions may need: also where it
// is an input that uses them, and another that uses the input.
func neededResults(p *plan.Plan) map[task.Address]bool {
	needed := make(map[task.Address]bool)
	for i := range p.Actions {
		if instance := p.Actions[i].Instance; instance != nil {
			for _, upstream := range instance.DependsOn {
				needed[upstream] = true
			}
		}
	}
	return needed
}

// publish lets expressions see the record's outcome, if any use it.
func (s *scheduler) publish(a task.Address, r state.Record) {
	if outcome, ok := r.Outcome(); ok && s.needed[a] {
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
		j.waits--
		s.release(j)
	}
}

// skipped tells of a job that will not submit, and ends those that use it.
func (s *scheduler) skipped(j *job) {
	s.run.emit(Event{Kind: Skipped, Address: j.action.Address, Detail: j.skipped.Message})
	s.withoutResult(j)
}

// withoutResult ends all jobs that use the result of one that has none.
func (s *scheduler) withoutResult(j *job) {
	s.run.outlook.drop(j.action.Address)
	dependents := s.forResult[j.action.Address]
	delete(s.forResult, j.action.Address)
	for _, dependent := range dependents {
		if dependent.skipped == nil {
			dependent.skip(task.DependencyFailed, "uses %s: %s", j.action.Address, j.cause())
			s.skipped(dependent)
		}
	}
}

// usable reports whether others may use the result of an action's record at once.
// One that postconditions judge is used once its files are on disk.
func usable(a *plan.Action) bool {
	return declaredResult(a) && a.Prior != nil && (a.Kind == plan.Keep || !a.Guarded())
}

// declaredResult reports whether the record of an action holds the result of
// the request that is declared, so that others may use it.
func declaredResult(a *plan.Action) bool {
	return a.Kind == plan.Collect || a.Kind == plan.Keep && a.Reason == plan.UpToDate
}
