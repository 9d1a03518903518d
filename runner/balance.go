package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	// balanceEvery is how long a reading of the balance holds for further submits.
	balanceEvery = time.Minute
	// balancePatience bounds a reading that submits wait for, and
	// lastPatience the one that the end of a run waits for.
	balancePatience = 10 * time.Second
	lastPatience    = 3 * time.Second
)

// watch is what a run knows of the key's balance. A reading that fails stops
// nothing: the API itself refuses what there is no money for.
type watch struct {
	mu      sync.Mutex
	asked   time.Time // when the balance was last asked for, whatever came of it
	balance *task.Cost
}

// due reports whether it is time for the next reading, to one caller at a time.
func (w *watch) due() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.asked) < balanceEvery {
		return false
	}
	w.asked = time.Now()
	return true
}

func (w *watch) set(balance task.Cost) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.balance = &balance
}

// below reports whether the balance is known not to cover a price.
func (w *watch) below(price task.Cost) (balance task.Cost, low bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.balance == nil || *w.balance >= price {
		return 0, false
	}
	return *w.balance, true
}

// openBalance reads the balance before the first submit of a run that pays.
func (r *run) openBalance(ctx context.Context, p *plan.Plan) {
	pays := func(a plan.Action) bool { return a.Kind.Pays() }
	if !slices.ContainsFunc(p.Actions, pays) || !r.watch.due() {
		return
	}
	balance, ok := r.readBalance(ctx, balancePatience)
	if !ok {
		return
	}
	r.watch.set(balance)
	r.summary.Balance.Before = &balance
	r.keepReading(balance)
}

// solvent reports whether the balance, as it was a minute ago at most, covers
// the job's submit. Where it does not, submitting ends.
func (r *run) solvent(j *job) bool {
	if r.watch.due() {
		if balance, ok := r.readBalance(r.brake.submits, balancePatience); ok {
			r.watch.set(balance)
		}
	}
	balance, low := r.watch.below(j.price.High)
	if low && !r.opts.AllowInsufficientBalance {
		r.pull(task.InsufficientFunds, fmt.Sprintf("%s costs %s, and the balance is %s", j.action.Address, j.price.High, balance))
		return false
	}
	return true
}

// closeBalance reads the balance once more, after everything else, if the run
// has spent anything or may have. It is soon over, and comes after an
// interruption too. outcome is the error that ended the run, if one did.
func (r *run) closeBalance(ctx context.Context, outcome error) {
	if !r.spending || errors.Is(outcome, ErrKeyRefused) {
		return
	}
	balance, ok := r.readBalance(context.WithoutCancel(ctx), lastPatience)
	if !ok {
		return
	}
	r.summary.Balance.After = &balance
	r.keepReading(balance)
}

// ReadBalance asks what the key has left, and writes the call to the log, which
// may be nil. Its errors are those of apixo.Client.Balance.
func ReadBalance(ctx context.Context, api *apixo.Client, log *slog.Logger) (task.Cost, error) {
	began := time.Now()
	micros, err := api.Balance(ctx)
	logBalance(ctx, logOr(log), began, task.Cost(micros), err)
	return task.Cost(micros), err
}

// readBalance asks for the balance at the run's pace; ok is false if no balance
// came in time.
func (r *run) readBalance(ctx context.Context, patience time.Duration) (balance task.Cost, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticket, err := r.pace.Wait(ctx, keyScope, pace.Poll)
	if err != nil {
		return 0, false
	}
	balance, err = ReadBalance(ctx, r.opts.API, r.opts.Log)
	var refused *apixo.AnswerError
	switch {
	case err == nil:
		ticket.Succeeded()
	case errors.As(err, &refused) && refused.Answer.Status() == http.StatusTooManyRequests:
		ticket.Refused(refused.Answer.RetryAfter)
	}
	return balance, err == nil
}

// keyScope is the pace of the calls that are about the key and no model. The
// limit of the key as a whole holds for them too.
const keyScope = ""

// keepReading puts a reading into the state: beside a later one it tells what
// may have become of a doubt.
func (r *run) keepReading(balance task.Cost) {
	reading := &state.Reading{At: time.Now(), Run: r.opts.Run, Balance: balance}
	_ = r.commit(state.Change{Op: "balance", Balance: reading}) // an error ends submitting, and the run tells it
}
