package view

import (
	"context"
	"os"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// View shows what a command found and did: Human to people, JSON to programs,
// Annotations in a job of GitHub Actions, and Views through several of them.
type View interface {
	// Plan shows what an apply would do.
	Plan(Plan)
	// Explain shows all that the plan has to say about the instances of which is
	// true.
	Explain(plan Plan, of map[task.Address]bool)
	// Begin is called when a run of the plan starts.
	Begin(Plan)
	// Event shows one event of the run. It does not wait for whoever reads that.
	Event(runner.Event)
	// Follow shows how the run goes on until ctx ends, in the caller's goroutine;
	// all that was said by then is written when it returns. It comes between Begin
	// and Summary, and beside Event. resized tells that the terminal has another
	// size; it may be nil.
	Follow(ctx context.Context, resized <-chan os.Signal)
	// Summary shows what a run came to. It comes after the last Event.
	Summary(Summary)
	// Outputs shows the values of the configuration's output blocks.
	Outputs([]spec.Output)
	// Diagnostics shows errors and warnings about a configuration; sources give
	// the lines they point at.
	Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File)
	// Note tells people something that is no error: a warning, a hint.
	Note(text string)
	// Error shows why the command ends early.
	Error(text string)
}

// Plan is a plan and what its reader needs beside it.
type Plan struct {
	*plan.Plan
	Target    Target
	Operation string // "plan", "apply", "resume" or "download"
	Expand    bool   // list every instance but the unchanged
	// Listed are instances to list in any case, unchanged ones too.
	Listed map[task.Address]bool
	Now    time.Time

	// BaseURL is set if the configuration names it: that host receives the key.
	BaseURL, BaseURLFrom string
	// Catalog is the file that prices come from, "" for the program's own.
	Catalog string

	Budget    *task.Cost // for all runs of the state together; nil for none
	Committed task.Cost  // what earlier runs reserved and spent of it
	Reserved  task.Cost  // of Committed, what nobody knows to be charged
	RunBudget *task.Cost // for this run
	Balance   *task.Cost // what the key has left; nil if it is not known
	NoBalance string     // why it is not, if there is something to say

	// Saved is the file that the plan was saved to, or is applied from; nil
	// without one.
	Saved *SavedPlan
	// TimeLeft guesses how long the plan's run still takes, while it goes on; ok is
	// false as long as nothing is known to go by. Nil where nothing runs.
	TimeLeft func() (left time.Duration, ok bool)
}

// SavedPlan is a plan in a file.
type SavedPlan struct {
	Path    string
	Nonce   string
	Created time.Time
	Begun   time.Time // when its apply began; zero if it has not
}

// Summary is what a run came to, and what its reader needs beside it.
type Summary struct {
	runner.Summary
	Target    Target
	Operation string // "apply", "resume" or "download"
	Low, High task.Cost
	Results   string // the directory that holds all files of it, "" if there are none
	// Codes say what to do about a failure; nil says nothing.
	Codes *catalog.Catalog
	// Interrupted names the signal that ended the run, "" if none did.
	Interrupted string
	// Pending is set if something declared was not submitted: the next command
	// is then apply, not resume.
	Pending  bool
	ExitCode int
	// LeftOut counts the purchases that were left out; see plan.Totals.
	LeftOut map[plan.Omission]int
	// Outside are the instances that the selection does not choose: what runs of
	// them is collected, and nothing is tried again.
	Outside map[task.Address]plan.Omission
	// Evidence is what the balance says of the submits in doubt; nil without any.
	Evidence *runner.Evidence
	// Shortfall is what a run that a budget ended has left; nil after others.
	Shortfall *Shortfall
}
