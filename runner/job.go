package runner

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/pace"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// job is one action while it is carried out. It belongs to the scheduler, and
// to a worker from the moment it is handed over until it is reported back.
//
// A job has up to two parts: it collects what an earlier run left running or
// not on disk, and it submits. An action that pays and whose address has a task
// of an earlier request running has both, in this order.
type job struct {
	action *plan.Action
	seq    int // its place among the jobs, which are in plan order
	// path is how long the job, and the longest chain of jobs that wait for it, will
	// take; 0 where that does not order them.
	path time.Duration
	// record is the newest on disk, or what the first commit will be made from: at first
	// the plan's own, so it is replaced and never changed.
	record *state.Record
	// collecting is the first part. What comes of it is not the result of the
	// declared request, unless the action is a Collect.
	collecting bool
	// declared: the record is that of the declared request.
	declared bool
	// adopting: the task of an import block is still to be asked for and recorded.
	adopting bool
	repeats  bool // its next submit repeats one that ended in a 5xx
	unasked  bool // it is sent without the callback URL, to see whether that is bad
	slot     bool // it holds one of the parallelism; the scheduler's
	// request, price and body are those of the submits to come; request and price are
	// nil before they are known, and the plan's own where that knew them.
	request *task.Request
	price   *plan.Price
	body    []byte // the request's input as it is sent
	// triggers is what the record of the submits keeps of replace_triggered_by.
	triggers string
	// skipped is set if nothing will be submitted, and says why.
	skipped *task.Failure
	// givenUp is the record as the state has it while its doubt is about to be
	// given up for a new submit; nil otherwise.
	givenUp *state.Record
	former  []string     // nonces of submits of earlier runs without a task
	sent    []counted    // its submits in this run
	ticket  *pace.Ticket // of its latest submit in this run; nil before
	bell    *bell        // what deliveries say of its submits; nil before the first
	queue   *queue       // that it started from

	working  chan<- progress // to the scheduler; nil once the slot is free
	earlier  int             // submits that were accepted under the same saved plan before
	accepted int             // submits in this run
	doubted  int             // submits in this run that were in doubt, and given up
	waits    int             // results, or files, that the input still needs

	begun      bool // its turn has come, which was told
	released   bool // its second part is due, or over
	ready      bool // a submit may follow
	busy       bool // the scheduler's: it is queued, or somebody works on it
	due        bool // what comes of it is still to be told
	detached   bool // the run has given up waiting for its task, which runs on
	obstructed bool // another file is in the way of its result
	rest            // for what deliveries may tell
	// pastLooks are by the nonce of an earlier submit.
	pastLooks map[string]*suspicion
}

func newJob(a *plan.Action, seq, earlier int) *job {
	j := &job{action: a, record: priorOf(a), seq: seq, earlier: earlier, declared: declaredResult(a)}
	if a.Kind == plan.Doubtful { // a delivery may tell what came of it
		j.declared = a.Eval.Known && j.asksFor(*a.Prior)
	}
	return j
}

// noRecord is that of an instance without one.
var noRecord = new(state.Record)

func priorOf(a *plan.Action) *state.Record { return cmp.Or(a.Prior, noRecord) }

// planned reports whether the plan has anything to do for the job. The others are there
// for what deliveries may tell.
func (j *job) planned() bool { return j.action.Kind.Pays() || j.action.Collects() }

// stored is the job's record as the state has it, or would have it if it could be
// written.
func (j *job) stored() *state.Record {
	if j.givenUp != nil {
		return j.givenUp
	}
	return j.record
}

// submits reports whether the job has a part that submits, still to come.
func (j *job) submits() bool { return j.action.Kind.Pays() && j.skipped == nil }

// model is that of the task which runs, else of the one to submit.
func (j *job) model() string {
	if j.record.Status == state.Running {
		return j.record.Request.Model
	}
	return j.action.Model()
}

// clear is the request with its sensitive values in the clear: that of the submits,
// or of the plan where the job only collects.
func (j *job) clear() task.Request {
	if j.request != nil {
		return *j.request
	}
	return j.action.Eval.Request
}

// evaluate makes the job's request from the results that have come: of those that
// the plan knew, the request stays what it was, as results never change. ready is
// false if something is still missing.
func (j *job) evaluate(lookup func(task.Address) (task.Outcome, bool)) (ready bool, err error) {
	if eval := j.action.Eval; eval.Known {
		j.request, j.price = &eval.Request, &j.action.Price
	} else {
		eval, err := j.action.Evaluate(lookup)
		if err != nil || !eval.Known {
			return false, err
		}
		j.request, j.price = &eval.Request, new(j.action.PriceOf(eval))
	}
	j.triggers = j.action.TriggersText(lookup)
	return true, nil
}

// unchanged reports whether the request, known at last, is the one that the
// record has a result for.
func (j *job) unchanged() bool {
	return j.action.Reason != plan.Requested && j.record.Status == state.Succeeded &&
		j.asksFor(*j.record) && !plan.Outdated(j.record.Triggers, j.triggers)
}

// asksFor reports whether a record is of the declared request, or of one that
// differs in nothing but what lifecycle.ignore_changes names.
func (j *job) asksFor(r state.Record) bool {
	declared := j.clear()
	return j.action.Instance != nil && declared.Model != "" &&
		(r.Fingerprint == declared.Fingerprint() || j.action.Instance.Lifecycle.Ignores(r.Request, declared))
}

// hopeless reports whether the request, known at last, is the one that the record
// has failed with for good.
func (j *job) hopeless() bool {
	return j.action.Reason != plan.Requested && j.record.Status == state.Failed &&
		!j.record.Failure.Retryable && j.record.Fingerprint == j.request.Fingerprint()
}

// supersede turns the record into that of the job's request. What was, or may
// have been, accepted under it before moves into its past.
func (j *job) supersede() {
	j.repeats = false
	next := *j.record
	if next.Status == state.InDoubt {
		j.givenUp = j.record
	}
	next.Address, next.Status, next.Past = j.action.Address, state.Pending, withPast(*j.record)
	next.Failure, next.Doubt, next.Result, next.Artifacts, next.RefreshedURLs = nil, nil, nil, nil, nil
	next.TaskID, next.Nonce = "", ""
	if print := j.request.Fingerprint(); next.Fingerprint != print || j.action.Reason == plan.Requested && j.accepted == 0 {
		next.Attempt, next.Repeats = 0, 0
	}
	if j.record.Status == state.Failed {
		next.Repeats = 0 // a further attempt has its own
	}
	next.Request, next.Fingerprint, next.Triggers = *j.request, j.request.Fingerprint(), j.triggers
	j.record, j.declared = &next, true
}

// skip ends the job before a submit.
func (j *job) skip(reason task.Reason, format string, args ...any) {
	j.skipped = &task.Failure{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// cause says in a few words why a job has no result.
func (j *job) cause() string {
	switch {
	case j.skipped != nil && j.skipped.Reason == task.Rejected:
		return "a precondition is false"
	case j.skipped != nil:
		return "skipped"
	case j.record.Status == state.InDoubt:
		return "in doubt"
	case j.record.Failure != nil:
		return j.record.Failure.Kind()
	default:
		return "no result"
	}
}

// withPast appends the record's own submit to its past, if it was accepted or
// is in doubt. One that was kept after a 5xx is there already.
func withPast(r state.Record) []state.Past {
	past, own := slices.Clip(r.Past), r.AsPast()
	switch {
	case r.Status == state.InDoubt:
		own.FinishedAt = time.Now() // given up
	case r.TaskID == "":
		return past
	}
	return append(past, own)
}
