package runner

import (
	"errors"
	"fmt"

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
		change.Money = []state.Entry{r.entry(entry, next)}
	}
	return change
}

// entry is what the ledger says of a record's submit in this run.
func (r *run) entry(kind state.EntryKind, of state.Record) state.Entry {
	e := entryOf(kind, of)
	e.Run, e.Plan = r.opts.Run, r.opts.Plan
	return e
}

// commit makes a change durable before it returns; on an error submitting has
// ended, unless that is state.ErrNamed.
func (r *run) commit(c state.Change) error {
	err := r.opts.Store.Commit(c)
	if errors.Is(err, state.ErrNamed) {
		return err
	}
	if err != nil {
		if r.unwritable(err) {
			r.sayUnwritable()
		}
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	return nil
}

// record makes next, which tells what has happened already, the job's record.
// Where the state cannot be written, that is kept for the rest of the run and
// record returns false. A task that was accepted is then kept elsewhere before
// anything is told: an observer whose reader has stopped may never return.
func (r *run) record(j *job, next state.Record, entry state.EntryKind) (durable bool) {
	awaited := j.record.Status == state.Submitting
	change := r.change(next, entry)
	err := r.opts.Store.Commit(change)
	j.record = &change.Put[0]
	tell := func() {}
	if err != nil {
		tell = r.unwritten(err, next, entry == state.Charge)
	}
	if awaited {
		r.openSubmits.Add(-1)
	}
	tell()
	return err == nil
}

// unwritten ends submitting, since next could not be written, and keeps its task
// elsewhere if that was accepted by it. It returns what tells of both.
func (r *run) unwritten(err error, next state.Record, accepted bool) (tell func()) {
	first := r.unwritable(err)
	if accepted {
		r.keepElsewhere(next)
	}
	return func() {
		if first {
			r.sayUnwritable()
		}
		if accepted {
			r.emit(Event{
				Kind: Unrecorded, Address: next.Address, Record: next,
				Detail: fmt.Sprintf("%s was accepted as task %q, which is paid for and could not be recorded", next.Address, next.TaskID),
			})
		}
	}
}

const whyUnwritable = "the state cannot be written; what runs is still collected"

// unwritable ends submitting, and the run once it has collected what runs. first
// tells that nothing had ended submitting before, and that it is still to be said.
func (r *run) unwritable(err error) (first bool) {
	r.tally(func(*Summary) {
		if r.broken == nil {
			r.broken = &StateError{Err: err}
		}
	})
	return r.brake.pull(task.Halted, whyUnwritable)
}

// isBroken reports whether the state could not be written.
func (r *run) isBroken() bool {
	r.counting.Lock()
	defer r.counting.Unlock()
	return r.broken != nil
}

func (r *run) sayUnwritable() {
	r.emit(Event{Kind: Stopping, Detail: whyUnwritable, Reason: task.Halted})
}

// unsent notes a submit by which nothing was created, though the state may have
// its intent. It is named by its nonce, since the state may instead still have
// what came before it: a doubt or a failure that was or may have been charged.
func (r *run) unsent(record state.Record) {
	submit := UnsentSubmit{Address: record.Address, Nonce: record.Nonce}
	r.tally(func(*Summary) { r.broken.Unsent = append(r.broken.Unsent, submit) })
}

// keepElsewhere writes a task that was accepted, and that the state could not
// take, to an errored file.
func (r *run) keepElsewhere(record state.Record) {
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
