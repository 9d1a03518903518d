package plan

import (
	"path"
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
	// Eval is the instance's input as far as the plan knew it; empty for an Orphan, and
	// after Forget.
	Eval *spec.Evaluation
	// Prior is the record that the instance goes on from, nil if there is none.
	// Its Address differs from the Action's after a rename.
	Prior *state.Record
	// Reason is one of the closed set below; Detail explains it in one clause.
	Reason Reason
	Detail string
	// Price of one attempt; zero unless the Kind pays.
	Price Price
	// LeftOutBy and Otherwise are set if the Reason is LeftOut: by what, and the
	// Kind that the action would have. LeftOutWith is set if it is left out
	// because it uses that instance.
	LeftOutBy   Omission
	LeftOutWith *task.Address
	Otherwise   Kind
	// Import is the ID of a task that was bought elsewhere and becomes the
	// instance's; "" for none.
	Import string
	// Amended: Prior is the record as it is to be written, with what the plan has
	// found out about it. Judged: that is another verdict of the postconditions.
	Amended, Judged bool
	// Restored: Prior is the record as it is to be written, with an earlier result
	// as its own again, since the input is that of then.
	Restored bool
	// Dropped: the record leaves the state, as a removed block asks.
	Dropped bool
	// NeededBy is set if the selection does not choose the instance and it is
	// bought for one that is chosen, or that is needed itself.
	NeededBy *task.Address

	*settings
}

// settings are what all actions of a plan are made with.
type settings struct {
	catalog *catalog.Catalog
	models  map[string]spec.ModelSettings // the model blocks, by ID
	mask    spec.Mask
	prefix  string // of output paths
}

// Model is the ID of the model that the action is about.
func (a *Action) Model() string {
	if a.Instance != nil {
		return a.Instance.Model
	}
	return a.Prior.Request.Model
}

// was is the status of the action's record, Pending if it has none.
func (a *Action) was() state.Status {
	if a.Prior == nil {
		return state.Pending
	}
	return a.Prior.Status
}

// InDoubt reports whether the action stands for a submit whose outcome is not
// known, be its instance declared or not.
func (a *Action) InDoubt() bool {
	return a.Kind == Doubtful ||
		a.Kind == Orphan && (a.Prior.Status == state.InDoubt || a.Prior.Status == state.Submitting)
}

// unusable names the action as one whose result others wait for in vain.
func (a *Action) unusable() string {
	if a.InDoubt() {
		return a.Address.String() + ", which is in doubt"
	}
	return a.Address.String() + ", which has no result to come"
}

// Collects reports whether the action polls or downloads what was paid before,
// be it for a request that has changed since, or that is blocked.
func (a *Action) Collects() bool {
	return a.Kind == Collect || a.Prior != nil && collectable(a.Prior)
}

// Earlier are the earlier tasks of the action's record that are paid for and run still,
// or have files to fetch. They are collected beside what the action says.
func (a *Action) Earlier() (tasks []state.Past) {
	if a.Prior == nil {
		return nil
	}
	for _, p := range a.Prior.Past {
		if p.Uncollected() {
			tasks = append(tasks, p)
		}
	}
	return tasks
}

// Evaluate evaluates the instance's input again, with what has become known.
func (a *Action) Evaluate(lookup spec.Lookup) (*spec.Evaluation, error) {
	return a.Instance.Evaluate(lookup, a.mask)
}

// noInput is the Eval of what has none, and not to be changed.
var noInput = new(spec.Evaluation)

// Forget lets go of the action's Eval, once it is done and nobody evaluates it at the
// same time: a run that has done many tasks would hold it for each.
func (a *Action) Forget() {
	a.Eval = noInput
	a.Instance.Forget()
}

// PriceOf prices an evaluation of the action's input.
func (a *Action) PriceOf(eval *spec.Evaluation) Price {
	return a.newPricer(a.Model()).price(eval)
}

// Timing is when to ask for a task.
type Timing struct {
	Poll catalog.Poll
	// PollSet: a file sets Poll, and nothing that is learned moves it.
	PollSet bool
	Usual   catalog.Span
	Timeout time.Duration // after acceptance, to go on waiting
}

// Timing says when to ask for a task of the given model, which an earlier request
// may have named.
func (a *Action) Timing(model string) Timing {
	if i := a.Instance; i != nil && i.Model == model {
		return Timing{i.Poll, i.PollSet, i.Usual, i.Timeout}
	}
	if m, known := a.catalog.Lookup(model); known {
		return Timing{m.Schedule(), false, m.Usual(), m.GiveUp()}
	}
	return Timing{catalog.DefaultPoll(catalog.Image), false, catalog.Usual(""), catalog.GiveUp(catalog.Video)}
}

// OutputPaths are where the files of the result go, one for each extension,
// relative to the configuration's directory, with slashes.
func (a *Action) OutputPaths(exts []string) (paths []string, err error) {
	if a.Instance == nil {
		paths = spec.DefaultOutputPaths(a.Address, exts)
	} else if paths, err = a.Instance.OutputPaths(exts); err != nil {
		return nil, err
	}
	for i := range paths {
		paths[i] = path.Join(a.prefix, paths[i])
	}
	return paths, nil
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
	// Note is what to know about the price: that sources contradict each other, or
	// why those that there are say nothing. "" for nothing.
	Note string
}

// Reason says why an instance needs its action. The set is closed.
type Reason string

const (
	New              Reason = "new"               // never submitted
	InputChanged     Reason = "input_changed"     // Detail names the fields
	Requested        Reason = "requested"         // by -replace
	RetryableFailure Reason = "retryable_failure" // Detail has the failure and the attempt
	Triggered        Reason = "triggered"         // replace_triggered_by; Detail names the instance
	Imported         Reason = "import"            // an import block; Detail has the task ID
	Interrupted      Reason = "interrupted"       // refused or stopped before anything was accepted
	StillRunning     Reason = "running"           // accepted, no terminal answer yet
	ResultMissing    Reason = "result_missing"    // paid, and not all files on disk
	FailedForGood    Reason = "failed"            // Detail has the failure
	Rejected         Reason = "rejected"          // paid and on disk, and a postcondition is false; Detail says which
	UpstreamBlocked  Reason = "dependency_failed" // Detail names the instance
	OutcomeUnknown   Reason = "in_doubt"          // Detail has the doubt
	Resubmission     Reason = "resubmit"          // in doubt, and on_in_doubt asks to submit again
	GivenUp          Reason = "given_up"          // in doubt once, and resolve -resubmit gave that up
	NotDeclared      Reason = "not_declared"      // the record stays
	Removed          Reason = "removed"           // not declared, and a removed block drops the record
	UpToDate         Reason = "up_to_date"
	LeftOut          Reason = "left_out" // neither bought nor called blocked; LeftOutBy and Detail say why
)
