package runner

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Late is an answer to a submit that came when nobody waited for it any more.
type Late struct {
	Nonce  string    // names the submit
	TaskID string    // that it was accepted as
	At     time.Time // the answer was given; zero if that is not known
	By     string    // who brought it, for the ledger
}

// LateOutcome is what became of a late answer.
type LateOutcome string

const (
	// LateRunning: the task is the instance's now, and the next apply collects it.
	LateRunning LateOutcome = "running"
	// LatePast: the instance has gone on to another submit. The task is kept
	// with its earlier ones, and counts as spent.
	LatePast LateOutcome = "past"
	// LateCharged: no record knows of the submit any more. The task counts as
	// spent.
	LateCharged LateOutcome = "charged"
	// LateKnown: all this was recorded before, and nothing was changed.
	LateKnown LateOutcome = "known"
)

var (
	// ErrUnknownSubmit: the state knows of no submit with that nonce.
	ErrUnknownSubmit = errors.New("the state knows of no such submit")
	// ErrStillSubmitting: the answer is awaited by a run, which records it.
	ErrStillSubmitting = errors.New("the submit is still being sent")
)

// SettleLate records that a submit was accepted as a task, whatever was made of
// it meanwhile: in doubt, settled by a person, given up for a new one. The
// address is that of the instance. It may be called again with the same answer;
// an answer that contradicts what is recorded changes nothing and is an error.
func SettleLate(store *state.Store, late Late) (LateOutcome, task.Address, error) {
	s, err := settlement(store, late)
	if err == nil && s.outcome != LateKnown {
		err = store.Commit(s.change)
	}
	return s.outcome, s.address, err
}

// settled is what a late answer comes to, still to be recorded.
type settled struct {
	outcome LateOutcome
	address task.Address
	record  state.Record // as it is then
	change  state.Change
}

// settlement makes of a late answer what SettleLate records.
func settlement(store *state.Store, late Late) (settled, error) {
	spend, known := store.Spend(late.Nonce)
	switch {
	case late.TaskID == "":
		return settled{}, errors.New("the answer names no task")
	case !known:
		return settled{}, ErrUnknownSubmit
	case spend.TaskID == late.TaskID:
		return settled{outcome: LateKnown, address: spend.Address}, nil
	case spend.TaskID != "":
		return settled{address: spend.Address}, fmt.Errorf("its submit is recorded as task %q, and cannot be task %q too", spend.TaskID, late.TaskID)
	}
	if owner, taken := store.Owner(late.TaskID, late.Nonce); taken {
		return settled{address: spend.Address}, fmt.Errorf("task %q belongs to %s already", late.TaskID, owner)
	}
	record, _, found := submitOf(store, spend)
	switch {
	case !found:
		return settled{outcome: LateCharged, address: spend.Address, change: state.Change{Op: lateOp, Money: []state.Entry{lateCharge(spend, late)}}}, nil
	case record.Status == state.Submitting:
		return settled{address: record.Address}, ErrStillSubmitting
	}
	_, holds := holdsSubmit(record, late.Nonce)
	return settlementOf(record, spend, late, holds), nil
}

const lateOp = "late answer"

// settlementOf is settlement for a submit of a record. One that was refused may have no
// place in it any more, and gets one. What was taken for not created begins anew.
// wanted says that the task may be the record's own.
func settlementOf(record state.Record, spend state.Spend, late Late, wanted bool) settled {
	past, found := holdsSubmit(record, late.Nonce)
	if !found {
		past = len(record.Past)
		record.Past = append(slices.Clip(record.Past), state.Past{
			Nonce: late.Nonce, Status: state.Pending, Cost: spend.Cost, SubmittedAt: spend.ReservedAt,
		})
		if wanted {
			record.Past[past].Fingerprint = record.Fingerprint
		}
	}
	change := state.Change{Op: lateOp, Money: []state.Entry{lateCharge(spend, late)}}
	outcome, next := LatePast, record
	if wanted && (record.Nonce == late.Nonce || wants(record, record.Past[past])) {
		outcome, next = LateRunning, adopt(record, past, spend, late)
		switch {
		case record.Status == state.InDoubt && record.Nonce != late.Nonce:
			change.Money = append(change.Money, lateHold(record, late))
		case record.Status != state.InDoubt:
			change.Remove = []task.Address{record.Address}
		}
	} else {
		next.Past = slices.Clone(record.Past)
		next.Past[past].TaskID, next.Past[past].Status = late.TaskID, state.Running
		if next.Past[past].Fingerprint == record.Fingerprint {
			next.Attempt++
		}
	}
	change.Put = []state.Record{next}
	return settled{outcome, record.Address, next, change}
}

// wants reports whether an instance has nothing to show for the request of an
// earlier submit, and might buy it again.
func wants(r state.Record, past state.Past) bool {
	return r.Lacks() && r.Fingerprint == past.Fingerprint
}

// adopt makes a submit, its latest or one of its past, the record's own task. The
// latest makes room for one of its past: what failed, or is in doubt, stays that.
func adopt(r state.Record, past int, spend state.Spend, late Late) state.Record {
	submitted := r.SubmittedAt
	if r.Nonce != late.Nonce {
		r.Past = withPast(r)
	}
	if past >= 0 {
		submitted = r.Past[past].SubmittedAt
		r.Past = slices.Delete(slices.Clone(r.Past), past, past+1)
	}
	r.Status, r.Nonce, r.TaskID = state.Running, late.Nonce, late.TaskID
	r.Cost, r.Priced = spend.Cost, spend.Priced
	r.SubmittedAt, r.AcceptedAt, r.FinishedAt = submitted, submitted, time.Time{}
	if !late.At.IsZero() {
		r.AcceptedAt = late.At
	}
	r.Attempt++
	r.Doubt, r.Failure, r.Result, r.Artifacts, r.RefreshedURLs = nil, nil, nil, nil, nil
	return r
}

func lateCharge(s state.Spend, late Late) state.Entry {
	now := time.Now()
	return state.Entry{
		Kind: state.Charge, Nonce: s.Nonce, Address: s.Address, Model: s.Model, TaskID: late.TaskID,
		Run: s.Run, Plan: s.Plan, Cost: s.Cost, Priced: s.Priced, At: now,
		Settled: &state.Settlement{How: "late_answer", By: late.By, At: now},
	}
}

// lateHold is the ledger's entry of a doubt that makes room for an earlier submit:
// it may have been charged too, so its reservation stays.
func lateHold(doubt state.Record, late Late) state.Entry {
	e := entryOf(state.Hold, doubt)
	e.Settled = &state.Settlement{How: "late_answer", By: late.By, At: e.At}
	return e
}

// submitOf finds the record of a submit, which may have been renamed since: else that of
// its address, which has forgotten it, since it was refused. past is the submit's place
// in the record's past, -1 if it is not there.
func submitOf(store *state.Store, s state.Spend) (r state.Record, past int, found bool) {
	if r, there := store.Record(s.Address); there {
		if past, has := holdsSubmit(r, s.Nonce); has {
			return r, past, true
		}
	}
	for _, r := range store.Records() {
		if past, has := holdsSubmit(r, s.Nonce); has {
			return r, past, true
		}
	}
	if r, there := store.Record(s.Address); there {
		return r, -1, true
	}
	return state.Record{}, -1, false
}

func holdsSubmit(r state.Record, nonce string) (past int, has bool) {
	past = slices.IndexFunc(r.Past, func(p state.Past) bool { return p.Nonce == nonce })
	return past, past >= 0 || r.Nonce == nonce
}
