package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// ErrNothingToResolve: the instance has no submit in doubt.
var ErrNothingToResolve = errors.New("has no submit in doubt")

// ResolveTaskID settles a doubt: the submit was accepted as this task. The API
// must know the task; afterwards the next apply collects it. by is who says so,
// as user@host, for the ledger.
func ResolveTaskID(ctx context.Context, api *apixo.Client, store *state.Store, a task.Address, taskID, by string) error {
	record, err := inDoubt(store, a)
	if err != nil {
		return err
	}
	if owner, known := ownerOf(store, taskID); known {
		return fmt.Errorf("task %q belongs to %s already", taskID, owner)
	}
	answer := api.Status(ctx, record.Request.Model, taskID)
	if answer.Task == nil {
		return fmt.Errorf("the API does not confirm task %q of model %s: %s", taskID, record.Request.Model, answerText(answer.Answer))
	}
	if made := answer.Task.CreatedAt; !made.IsZero() && made.Before(record.SubmittedAt.Add(-clockSlack)) {
		return fmt.Errorf("task %q was created at %s, before %s was submitted at %s: it is another one",
			taskID, made.UTC().Format(time.RFC3339), a, record.SubmittedAt.UTC().Format(time.RFC3339))
	}
	record.Status, record.Doubt, record.TaskID = state.Running, nil, taskID
	record.AcceptedAt = record.SubmittedAt
	record.Attempt++
	return settleDoubt(store, record, state.Charge, "task_id", by)
}

// ResolveNotCharged gives back what Releases lists. A doubt is settled by it:
// nothing was created, and the next apply submits again. Of any other record
// nothing else changes.
func ResolveNotCharged(store *state.Store, a task.Address, by string) error {
	record, there := store.Record(a)
	if !there {
		return fmt.Errorf("%s is not in the state", a)
	}
	released := Releases(store, record)
	if len(released) == 0 {
		return fmt.Errorf("%s %w, and nothing that failed counts as spent; its status is %s", a, ErrNothingToResolve, record.Status)
	}
	if record.Status == state.InDoubt {
		record.Status, record.Doubt = state.Pending, nil
	}
	return commitSettled(store, record, state.Release, released, "not_charged", by)
}

// Releases lists what ResolveNotCharged gives back for a record. For a doubt it
// is its reservation; for a failed instance the price of its latest submit, and
// of those of the same request that were repeated after a 5xx.
func Releases(store *state.Store, r state.Record) []state.Spend {
	var nonces []string
	switch r.Status {
	case state.InDoubt:
		nonces = []string{r.Nonce}
	case state.Failed:
		for _, past := range r.Past {
			if past.TaskID == "" && past.Status == state.Failed && past.Fingerprint == r.Fingerprint && past.Nonce != r.Nonce {
				nonces = append(nonces, past.Nonce)
			}
		}
		nonces = append(nonces, r.Nonce)
	}
	var open []state.Spend
	for _, nonce := range nonces {
		if s, known := store.Spend(nonce); known && s.ReleasedAt.IsZero() {
			open = append(open, s)
		}
	}
	return open
}

// ResolveResubmit gives up on a doubt: the next apply submits again, and the
// reservation stays, since the first submit may have been paid for.
func ResolveResubmit(store *state.Store, a task.Address, by string) error {
	record, err := inDoubt(store, a)
	if err != nil {
		return err
	}
	record.Past = withPast(record)
	record.Status, record.Doubt = state.Pending, nil
	return settleDoubt(store, record, state.Hold, "resubmit", by)
}

// clockSlack is how far the API's clock and ours may be apart.
const clockSlack = 10 * time.Minute

// ownerOf finds the instance that has, or once had, a task.
func ownerOf(store *state.Store, taskID string) (task.Address, bool) {
	for _, r := range store.Records() {
		if r.TaskID == taskID || slices.ContainsFunc(r.Past, func(p state.Past) bool { return p.TaskID == taskID }) {
			return r.Address, true
		}
	}
	return task.Address{}, false
}

func inDoubt(store *state.Store, a task.Address) (state.Record, error) {
	record, there := store.Record(a)
	if !there {
		return record, fmt.Errorf("%s is not in the state", a)
	}
	if record.Status != state.InDoubt {
		return record, fmt.Errorf("%s %w; its status is %s", a, ErrNothingToResolve, record.Status)
	}
	return record, nil
}

// settleDoubt writes down what was made of the record's latest submit.
func settleDoubt(store *state.Store, r state.Record, kind state.EntryKind, how, by string) error {
	submit := state.Spend{Nonce: r.Nonce, Model: r.Request.Model, TaskID: r.TaskID, Cost: r.Cost, Priced: r.Priced}
	return commitSettled(store, r, kind, []state.Spend{submit}, how, by)
}

// commitSettled writes a record, and one entry of the ledger for each submit
// that is settled with it.
func commitSettled(store *state.Store, r state.Record, kind state.EntryKind, submits []state.Spend, how, by string) error {
	settled := &state.Settlement{How: how, By: by, At: time.Now()}
	change := state.Change{Op: "resolve " + how, Put: []state.Record{r}}
	for _, s := range submits {
		change.Money = append(change.Money, state.Entry{
			Kind: kind, Nonce: s.Nonce, Address: r.Address, Model: s.Model,
			TaskID: s.TaskID, Cost: s.Cost, Priced: s.Priced, At: settled.At, Settled: settled,
		})
	}
	return store.Commit(change)
}

func answerText(a apixo.Answer) string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("%d %s", a.Status(), a.Message)
}
