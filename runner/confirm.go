package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// byWebhook is who settles what a delivery told of, as the ledger names it.
const byWebhook = "webhook"

// confirmTime bounds a question about the task that a delivery named.
const confirmTime = 30 * time.Second

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
// yet, and clocks may differ. why says what speaks against it, and end how it ended.
func (r *run) confirm(ctx context.Context, submit state.Spend, taskID string) (c confirmation, why string, end *apixo.Task) {
	if owner, taken := r.opts.Store.Owner(taskID, submit.Nonce); taken {
		return denied, fmt.Sprintf("that task belongs to %s", owner), nil
	}
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	named := state.Record{Address: submit.Address, TaskID: taskID, Request: task.Request{Model: submit.Model}}
	answer, _, err := r.ask(ctx, named, hiding{variables: r.secrets, nonce: submit.Nonce}, pace.Refresh)
	switch t := answer.Task; {
	case err != nil:
		return unsure, err.Error(), nil
	case t == nil:
		return unsure, answerText(answer.Answer), nil
	case !hasEnded(t):
		return unsure, fmt.Sprintf("the API says that it is %.100q", t.State), nil
	case !t.CreatedAt.IsZero() && t.CreatedAt.Sub(submit.ReservedAt).Abs() > clockSlack:
		return unsure, fmt.Sprintf("the API says that the task was created at %s, and the submit was sent at %s",
			t.CreatedAt.UTC().Format(time.RFC3339), submit.ReservedAt.UTC().Format(time.RFC3339)), nil
	}
	return confirmed, "", answer.Task
}

func hasEnded(t *apixo.Task) bool { return t.State == "success" || t.State == "failed" }

// names are the tasks that deliveries named for a submit and that nobody knows more of.
func (r *run) names(nonce string) []string {
	names := r.opts.Store.Names(nonce)
	if taskID := r.deliveries.remembered(nonce); taskID != "" && !slices.Contains(names, taskID) {
		names = append(names, taskID)
	}
	return names
}

// inquiry is a task that was named for a submit, and what the API says of it.
type inquiry struct {
	submit  state.Spend
	taskID  string
	verdict confirmation
	why     string
	end     *apixo.Task
}

// maxQuestions is how many names of one job are asked for at the same time.
const maxQuestions = 4

// askForNames asks for all that is named for the job's submits.
func (r *run) askForNames(ctx context.Context, j *job) (answers []inquiry) {
	for _, nonce := range r.allOpen(j) {
		submit, _ := r.opts.Store.Spend(nonce)
		for _, taskID := range r.names(nonce) {
			answers = append(answers, inquiry{submit: submit, taskID: taskID, verdict: unsure})
		}
	}
	var asking errgroup.Group
	asking.SetLimit(maxQuestions)
	for i := range answers {
		a := &answers[i]
		asking.Go(func() error {
			return guarded(func() error {
				a.verdict, a.why, a.end = r.confirm(ctx, a.submit, a.taskID)
				return nil
			})
		})
	}
	if err := asking.Wait(); err != nil {
		r.warn(j.record, err.Error())
	}
	return answers
}

// settleForgotten settles what was named for submits of which only the ledger knows,
// since their records are gone. What is named for one later, the next run asks for.
func (r *run) settleForgotten(ctx context.Context) {
	for _, submit := range r.opts.Store.Spends() {
		if submit.TaskID != "" || len(submit.Named) == 0 {
			continue
		}
		if _, _, found := submitOf(r.opts.Store, submit); found {
			continue
		}
		for _, taskID := range r.opts.Store.Names(submit.Nonce) {
			if ctx.Err() != nil {
				return
			}
			if came, _, _ := r.confirm(ctx, submit, taskID); came != confirmed {
				continue
			}
			if found, err := settlement(r.opts.Store, Late{Nonce: submit.Nonce, TaskID: taskID, By: byWebhook}); err == nil && r.commit(found.change) == nil {
				r.emit(Event{Kind: Settled, Address: submit.Address, Detail: "a submit whose record is gone was " + acceptedAs(taskID) + ", and counts as spent"})
			}
			break
		}
	}
}

// tellUnsettled tells, once for each submit, of a delivery that settles nothing yet.
func (r *run) tellUnsettled(submit state.Record, a inquiry) {
	if !r.deliveries.first(a.submit.Nonce) {
		return
	}
	if a.verdict == denied {
		r.warn(submit, fmt.Sprintf("a webhook names task %.100q for its submit in doubt, which it cannot be: %s; the doubt stands", a.taskID, a.why))
		return
	}
	r.warn(submit, fmt.Sprintf("a webhook names task %.100q for its submit in doubt, which the API does not confirm yet: %s", a.taskID, a.why))
}

func acceptedAs(taskID string) string {
	return fmt.Sprintf("accepted as task %.100q, as a webhook tells and the API confirms", taskID)
}
