package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// ErrNothingToResolve: the instance has no submit in doubt.
var ErrNothingToResolve = errors.New("has no submit in doubt")

// FoundTask is a task that the API knows, and that no submit of the state is
// known to have been accepted as.
type FoundTask struct {
	TaskID      string
	Submit      state.Record // the submit in doubt that it is said to come of
	CreatedAt   time.Time    // by the API's clock; zero if it does not say
	SubmittedAt time.Time    // by the clock of the machine that submitted
}

// Earlier is how long before the submit the task was created, by clocks that may
// be a little apart; 0 if it was not. Such a task comes of another submit, unless
// one of the clocks was wrong.
func (f *FoundTask) Earlier() time.Duration {
	if f.CreatedAt.IsZero() || !f.CreatedAt.Before(f.SubmittedAt.Add(-clockSlack)) {
		return 0
	}
	return f.SubmittedAt.Sub(f.CreatedAt)
}

// FindTask asks the API for the task that the submit in doubt of an instance is
// said to have been accepted as. Nothing is changed. The call goes to the log, which
// may be nil.
func FindTask(ctx context.Context, api *apixo.Client, log *slog.Logger, store *state.Store, a task.Address, taskID string) (*FoundTask, error) {
	record, err := inDoubt(store, a)
	if err != nil {
		return nil, err
	}
	if owner, known := store.Owner(taskID, record.Nonce); known {
		return nil, fmt.Errorf("task %q belongs to %s already; the submit of %s stays in doubt", taskID, owner, a)
	}
	began := time.Now()
	answer := api.Status(ctx, record.Request.Model, taskID)
	asked := record
	asked.TaskID = taskID
	logStatus(ctx, logOr(log), &asked, began, answer, hiding{})
	if answer.Task == nil {
		return nil, fmt.Errorf("the API does not confirm task %q of model %s: %s; %s stays in doubt. Check the task ID, and that the key is the one that submitted",
			taskID, record.Request.Model, answerText(answer.Answer), a)
	}
	return &FoundTask{taskID, record, answer.Task.CreatedAt, record.SubmittedAt}, nil
}

// ResolveTaskID settles a doubt: the submit was accepted as the task that was
// found, and the next apply collects it. by is who says so, as user@host, for the
// ledger.
func ResolveTaskID(store *state.Store, found *FoundTask, by string) error {
	record, err := inDoubt(store, found.Submit.Address)
	if err != nil {
		return err
	}
	if record.Nonce != found.Submit.Nonce {
		return fmt.Errorf("%s is in doubt with another submit by now", record.Address)
	}
	record.Status, record.Doubt, record.TaskID = state.Running, nil, found.TaskID
	record.AcceptedAt = record.SubmittedAt
	record.Attempt++
	return settleDoubt(store, record, state.Charge, "task_id", by)
}

// ResolveNotCharged gives back what Releases lists. A doubt is settled by it:
// nothing was created, and the next apply submits again, or the instance has failed as
// it had before a webhook named a task for an earlier submit of it. The submit stays in the
// record's past, where a late answer to it is still at home. Of any other record
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
		record.Past = withPast(record)
		record.Past[len(record.Past)-1].Status = state.Pending
		record = beforeName(store, record)
	}
	return commitSettled(store, record, state.Release, released, "not_charged", by)
}

// beforeName is a record whose doubt is settled as not charged: to be submitted again,
// unless it was a name that brought it in doubt, and its request had failed before that.
// Then it has failed as it had.
func beforeName(store *state.Store, r state.Record) state.Record {
	byName := r.Doubt.Cause == state.NamedCause
	r.Status, r.Doubt = state.Pending, nil
	for i, p := range slices.Backward(r.Past) {
		if !byName || p.TaskID == "" || p.Failure == nil || p.Status != state.Failed || p.Fingerprint != r.Fingerprint {
			continue
		}
		spend, _ := store.Spend(p.Nonce)
		r.Past = slices.Delete(slices.Clone(r.Past), i, i+1)
		r.Status, r.Failure, r.Nonce, r.TaskID = state.Failed, p.Failure, p.Nonce, p.TaskID
		r.Cost, r.Priced, r.SubmittedAt, r.AcceptedAt, r.FinishedAt = p.Cost, spend.Priced, p.SubmittedAt, spend.ChargedAt, p.FinishedAt
		break
	}
	return r
}

// Releases lists what ResolveNotCharged gives back for a record. For a doubt it
// is its reservation; for any other instance what is still reserved for submits
// of the same request that were repeated after a 5xx, and, if it failed, the price
// of its latest submit.
func Releases(store *state.Store, r state.Record) []state.Spend {
	var nonces []string
	switch r.Status {
	case state.InDoubt:
		nonces = []string{r.Nonce}
	case state.Submitting: // its run settles it, or the next Open
	default:
		for _, past := range r.Past {
			if past.TaskID == "" && past.Status == state.Failed && past.Fingerprint == r.Fingerprint && past.Nonce != r.Nonce {
				nonces = append(nonces, past.Nonce)
			}
		}
		if r.Status == state.Failed {
			nonces = append(nonces, r.Nonce)
		}
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

// entryOf is what the ledger says of a record's latest submit.
func entryOf(kind state.EntryKind, r state.Record) state.Entry {
	return state.Entry{
		Kind: kind, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model,
		TaskID: r.TaskID, Cost: r.Cost, Priced: r.Priced, At: time.Now(),
	}
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
	change := state.Change{Op: "resolve " + how, Put: []state.Record{r}, Money: dismissals(store, r, settled.At)}
	for _, s := range submits {
		change.Money = append(change.Money, state.Entry{
			Kind: kind, Nonce: s.Nonce, Address: r.Address, Model: s.Model,
			TaskID: s.TaskID, Cost: s.Cost, Priced: s.Priced, At: settled.At, Settled: settled,
		})
	}
	return store.Commit(change)
}

// dismissals are the ledger's entries by which the tasks that webhooks named for a
// record's request hold it no longer: whoever settles it was shown them.
func dismissals(store *state.Store, r state.Record, at time.Time) (entries []state.Entry) {
	for _, nonce := range r.Open() {
		for _, taskID := range store.Names(nonce) {
			entries = append(entries, state.Entry{
				Kind: state.Dismiss, Nonce: nonce, Address: r.Address, Model: r.Request.Model, TaskID: taskID, At: at,
			})
		}
	}
	return entries
}

func answerText(a apixo.Answer) string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("%d %s", a.Status(), a.Message)
}
