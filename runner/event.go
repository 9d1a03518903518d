package runner

import (
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Event is something that a run did or learned. Observers get them in order,
// one at a time, and must not block.
type Event struct {
	Kind    EventKind
	Address task.Address
	// Record is the instance's record after the event; zero for events of the
	// whole run (Slowed, Stopping).
	Record state.Record
	// Earlier is set if the event is about a file of an earlier task of the instance.
	// Record is then that task, in the form of a record.
	Earlier bool
	// Detail explains the event in one clause: the failure, the cause of a
	// skip, why the run slows down or stops.
	Detail string
	// Wait is the pause of a Slowed event, and Model whose calls it holds back.
	Wait  time.Duration
	Model string
	// Reason is that of a Stopping event.
	Reason task.Reason
	// File is set for Fetching, Fetched and Unfetched.
	File *FileEvent
	// Bound is set for Nearing.
	Bound *BoundEvent
}

// FileEvent is how far one file of a result is.
type FileEvent struct {
	Index int    // of the result's URLs
	Path  string // where it was saved; "" before
	Bytes int64  // that have come
	Size  int64  // as the host announced it; -1 if it did not, or was not asked yet
}

// BoundEvent is how much of a budget is committed.
type BoundEvent struct {
	Run              bool // it bounds this run, not all runs together
	Limit, Committed task.Cost
}

// EventKind says what happened.
type EventKind string

const (
	Started    EventKind = "started"    // its turn has come: it is being submitted, or asked for
	Submitted  EventKind = "submitted"  // accepted; the task ID is on disk
	Refused    EventKind = "refused"    // nothing was created; it will be submitted again
	Doubted    EventKind = "doubted"    // the answer to a submit was lost
	Reported   EventKind = "reported"   // the API gives a task that runs another state than before; Detail is that state
	Succeeded  EventKind = "succeeded"  // the result is on disk, its files are not yet
	Fetching   EventKind = "fetching"   // a file of a result is being fetched: at its begin, and now and then
	Fetched    EventKind = "fetched"    // a file of a result is on disk
	Unfetched  EventKind = "unfetched"  // a file of a result could not be had; Failed follows
	Saved      EventKind = "saved"      // all files of the result are on disk
	Unrecorded EventKind = "unrecorded" // accepted and paid, and the state cannot hold the task ID
	Failed     EventKind = "failed"     // for good, retryably, or a download
	Retrying   EventKind = "retrying"   // failed, and submitted again as a new attempt
	Detached   EventKind = "detached"   // given up waiting; still running, already paid
	Skipped    EventKind = "skipped"    // not submitted, because of another instance or a limit
	Moved      EventKind = "moved"      // the record has a new address
	Dropped    EventKind = "dropped"    // the record has left the state, as a removed block asks
	Imported   EventKind = "imported"   // a task that was bought elsewhere is the instance's now; it is on disk
	Slowed     EventKind = "slowed"     // a refusal, or a task that failed for a limit, slows every call of a model
	Nearing    EventKind = "nearing"    // most of a budget is committed; once for each
	Stopping   EventKind = "stopping"   // no further submits in this run
	Settled    EventKind = "settled"    // a delivery told what a submit in doubt was accepted as; it is on disk
	Unheard    EventKind = "unheard"    // deliveries do not come, or the API refuses to make any
	Warned     EventKind = "warned"     // the API gave an answer that makes no sense; Detail says what was made of it
)
