package plan

import (
	"cmp"
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Verdict is what the postconditions say of a result whose files are all on disk:
// nil if they hold. Where they need what is not known now, known is false and the
// recorded verdict stands.
func (a *Action) Verdict(r *state.Record, lookup spec.Lookup) (failure *task.Failure, known bool) {
	return verdictOf(a.Instance, r, lookup)
}

// Unjudged is the verdict on a result of which nobody could say yet whether its
// postconditions hold: it is not used before.
func Unjudged() *task.Failure {
	return &task.Failure{Reason: task.Rejected, Message: "its postcondition cannot be evaluated yet: it needs a result, or files, that are not there"}
}

// Guarded reports whether results are judged before others may use them.
func (a *Action) Guarded() bool {
	if a.Instance == nil {
		return false
	}
	_, after := a.Instance.Guarded()
	return after
}

func verdictOf(instance *spec.Instance, r *state.Record, lookup spec.Lookup) (failure *task.Failure, known bool) {
	if _, guarded := instance.Guarded(); !guarded {
		return nil, true
	}
	outcome, _ := r.Outcome()
	finished := spec.Finished{Outcome: outcome}
	saved := slices.SortedFunc(slices.Values(r.Artifacts), func(a, b state.Artifact) int { return cmp.Compare(a.Index, b.Index) })
	for _, artifact := range saved {
		finished.Saved = append(finished.Saved, spec.File{Path: artifact.Path, Bytes: artifact.Bytes, SHA256: artifact.SHA256})
	}
	why, known := instance.Postconditions(lookup, finished)
	switch {
	case why != "":
		return &task.Failure{Reason: task.Rejected, Message: why}, true
	case !known:
		return recordedVerdict(r), false
	default:
		return nil, true
	}
}

// recordedVerdict is the one that was written down; nil if the result is used.
func recordedVerdict(r *state.Record) *task.Failure {
	if r.Failure != nil && r.Failure.Reason == task.Rejected {
		return r.Failure
	}
	return nil
}

// verdict is what the postconditions say of the slot's record, which is of the
// declared request and has succeeded; nil as long as not all files were saved.
func (d *decision) verdict(s *slot) *task.Failure {
	if !s.record.Complete() {
		return nil
	}
	failure, known := verdictOf(s.instance, s.record, d.matching.outcome)
	if !known && failure == nil && d.lacksResult(s.instance) {
		return Unjudged()
	}
	return failure
}

// lacksResult reports whether something that the instance uses has no result, not
// even one that is to be replaced: so its own result was never judged.
func (d *decision) lacksResult(instance *spec.Instance) bool {
	return slices.ContainsFunc(instance.DependsOn, func(a task.Address) bool {
		r := d.matching.slots[d.matching.index[a]].record
		return r == nil || r.Status != state.Succeeded || !r.Complete()
	})
}

// amend writes into the action's record what the plan has found out about it: the
// verdict of postconditions that have changed, and what triggers count from.
func (d *decision) amend(a *Action, s *slot) {
	if a.Prior == nil || !s.same || !holdsResult(a.Prior) {
		return
	}
	next := *a.Prior
	if a.Kind == Keep || a.Reason == Rejected {
		next.Failure, a.Judged = d.rejudge(s)
	}
	if baseline := d.matching.baseline(s); next.Triggers != baseline && s.eval.Known && a.Kind != Regenerate {
		next.Triggers, a.Amended = baseline, true
	}
	if s.restored {
		a.Restored, a.Amended = true, true
		earlier := "task " + next.TaskID + " was bought for this input earlier"
		if len(next.Artifacts) > 0 {
			earlier += ", and is in " + joinPaths(next.Artifacts)
		}
		earlier += displacedDetail(&next)
		if a.Kind != Keep {
			earlier = a.Detail + "; " + earlier
		}
		a.Detail = earlier
	}
	if a.Amended = a.Amended || a.Judged; a.Amended {
		a.Prior = &next
	}
}

// rejudge is the record's failure with the verdict of today.
func (d *decision) rejudge(s *slot) (failure *task.Failure, differs bool) {
	before, now := recordedVerdict(s.record), d.verdict(s)
	switch {
	case before == nil && now == nil, before != nil && now != nil && *before == *now:
		return s.record.Failure, false
	default:
		return now, true
	}
}
