package runner

import (
	"slices"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// delivers lets others use a result whose files were fetched, or were not: after
// its postconditions have judged it, where there are some. A rejected result is
// paid for and stays where it is, and those that use it are skipped.
func (s *scheduler) delivers(j *job) (rejected bool) {
	switch {
	case !j.declared:
	case !j.action.Guarded():
		s.publish(j.action.Address, *j.record)
	case j.record.Complete() && j.asksFor(*j.record):
		return s.judge(j)
	case j.record.Failure != nil:
		s.withoutResult(j)
	}
	return false
}

// judge lets the postconditions of a result decide whether others may use it. Where
// they need files that are still to come, those are waited for.
func (s *scheduler) judge(j *job) (rejected bool) {
	verdict, known := j.action.Verdict(j.record, s.lookup)
	if !known && s.awaitVerdict(j) {
		return false
	}
	if !known && verdict == nil {
		verdict = plan.Unjudged()
	}
	s.run.writeVerdict(j, verdict)
	if verdict != nil {
		if known {
			s.run.countFailure(verdict)
		}
		s.withoutResult(j)
		return true
	}
	if j.queue != nil {
		s.countSuccess(j)
	}
	s.resulted(j)
	return false
}

// awaitVerdict parks a job until the files of a result that it uses have come, or
// have not.
func (s *scheduler) awaitVerdict(j *job) bool {
	for _, upstream := range j.action.Instance.DependsOn {
		if s.undelivered[upstream] {
			s.forVerdict[upstream] = append(s.forVerdict[upstream], j)
			return true
		}
	}
	return false
}

// judgeAgain judges the results that waited for the files of another.
func (s *scheduler) judgeAgain(a task.Address) {
	waiting := s.forVerdict[a]
	delete(s.forVerdict, a)
	for _, j := range waiting {
		if s.judge(j) {
			s.run.emit(Event{Kind: Failed, Address: j.record.Address, Record: *j.record, Detail: j.record.Failure.Message})
		}
	}
}

// writeVerdict records what postconditions say, unless that is on disk already.
func (r *run) writeVerdict(j *job, verdict *task.Failure) {
	before := j.record.Failure
	if before == nil && verdict == nil || before != nil && verdict != nil && *before == *verdict {
		return
	}
	next := *j.record
	next.Failure = verdict
	r.record(j, next, "")
}

// prevented skips a job of which a precondition is false, now that all is known
// that it uses.
func (s *scheduler) prevented(j *job) bool {
	before, _ := j.action.Instance.Guarded()
	if !before {
		return false
	}
	err := j.action.Instance.Preconditions(s.lookup)
	if err != nil {
		j.skip(task.Rejected, "nothing was submitted: %v", err)
	}
	return err != nil
}

// amend writes down what the plan has found out about records: earlier results
// that are used again, the verdicts of postconditions that have changed, and what
// triggers count from.
func (r *run) amend(p *plan.Plan) error {
	var restored, judged []state.Record
	for i := range p.Actions {
		switch a := &p.Actions[i]; {
		case a.Restored:
			restored = append(restored, *a.Prior)
		case a.Amended:
			judged = append(judged, *a.Prior)
		}
	}
	for batch := range slices.Chunk(restored, movesPerCommit) {
		if err := r.commit(restoring(batch...)); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(judged, movesPerCommit) {
		if err := r.commit(state.Change{Op: "verdict", Put: batch}); err != nil {
			return err
		}
	}
	return nil
}

// restoring is the change by which records have earlier results as their own
// again. They begin anew: no status leads from a refusal or a failure to a result.
func restoring(records ...state.Record) state.Change {
	change := state.Change{Op: "restored", Put: records}
	for i := range records {
		change.Remove = append(change.Remove, records[i].Address)
	}
	return change
}

// restore makes an earlier result of the job's request, known at last, its
// record's own again. The job then collects what is not on disk of it.
func (s *scheduler) restore(j *job) bool {
	if j.action.Reason == plan.Requested {
		return false
	}
	next, found := j.action.Restore(j.record, *j.request, j.triggers)
	if !found {
		return false
	}
	// Where it cannot be written submitting ends, and the next run restores it again.
	_ = s.run.commit(restoring(next))
	j.record = &next
	j.declared, j.collecting = true, true
	s.undelivered[j.action.Address] = true
	s.collect(j)
	return true
}

// dropsPerCommit bounds the addresses of one commit, which is one line.
const dropsPerCommit = 5000

// drop takes the records out of the state that removed blocks name.
func (r *run) drop(p *plan.Plan) error {
	var gone []*plan.Action
	for i := range p.Actions {
		if p.Actions[i].Dropped {
			gone = append(gone, &p.Actions[i])
		}
	}
	for batch := range slices.Chunk(gone, dropsPerCommit) {
		change := state.Change{Op: "removed"}
		for _, a := range batch {
			change.Remove = append(change.Remove, a.Address)
		}
		if err := r.commit(change); err != nil {
			return err
		}
		for _, a := range batch {
			r.emit(Event{Kind: Dropped, Address: a.Address, Record: *a.Prior, Detail: "as a removed block says; its files stay"})
		}
	}
	return nil
}
