package runner

import (
	"context"
	"errors"
	"time"

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
	settled map[string]state.Record // doubts that were settled, by nonce
	denied  map[string]bool         // nonces for which deliveries named wrong tasks
}

// withDeliveries runs the jobs, and settles meanwhile what deliveries tell of other
// submits; after them, what they tell of the jobs' earlier ones.
func (r *run) withDeliveries(ctx context.Context, jobs []*job, loop func() error) error {
	if r.opts.CallbackURL == "" {
		return loop()
	}
	s := &settler{run: r, settled: make(map[string]state.Record), denied: make(map[string]bool)}
	r.deliveries.hold(jobs)
	settling, stop := context.WithCancel(ctx)
	defer stop()
	late := make(chan error, 1)
	go func() { late <- guarded(func() error { s.settleLate(settling); return nil }) }()
	err := loop()
	stop()
	if err = errors.Join(err, <-late); err == nil {
		err = guarded(func() error { s.settleAll(ctx, true); return nil })
	}
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
		verdict, why := s.confirm(ctx, nonce, taskID)
		switch verdict {
		case unsure:
			sure = false
			continue
		case denied:
			s.denyOnce(nonce, taskID, why)
		case confirmed:
			s.settleOne(Late{Nonce: nonce, TaskID: taskID, By: byWebhook})
		}
		s.deliveries.forget(nonce, taskID)
	}
	return sure
}

// denyOnce tells of a wrong delivery once for each submit: who forges one may forge
// many.
func (s *settler) denyOnce(nonce, taskID, why string) {
	record, _, found := submitOf(s.opts.Store, spendOf(s.opts.Store, nonce))
	if found && !s.denied[nonce] {
		s.denied[nonce] = true
		s.deny(record, taskID, why)
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
	if found.outcome == LateRunning {
		s.settled[late.Nonce] = record
	}
	s.emit(Event{Kind: Settled, Address: found.address, Record: record, Detail: detail})
}

// settledDoubt gives the record that a doubt became by a delivery.
func (r *run) settledDoubt(doubt *state.Record) (state.Record, bool) {
	if doubt == nil || doubt.Status != state.InDoubt {
		return state.Record{}, false
	}
	record, there := r.settled[doubt.Nonce]
	return record, there
}

// takeSettled gives a job whose doubt was settled after it the record of that.
func (r *run) takeSettled(j *job) {
	doubt := &j.record
	if j.givenUp != nil {
		doubt = j.givenUp
	}
	if record, there := r.settledDoubt(doubt); there {
		j.record, j.givenUp = record, nil
	}
}
