package plan

import (
	"slices"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// collectAll makes a plan collect all that is paid for and not on disk.
func (p *Plan) collectAll(missing map[string]bool) {
	for i := range p.Actions {
		p.Actions[i].collect(missing)
	}
}

// collect makes the action collect what its record stands for, if that is paid for
// and not all on disk: be it of an earlier request, or not declared any more.
func (a *Action) collect(missing map[string]bool) {
	if a.Prior == nil || !collectable(a.Prior) && !gone(a.Prior, missing) {
		return
	}
	a.Kind = Collect
	if r := a.Prior; r.Status == state.Running {
		a.Reason, a.Detail = StillRunning, "paid for and running, task "+r.TaskID
	} else {
		a.Reason, a.Detail = ResultMissing, absentDetail(absent(r, missing), len(r.Result.URLs))
	}
	a.LeftOutBy, a.Otherwise = "", 0
}

// gone reports whether a file of a result was saved, is not on disk any more, and
// can perhaps be had again.
func gone(r *state.Record, missing map[string]bool) bool {
	lost := r.Failure != nil && r.Failure.Reason == task.Expired
	return r.Status == state.Succeeded && !lost &&
		slices.ContainsFunc(r.Artifacts, func(a state.Artifact) bool { return missing[a.Path] })
}
