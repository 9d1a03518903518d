package plan

import (
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Kind is what apply does with an instance; its rune is the symbol in a plan.
type Kind rune

const (
	Submit     Kind = '+' // never submitted
	Regenerate Kind = '~' // the request changed since it was submitted, or -replace asks
	Retry      Kind = '*' // failed retryably
	Collect    Kind = '>' // running, or succeeded and not all on disk: already paid
	Blocked    Kind = '!' // failed for good with an unchanged request, or uses one that did
	Doubtful   Kind = '?' // a submit whose outcome is not known: waits for resolve
	Orphan     Kind = '-' // no longer declared; what runs is still collected
	Keep       Kind = '=' // nothing to do
)

// Pays reports whether the action submits a task.
func (k Kind) Pays() bool { return k == Submit || k == Regenerate || k == Retry }

// Action is what apply does with one instance, or with a record that no
// instance claims, and why.
type Action struct {
	Kind    Kind
	Address task.Address
	// Instance is nil for an Orphan.
	Instance *spec.Instance
	// Eval is the instance's input as far as the plan knew it.
	Eval spec.Evaluation
	// Prior is the record that the instance goes on from, nil if there is none.
	// Its Address differs from the Action's after a rename.
	Prior *state.Record
	// Reason is one of the closed set below; Detail explains it in one clause.
	Reason Reason
	Detail string
	// Price of one attempt; zero unless the Kind pays.
	Price Price
}

// Moved is the address that the record had before, if the action renames it.
func (a Action) Moved() (from task.Address, moved bool) {
	if a.Prior == nil || a.Kind == Orphan || a.Prior.Address == a.Address {
		return task.Address{}, false
	}
	return a.Prior.Address, true
}

// Price is what one attempt costs.
type Price struct {
	Low, High task.Cost // equal if the price is exact; High is what is reserved
	Known     bool      // false: nobody knows, which is not $0
}

// Reason says why an instance needs its action. The set is closed.
type Reason string

const (
	New              Reason = "new"               // never submitted
	InputChanged     Reason = "input_changed"     // Detail names the fields
	Requested        Reason = "requested"         // by -replace
	RetryableFailure Reason = "retryable_failure" // Detail has the failure and the attempt
	Interrupted      Reason = "interrupted"       // refused or stopped before anything was accepted
	StillRunning     Reason = "running"           // accepted, no terminal answer yet
	ResultMissing    Reason = "result_missing"    // paid, and not all files on disk
	FailedForGood    Reason = "failed"            // Detail has the failure
	UpstreamBlocked  Reason = "dependency_failed" // Detail names the instance
	OutcomeUnknown   Reason = "in_doubt"          // Detail has the doubt
	NotDeclared      Reason = "not_declared"      // the record stays
	UpToDate         Reason = "up_to_date"
)
