package plan

import (
	"time"

	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
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

	catalog *catalog.Catalog
	mask    spec.Mask
	own     *catalog.Price // the price of the model block, nil if there is none
}

// Model is the ID of the model that the action is about.
func (a *Action) Model() string {
	if a.Instance != nil {
		return a.Instance.Model
	}
	return a.Prior.Request.Model
}

// Collects reports whether the action polls or downloads what was paid before.
func (a *Action) Collects() bool {
	return a.Kind == Collect || a.Kind == Orphan && collectable(a.Prior)
}

// Evaluate evaluates the instance's input again, with what has become known.
func (a *Action) Evaluate(lookup spec.Lookup) (spec.Evaluation, error) {
	return a.Instance.Evaluate(lookup, a.mask)
}

// PriceOf prices an evaluation of the action's input.
func (a *Action) PriceOf(eval spec.Evaluation) Price {
	return priceOf(a.catalog, a.own, a.Model(), eval)
}

// Poll is the schedule of status calls.
func (a *Action) Poll() catalog.Poll {
	if a.Instance != nil {
		return a.Instance.Poll
	}
	if m, known := a.catalog.Lookup(a.Model()); known {
		return m.Schedule()
	}
	return (&catalog.Model{Kind: catalog.Image}).Schedule()
}

// Timeout is how long after acceptance the run waits for a terminal answer.
func (a *Action) Timeout() time.Duration {
	if a.Instance != nil {
		return a.Instance.Timeout
	}
	if m, known := a.catalog.Lookup(a.Model()); known {
		return m.GiveUp()
	}
	return catalog.GiveUp(catalog.Video)
}

// OutputPaths are where the files of the result go, one for each extension,
// relative to the configuration's directory, with slashes.
func (a *Action) OutputPaths(exts []string) ([]string, error) {
	if a.Instance != nil {
		return a.Instance.OutputPaths(exts)
	}
	return spec.DefaultOutputPaths(a.Address, exts), nil
}

// Moved is the address that the record had before, if the action renames it.
func (a *Action) Moved() (from task.Address, moved bool) {
	if a.Prior == nil || a.Prior.Address == a.Address {
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
