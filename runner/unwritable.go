package runner

import (
	"errors"
	"fmt"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// A state that cannot be written ends submitting at once, for an intent must be
// on disk before its request leaves. It does not end the run. What runs is paid
// for, and its results live for a day: they are still polled and downloaded, and
// the next run finds the files and takes those of equal content for its own.

// change is the step to a record, with the ledger entry of its submit if there
// is one.
func (r *run) change(next state.Record, entry state.EntryKind) state.Change {
	change := state.Change{Op: string(next.Status), Put: []state.Record{next}}
	if entry != "" {
		change.Money = []state.Entry{{
			Kind: entry, Nonce: next.Nonce, Address: next.Address, Model: next.Request.Model,
			TaskID: next.TaskID, Run: r.opts.Run, Plan: r.opts.Plan, Cost: next.Cost, Priced: next.Priced, At: time.Now(),
		}}
	}
	return change
}

// commit makes a change durable before it returns; on an error submitting has
// ended.
func (r *run) commit(c state.Change) error {
	err := r.opts.Store.Commit(c)
	if err != nil {
		r.unwritable(err)
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	return nil
}

// record makes next, which tells what has happened already, the job's record.
// Where the state cannot be written, that is kept for the rest of the run and
// record returns false.
func (r *run) record(j *job, next state.Record, entry state.EntryKind) (durable bool) {
	if j.record.Status == state.Submitting {
		defer r.openSubmits.Add(-1)
	}
	err := r.commit(r.change(next, entry))
	j.record = next
	return err == nil
}

// unwritable ends submitting, and the run once it has collected what runs.
func (r *run) unwritable(err error) {
	r.tally(func(*Summary) {
		if r.broken == nil {
			r.broken = &StateError{Err: err}
		}
	})
	r.pull(task.Halted, "the state cannot be written; what runs is still collected")
}

// unsent notes an instance of which nothing was created, though the state may
// have its intent.
func (r *run) unsent(a task.Address) {
	r.tally(func(*Summary) { r.broken.Unsent = append(r.broken.Unsent, a) })
}

// keepElsewhere tells of a task that was accepted and that the state could not
// take, and then writes it to an errored file.
func (r *run) keepElsewhere(record state.Record) {
	r.emit(Event{
		Kind: Unrecorded, Address: record.Address, Record: record,
		Detail: fmt.Sprintf("%s was accepted as task %q, which is paid for and could not be recorded", record.Address, record.TaskID),
	})
	t := UnrecordedTask{
		Lineage: r.opts.Store.Header().Lineage, State: r.opts.Store.Path(), Address: record.Address, Model: record.Request.Model,
		Nonce: record.Nonce, TaskID: record.TaskID, Fingerprint: record.Fingerprint,
		Cost: record.Cost, Priced: record.Priced, At: record.AcceptedAt,
	}
	t.File, _ = r.spool.add(t) // without a file, whoever shows the error shows the task ID
	r.tally(func(*Summary) { r.broken.Unrecorded = append(r.broken.Unrecorded, t) })
}

// ending is the error of a run that ended with err.
func (r *run) ending(err error) error {
	r.spool.close()
	if r.broken == nil {
		return err
	}
	if err == nil || errors.Is(err, ErrState) {
		return r.broken
	}
	return errors.Join(r.broken, err)
}
