package runner

import (
	"fmt"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// job is one action while it is carried out. It belongs to the scheduler, and
// to a worker from the moment it is handed over until it is reported back.
type job struct {
	action *plan.Action
	seq    int // the action's place in the plan
	// record is the newest on disk, or what the first commit will be made from.
	record state.Record
	// request and price are those of the submits to come.
	request task.Request
	price   plan.Price
	body    []byte // the request's input as it is sent
	// prior is set while an earlier request's task is collected first.
	prior bool
	// skipped is set if nothing will be submitted, and says why.
	skipped  *task.Failure
	accepted int // submits in this run
	waits    int // results, or files, that the input still needs
}

// pays reports whether the job goes on to submit.
func (j *job) pays() bool { return j.action.Kind.Pays() }

// evaluate makes the job's request from the results that have come. ready is
// false if something is still missing.
func (j *job) evaluate(lookup func(task.Address) (task.Outcome, bool)) (ready bool, err error) {
	eval, err := j.action.Evaluate(lookup)
	if err != nil || !eval.Known {
		return false, err
	}
	j.request, j.price = eval.Request, j.action.PriceOf(eval)
	return true, nil
}

// prepare sets the record that the first submit will be made from. A task of
// an earlier request that is paid for and not all here is collected first.
func (j *job) prepare() {
	prior := j.action.Prior
	if prior == nil {
		j.record = state.Record{Address: j.action.Address, Status: state.Pending}
		j.setRequest()
		return
	}
	j.record = *prior
	switch {
	case prior.Status == state.Running,
		prior.Status == state.Succeeded && !prior.Complete() && prior.Failure == nil:
		j.prior = true
	default:
		j.supersede()
	}
}

// unchanged reports whether the request, known at last, turned out to be the
// one that the record has a result for.
func (j *job) unchanged() bool {
	prior := j.action.Prior
	return j.action.Kind == plan.Regenerate && j.action.Reason == plan.InputChanged && prior != nil &&
		prior.Fingerprint == j.request.Fingerprint() &&
		(prior.Status == state.Running || prior.Status == state.Succeeded)
}

// supersede turns the record into that of the job's request. What was accepted
// under it before moves into its past.
func (j *job) supersede() {
	next := j.record
	next.Past = withPast(next)
	next.Status = state.Pending
	next.Failure, next.Doubt, next.Result, next.Artifacts, next.RefreshedURLs = nil, nil, nil, nil, nil
	next.TaskID, next.Nonce = "", ""
	next.Address = j.action.Address
	if next.Fingerprint != j.request.Fingerprint() || j.action.Reason == plan.Requested {
		next.Attempt, next.Repeats = 0, 0
	}
	j.record, j.prior = next, false
	j.setRequest()
}

func (j *job) setRequest() {
	j.record.Request, j.record.Fingerprint = j.request, j.request.Fingerprint()
}

// skip ends the job before a submit.
func (j *job) skip(reason task.Reason, format string, args ...any) {
	j.skipped = &task.Failure{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// withPast appends the record's own submit to its past, if it was accepted.
// One that was kept after a 5xx is there already.
func withPast(r state.Record) []state.Past {
	past := r.Past[:len(r.Past):len(r.Past)]
	if r.TaskID == "" {
		return past
	}
	return append(past, state.Past{
		Nonce: r.Nonce, TaskID: r.TaskID, Fingerprint: r.Fingerprint, Status: r.Status, Cost: r.Cost,
		SubmittedAt: r.SubmittedAt, FinishedAt: r.FinishedAt,
		Result: r.Result, Failure: r.Failure, Artifacts: r.Artifacts,
	})
}
