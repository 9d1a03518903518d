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
	s.keepHints(true)
	if err == nil {
		err = guarded(func() error { s.settleAll(ctx, true); return nil })
	}
	r.settled = s.settled
	return err
}

// settleLate settles until ctx ends. It writes down at once what deliveries name, and
// asks for it at most once in a confirmGap.
func (s *settler) settleLate(ctx context.Context) {
	var asked time.Time
	var ask <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.deliveries.more:
			s.keepHints(false)
			ask = time.After(time.Until(asked.Add(confirmGap)))
		case <-ask:
			ask = nil
			if sure := s.settleAll(ctx, false); !sure {
				ask = time.After(confirmAgain)
			}
			asked = time.Now()
		}
	}
}

// keepHints writes down what deliveries named, before anybody knows more. all is as
// with settleAll.
func (s *settler) keepHints(all bool) {
	for nonce := range s.deliveries.unsettled(s.opts.Store, all) {
		if next, changed := s.keepHint(nonce); changed {
			s.settled[next.Address] = next
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
	submits, repeating := unsettledSubmits(j.record), after5xx(j.record, record.Nonce)
	j.record, j.givenUp = record, nil
	for _, submit := range submits {
		switch {
		case submit.Nonce != record.Nonce:
		case record.Status == state.Running:
			r.countSettled(j, submit, repeating)
		case record.Status == state.InDoubt:
			r.countDoubtful(j, submit, repeating)
		}
	}
}
