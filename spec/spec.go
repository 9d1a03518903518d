package spec

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// Spec is a configuration, evaluated as far as it can be before any task has run.
type Spec struct {
	Dir       string // the configuration's directory; relative paths count from it
	Settings  Settings
	Models    map[string]ModelSettings // the model blocks, by ID
	Instances []*Instance              // dependencies first; within that, by file order, then by key, or as a list or matrix has them
	// Sources are the parsed files by name, for diagnostics.
	Sources map[string]*hcl.File
	// Digests are the SHA-256 sums (hexadecimal) of every file read, by path
	// relative to Dir. Files that inputs read are among them after Check.
	Digests map[string]string
	// Catalog is what the configuration was read with, and the fail codes of its
	// error blocks.
	Catalog *catalog.Catalog
	History History

	config *configuration
}

// Settings are those of the batch and apixo blocks, with their defaults.
type Settings struct {
	Parallelism int       // tasks in flight at the API at the same time, at least 1
	Budget      task.Cost // for this state, all runs together; meaningful if HasBudget
	HasBudget   bool
	BudgetFrom  hcl.Range // where the file sets it
	BaseURL     string    // "" unless the file sets it
	BaseURLFrom hcl.Range // where it does
	// MaxInFlight bounds the key's tasks at the API, and CallsPerMinute its calls,
	// of all models together; 0 if the file declares no limit.
	MaxInFlight, CallsPerMinute int
	// ResubmitDoubts: on_in_doubt is "resubmit", so a submit whose outcome is not
	// known is followed by another one, and may be paid twice.
	ResubmitDoubts  bool
	AllowDuplicates bool // equal requests are not pointed out
	// MaxRetryWait bounds the pause after refusals before the run ends.
	MaxRetryWait time.Duration
}

// ModelSettings are those of a model block; a zero field is not set there.
type ModelSettings struct {
	Price          *catalog.Price
	MaxInFlight    int
	CallsPerMinute int
}
