package runner

import (
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
		s.publish(j.action.Address, j.record)
	case j.record.Complete() && j.asksFor(j.record):
		verdict := j.action.Verdict(&j.record, s.lookup)
		s.run.writeVerdict(j, verdict)
		if verdict != nil {
			s.run.countFailure(verdict)
			s.withoutResult(j)
			return true
		}
		if j.queue != nil {
			s.countSuccess(j)
		}
		s.resulted(j)
	case j.record.Failure != nil:
		s.withoutResult(j)
	}
	return false
}

// writeVerdict records what postconditions say, unless that is on disk already.
func (r *run) writeVerdict(j *job, verdict *task.Failure) {
	before := j.record.Failure
	if before == nil && verdict == nil || before != nil && verdict != nil && *before == *verdict {
		return
	}
	next := j.record
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

// amend writes down what the plan has found out about records: the verdicts of
// postconditions that have changed, and what triggers count from.
func (r *run) amend(p *plan.Plan) error {
	var batch []state.Record
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Amended {
			batch = append(batch, *a.Prior)
		}
		if len(batch) == movesPerCommit || i == len(p.Actions)-1 && len(batch) > 0 {
			if err := r.commit(state.Change{Op: "verdict", Put: batch}); err != nil {
				return err
			}
			batch = nil
		}
	}
	return nil
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
	for len(gone) > 0 {
		batch := gone[:min(len(gone), dropsPerCommit)]
		gone = gone[len(batch):]
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
