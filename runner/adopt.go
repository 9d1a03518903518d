package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/pace"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// An imported task was bought elsewhere: nothing is sent for it but questions. It
// becomes the instance's in one commit, after the API has confirmed it for the
// instance's model and this key. What comes of it is collected as of any other; a
// run that is cut off before that commit has changed nothing.

// SettledByImport is how the ledger names a task of an import block, which was
// bought elsewhere.
const SettledByImport = "import"

// adopt makes the job's record that of the task to be imported, as it will be
// recorded.
func (j *job) adopt() {
	next := state.Record{
		Address: j.action.Address, Status: state.Running, Request: *j.request, Fingerprint: j.request.Fingerprint(),
		Nonce: rand.Text(), TaskID: j.action.Import, Priced: true, Triggers: j.triggers,
	}
	next.Past = withPast(*j.record)
	j.record, j.declared = &next, true
}

// adopt asks the API for the job's imported task, and records it if there is one.
func (r *run) adopt(ctx context.Context, j *job) (ok bool, err error) {
	for try := 0; ; try++ {
		answer, _, err := r.ask(ctx, j.record, r.hidingFor(j), pace.Refresh)
		switch {
		case errors.Is(err, errDetached):
			r.unadopted(j)
			return false, nil
		case err != nil:
			return false, err
		case answer.Task != nil:
			return r.adopted(j, answer.Task.CreatedAt), nil
		case disowned(answer):
			j.skip(task.InvalidInput, "the API knows no task %s of model %s under this key; correct the import block", j.action.Import, j.record.Request.Model)
			r.unadopted(j)
			return false, nil
		case try+1 >= fetchTries:
			j.skip(task.ServerError, "the API does not say whether it knows task %s: %s", j.action.Import, answerText(answer.Answer))
			j.skipped.Retryable = true
			r.unadopted(j)
			return false, nil
		}
		if sleep(ctx, backoff(try)) != nil {
			r.unadopted(j)
			return false, nil
		}
	}
}

// unadopted gives a job back the record that is on disk.
func (r *run) unadopted(j *job) {
	j.record, j.declared = priorOf(j.action), false
}

// adopted records the task. In the ledger it costs nothing, unless it stands there
// already: its record was dropped once.
func (r *run) adopted(j *job, created time.Time) bool {
	now := time.Now()
	next := *j.record
	next.AcceptedAt = now
	if !created.IsZero() && created.Before(now) {
		next.AcceptedAt = created
	}
	change := state.Change{Op: "import"}
	if spend, known := r.spends[next.TaskID]; known {
		next.Nonce, next.Cost, next.Priced = spend.Nonce, spend.Cost, spend.Priced
	} else {
		entry := entryOf(state.Charge, next)
		entry.Run, entry.Settled = r.opts.Run, &state.Settlement{How: SettledByImport, By: SettledByImport, At: now}
		change.Money = []state.Entry{entry}
	}
	if j.action.Prior != nil {
		change.Remove = []task.Address{next.Address} // begin anew: no status leads from a failure to a task
	}
	change.Put = []state.Record{next}
	if err := r.commit(change); err != nil {
		r.unadopted(j)
		return false
	}
	j.record, j.adopting = &change.Put[0], false
	r.owners.take(next.TaskID, next.Address)
	r.emit(Event{Kind: Imported, Address: next.Address, Record: next, Detail: fmt.Sprintf("task %s, at no cost", next.TaskID)})
	return true
}

// spendsOf is the ledger's account of the tasks that are to be imported, by their
// IDs: one that was dropped once stands there. It is nil if there are none.
func spendsOf(p *plan.Plan, store *state.Store) map[string]state.Spend {
	if !slices.ContainsFunc(p.Actions, func(a plan.Action) bool { return a.Import != "" }) {
		return nil
	}
	spends := make(map[string]state.Spend)
	for _, s := range store.Spends() {
		if _, there := spends[s.TaskID]; !there {
			spends[s.TaskID] = s
		}
	}
	return spends
}
