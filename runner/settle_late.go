package runner

import (
	"context"
	"errors"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// byWebhook is who settles what a delivery told of, as the ledger names it.
const byWebhook = "webhook"

// confirmAgain is how long after a question without an answer it is repeated, for
// a doubt that no worker waits for.
const confirmAgain = 30 * time.Second

// settler settles what deliveries tell of submits that no worker follows: those of
// earlier runs, and those that their workers have given up on. Its fields are for
// one goroutine, and for all once that has ended.
type settler struct {
	*run
	settled map[task.Address]state.Record // that it has changed
}

// withDeliveries runs the jobs, and settles meanwhile what deliveries tell of other
// submits; after them, what they tell of the jobs' earlier ones. What is unsure then
// is kept in the state.
func (r *run) withDeliveries(ctx context.Context, jobs []*job, loop func() error) error {
	if r.opts.CallbackURL == "" {
		return loop()
	}
	s := &settler{run: r, settled: make(map[task.Address]state.Record)}
	r.deliveries.hold(jobs)
	r.deliveries.remember(r.opts.Store.Records())
	settling, stop := context.WithCancel(ctx)
	defer stop()
	late := make(chan error, 1)
	go func() { late <- guarded(func() error { s.settleLate(settling); return nil }) }()
	err := loop()
	stop()
	err = errors.Join(err, <-late)
	r.deliveries.close()
	if err == nil {
		err = guarded(func() error { s.settleAll(ctx, true); return nil })
	}
	s.keepNamed()
	r.settled = s.settled
	return err
}

// settleLate settles until ctx ends.
func (s *settler) settleLate(ctx context.Context) {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.deliveries.more:
		case <-again:
		}
		again = nil
		if sure := s.settleAll(ctx, false); !sure {
			again = time.After(confirmAgain)
		}
		if sleep(ctx, confirmGap) != nil {
			return
		}
	}
}

// settleAll looks into the deliveries that are there. all is for the end of a run,
// when no job holds a record any more. sure is false if some are left to be looked
// into again.
func (s *settler) settleAll(ctx context.Context, all bool) (sure bool) {
	sure = true
	for nonce, taskID := range s.deliveries.unsettled(s.opts.Store, all) {
		if ctx.Err() != nil {
			return false
		}
		if spendOf(s.opts.Store, nonce).TaskID != "" {
			s.deliveries.forget(nonce, taskID)
			continue
		}
		verdict, why := s.confirm(ctx, nonce, taskID)
		if verdict == confirmed {
			s.settleOne(Late{Nonce: nonce, TaskID: taskID, By: byWebhook})
		} else {
			s.tell(nonce, taskID, verdict, why)
		}
		if verdict == unsure {
			sure = false
			s.keepOne(nonce, taskID)
		} else {
			s.deliveries.forget(nonce, taskID)
		}
	}
	return sure
}

func (s *settler) tell(nonce, taskID string, c confirmation, why string) {
	if record, _, found := submitOf(s.opts.Store, spendOf(s.opts.Store, nonce)); found {
		s.tellUnsettled(record, nonce, taskID, c, why)
	}
}

// keepOne writes down the task that a delivery named for a doubt, before anybody
// knows more: the delivery will not be repeated.
func (s *settler) keepOne(nonce, taskID string) {
	record, _, found := submitOf(s.opts.Store, spendOf(s.opts.Store, nonce))
	if !found {
		return
	}
	if next, changes := naming(record, nonce, taskID); changes && s.commit(s.change(next, "")) == nil {
		s.settled[next.Address] = next
	}
}

// keepNamed writes down what deliveries named and nobody could look into, at the end
// of a run.
func (s *settler) keepNamed() {
	for nonce, taskID := range s.deliveries.unsettled(s.opts.Store, true) {
		s.keepOne(nonce, taskID)
		if change, changes := doubtAgain(s.opts.Store, nonce, taskID); changes && s.commit(change) == nil {
			s.settled[change.Put[0].Address] = change.Put[0]
		}
	}
}

// settleOne records what a submit was accepted as.
func (s *settler) settleOne(late Late) {
	found, err := settlement(s.opts.Store, late)
	if err != nil || found.outcome == LateKnown {
		return
	}
	record := state.Record{Address: found.address}
	if len(found.change.Put) > 0 {
		record = found.change.Put[0]
	}
	detail := acceptedAs(late.TaskID)
	if found.outcome == LateRunning {
		detail += "; the next apply collects it"
	} else {
		detail = "an earlier submit was " + detail + ", and counts as spent"
	}
	if err := s.commit(found.change); err != nil {
		if found.outcome == LateRunning {
			s.keepElsewhere(record)
		}
		return
	}
	s.breaker.takeBack(late.Nonce)
	if found.outcome == LateRunning {
		s.settled[record.Address] = record
	}
	s.emit(Event{Kind: Settled, Address: found.address, Record: record, Detail: detail})
}

// takeSettled gives a job whose record was changed after it what it is now.
func (r *run) takeSettled(j *job) {
	record, there := r.settled[j.record.Address]
	if !there {
		return
	}
	submits := unsettledSubmits(j.record)
	j.record, j.givenUp = record, nil
	for _, submit := range submits {
		if submit.Nonce == record.Nonce && record.Status == state.Running {
			r.countSettled(j, submit, false)
		}
	}
}
