package runner

import (
	"context"
	"errors"
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

// roomAfter is when a name that the API does not know makes room for another: before the
// second repetition of a delivery, after 30 s and 2 min (API document, section 6).
const roomAfter = time.Minute

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
// yet, and clocks may differ. An error ends the run.
func (r *run) confirm(ctx context.Context, a *inquiry, hide hiding) error {
	if owner, taken := r.opts.Store.Owner(a.taskID, a.submit.Nonce); taken {
		a.verdict, a.why = denied, fmt.Sprintf("that task belongs to %s", owner)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	named := state.Record{Address: a.submit.Address, TaskID: a.taskID, Request: task.Request{Model: a.submit.Model}}
	answer, _, err := r.ask(ctx, &named, hide, pace.Refresh)
	a.verdict = unsure
	switch t := answer.Task; {
	case errors.Is(err, ErrKeyRefused):
		return err
	case err != nil:
		a.why = err.Error()
	case t == nil:
		a.why, a.unknown = answerText(answer.Answer), disowned(answer)
	case !hasEnded(t):
		a.why = fmt.Sprintf("the API says that it is %.100q", t.State)
	case !t.CreatedAt.IsZero() && t.CreatedAt.Sub(a.submit.ReservedAt).Abs() > clockSlack:
		a.why = fmt.Sprintf("the API says that the task was created at %s, and the submit was sent at %s",
			t.CreatedAt.UTC().Format(time.RFC3339), a.submit.ReservedAt.UTC().Format(time.RFC3339))
	default:
		a.verdict, a.end = confirmed, t
	}
	return nil
}

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
	why     string      // it is not confirmed
	unknown bool        // the API says that it knows no such task
	end     *apixo.Task // how it ended, if it is confirmed
}

func (a *inquiry) key() string { return a.submit.Nonce + " " + a.taskID }

// makesRoom reports whether another name may take its place, where there are too many: the
// API has not got to know its task for minutes.
func (a *inquiry) makesRoom() bool {
	at := slices.IndexFunc(a.submit.Named, func(n state.Named) bool { return n.TaskID == a.taskID })
	return a.unknown && at >= 0 && time.Since(a.submit.Named[at].At) >= roomAfter
}

// inquiries are all tasks that are named for the job's submits, still to be asked for.
func (r *run) inquiries(j *job) (names []inquiry) {
	for _, nonce := range r.allOpen(j) {
		submit, _ := r.opts.Store.Spend(nonce)
		for _, taskID := range r.names(nonce) {
			names = append(names, inquiry{submit: submit, taskID: taskID})
		}
	}
	return names
}

// maxQuestions is how many names of one job are asked for at the same time.
const maxQuestions = 4

// askForNames asks for all that is named for the job's submits.
func (r *run) askForNames(ctx context.Context, j *job) ([]inquiry, error) {
	names := r.inquiries(j)
	var asking errgroup.Group
	asking.SetLimit(maxQuestions)
	for i := range names {
		asking.Go(func() error {
			return guarded(func() error { return r.confirm(ctx, &names[i], r.hidingIn(j, names[i].submit.Nonce)) })
		})
	}
	return names, asking.Wait()
}

// forgottenNames are the submits that tasks are named for and that no record holds:
// those that the record of their address has forgotten, by that, and those whose records
// are gone.
func (r *run) forgottenNames(spends []state.Spend) (byRecord map[task.Address][]string, recordless []state.Spend) {
	byRecord = make(map[task.Address][]string)
	for _, submit := range spends {
		if submit.TaskID != "" || len(submit.Named) == 0 {
			continue
		}
		record, _, found := submitOf(r.opts.Store, submit)
		if !found {
			recordless = append(recordless, submit)
		} else if _, holds := holdsSubmit(record, submit.Nonce); !holds {
			byRecord[submit.Address] = append(byRecord[submit.Address], submit.Nonce)
		}
	}
	return byRecord, recordless
}

// settleForgotten settles what was named for submits of which only the ledger knows,
// since their records are gone. What is named for one later, the next run asks for.
func (r *run) settleForgotten(ctx context.Context, submits []state.Spend) error {
	for _, submit := range submits {
		for _, taskID := range r.opts.Store.Names(submit.Nonce) {
			if ctx.Err() != nil {
				return nil
			}
			a := inquiry{submit: submit, taskID: taskID}
			if err := r.confirm(ctx, &a, hiding{variables: r.secrets, forgotten: true, nonces: r.secretNonces(submit.Nonce)}); err != nil {
				return err
			}
			if a.verdict != confirmed {
				continue
			}
			if found, err := settlement(r.opts.Store, Late{Nonce: submit.Nonce, TaskID: taskID, By: byWebhook}); err == nil && r.commit(found.change) == nil {
				r.emit(Event{Kind: Settled, Address: submit.Address, Detail: "a submit whose record is gone was " + acceptedAs(taskID) + ", and counts as spent"})
			}
			break
		}
	}
	return nil
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
