package runner

import (
	"time"

	"apixo-batch/spec/task"
)

// Summary is what a run came to. Every action that was not Keep is counted in
// exactly one of Done, Failed, Skipped, Running, InDoubt and Left.
type Summary struct {
	Started, Ended time.Time

	Done    int // succeeded, and all files on disk
	Failed  []Ended
	Skipped []Ended // not submitted; Failure.Reason is the cause's
	Running []Ended // accepted and paid, no terminal answer yet
	InDoubt []Ended
	Left    []Ended // not submitted because the run ended before

	Accepted int // submits accepted in this run
	Repeated int // submits repeated after a 5xx; each may have been charged
	Retried  int // further attempts after a failed task

	// Spent is the price of what was accepted in this run, Reserved that of
	// doubts that arose in it. Unpriced counts accepted submits without a price.
	Spent, Reserved task.Cost
	Unpriced        int

	// Stop says why submitting ended early; empty if it did not.
	Stop       task.Reason
	StopDetail string
}

// Ended is how one instance ended.
type Ended struct {
	Address task.Address
	TaskID  string
	Failure task.Failure
	Cost    task.Cost
	Priced  bool
}
