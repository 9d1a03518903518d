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
// must know the task; afterwards the next apply collects it.
func ResolveTaskID(ctx context.Context, api *apixo.Client, store *state.Store, a task.Address, taskID string) error {
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
	return commitSettled(store, record, "resolve task-id", state.Charge)
}

// ResolveNotCharged settles a doubt: nothing was created. The reservation is
// released and the next apply submits again. For a failed task it releases what
// the failure was taken to cost, and changes nothing else.
func ResolveNotCharged(store *state.Store, a task.Address) error {
	record, there := store.Record(a)
	if there && record.Status == state.Failed {
		return commitSettled(store, record, "resolve not-charged", state.Release)
	}
	record, err := inDoubt(store, a)
	if err != nil {
		return err
	}
	record.Status, record.Doubt = state.Pending, nil
	return commitSettled(store, record, "resolve not-charged", state.Release)
}

// ResolveResubmit gives up on a doubt: the next apply submits again, and the
// reservation stays, since the first submit may have been paid for.
func ResolveResubmit(store *state.Store, a task.Address) error {
	record, err := inDoubt(store, a)
	if err != nil {
		return err
	}
	record.Past = append(record.Past[:len(record.Past):len(record.Past)], state.Past{
		Nonce: record.Nonce, Fingerprint: record.Fingerprint, Status: state.InDoubt,
		Cost: record.Cost, SubmittedAt: record.SubmittedAt, FinishedAt: time.Now(),
	})
	record.Status, record.Doubt = state.Pending, nil
	return commitSettled(store, record, "resolve resubmit", "")
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

func commitSettled(store *state.Store, r state.Record, op string, entry state.EntryKind) error {
	change := state.Change{Op: op, Put: []state.Record{r}}
	if entry != "" {
		change.Money = []state.Entry{{
			Kind: entry, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model,
			TaskID: r.TaskID, Cost: r.Cost, Priced: r.Priced, At: time.Now(),
		}}
	}
	return store.Commit(change)
}

func answerText(a apixo.Answer) string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("%d %s", a.Status(), a.Message)
}
