package runner

import (
	"context"
	"fmt"
	"time"

	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// confirmTime bounds a question about the task that a delivery named. It is asked
// also when the run is ending: the delivery will not be repeated.
const confirmTime = time.Minute

// confirmation is what the API says of a task that a delivery named.
type confirmation int

const (
	denied    confirmation = iota // the task is not that of the submit
	unsure                        // nobody knows yet
	confirmed                     // nothing speaks against it
)

// confirm holds the task that a delivery named against all that can be known. Who
// knows the nonce is APIXO, or has seen its call; the task must exist for the
// submit's model and this key, have ended, be as old as the submit, and belong to
// no other submit. Only that it is another's denies it: the API may not know a task
// yet, and clocks may differ. why says what speaks against it.
func (r *run) confirm(ctx context.Context, nonce, taskID string) (c confirmation, why string) {
	submit := spendOf(r.opts.Store, nonce)
	if owner, taken := ownerOf(r.opts.Store, taskID, nonce); taken {
		return denied, fmt.Sprintf("that task belongs to %s", owner)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTime)
	defer cancel()
	named := state.Record{Address: submit.Address, TaskID: taskID, Request: task.Request{Model: submit.Model}}
	answer, _, err := r.ask(ctx, named, hiding{variables: r.secrets, nonce: nonce}, pace.Refresh)
	switch t := answer.Task; {
	case err != nil:
		return unsure, err.Error()
	case t == nil:
		return unsure, answerText(answer.Answer)
	case t.State != "success" && t.State != "failed":
		return unsure, fmt.Sprintf("the API says that it is %.100q", t.State)
	case !t.CreatedAt.IsZero() && t.CreatedAt.Sub(submit.ReservedAt).Abs() > clockSlack:
		return unsure, fmt.Sprintf("the API says that the task was created at %s, and the submit was sent at %s",
			t.CreatedAt.UTC().Format(time.RFC3339), submit.ReservedAt.UTC().Format(time.RFC3339))
	}
	return confirmed, ""
}

// tellUnsettled tells, once for each submit, of a delivery that settles nothing yet.
func (r *run) tellUnsettled(submit state.Record, nonce, taskID string, c confirmation, why string) {
	if !r.deliveries.first(nonce) {
		return
	}
	if c == denied {
		r.warn(submit, fmt.Sprintf("a webhook names task %.100q for its submit in doubt, which it cannot be: %s; the doubt stands", taskID, why))
		return
	}
	r.warn(submit, fmt.Sprintf("a webhook names task %.100q for its submit in doubt, which the API does not confirm yet: %s", taskID, why))
}

func acceptedAs(taskID string) string {
	return fmt.Sprintf("accepted as task %.100q, as a webhook tells and the API confirms", taskID)
}
