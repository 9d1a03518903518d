package gallery

import (
	"slices"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Run is one apply, or what was done by hand, as the ledger tells of it.
type Run struct {
	Name     string    // "" for what was done by hand
	From, To time.Time // its first submit, and the last thing that is known of its tasks
	Open     bool      // tasks of it still run
	Submits  int
	Refused  int
	// Succeeded and Failed are tasks, Unsettled those that run or are in doubt.
	Succeeded, Failed, Unsettled int
	Spent                        task.Cost
	tries                        []try
}

// Took is how long it took.
func (r *Run) Took() time.Duration { return r.To.Sub(r.From) }

// try is one submit and its task.
type try struct {
	address  task.Address
	from     time.Time // about to be sent
	accepted time.Time // zero if it was not
	to       time.Time // its end; zero if that is not known
	status   Status    // Waiting for a submit that was refused, "" if nobody knows
	settled  bool      // in doubt once, and settled as not charged
	cost     task.Cost // that counts
}

// end is when a try is over, or now.
func (t *try) end(now time.Time) time.Time {
	if t.to.IsZero() {
		return latest(t.from, now)
	}
	return latest(t.from, t.to)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// outcome is what a record knows of a submit.
type outcome struct {
	accepted, to time.Time
	status       Status
}

// runs folds the ledger into runs, and looks up in the records how each submit
// ended. The records of some may be gone: then only the submit is known.
func (c *collector) runs() []Run {
	outcomes := c.outcomes()
	byName := make(map[string]*Run)
	var names []string
	for _, spend := range c.Contents.Spends {
		run := byName[spend.Run]
		if run == nil {
			run = &Run{Name: line(spend.Run)}
			byName[spend.Run] = run
			names = append(names, spend.Run)
		}
		run.add(newTry(spend, outcomes[spend.Nonce]))
	}
	var runs []Run
	for _, name := range names {
		runs = append(runs, *byName[name])
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.From.Compare(b.From) })
	return runs
}

func (c *collector) outcomes() map[string]outcome {
	outcomes := make(map[string]outcome)
	for i := range c.Contents.Records {
		rec := &c.Contents.Records[i]
		for j := range rec.Past {
			p := &rec.Past[j]
			outcomes[p.Nonce] = outcome{to: p.FinishedAt, status: statusOf(&state.Record{Status: p.Status}, nil, c.Running)}
			if p.Status == state.Succeeded {
				outcomes[p.Nonce] = outcome{to: p.FinishedAt, status: Succeeded}
			}
		}
		status := statusOf(rec, nil, c.Running)
		if rec.Status == state.Succeeded {
			status = Succeeded // when it was made, whatever became of its files
		}
		outcomes[rec.Nonce] = outcome{rec.AcceptedAt, rec.FinishedAt, status}
	}
	return outcomes
}

func newTry(spend state.Spend, o outcome) try {
	t := try{address: spend.Address, from: spend.ReservedAt, accepted: spend.ChargedAt, to: o.to, status: o.status, cost: spend.Committed()}
	if !o.accepted.IsZero() {
		t.accepted = o.accepted
	}
	switch {
	case !spend.ReleasedAt.IsZero() && spend.Settled != nil: // when it was settled is no part of the run
		t.accepted, t.to, t.status, t.settled = time.Time{}, t.from, "", true
	case !spend.ReleasedAt.IsZero():
		t.accepted, t.to, t.status = time.Time{}, spend.ReleasedAt, Waiting
	case t.status == "" && !t.accepted.IsZero(): // its record is gone
		t.to = t.accepted
	case t.status == "":
		t.status, t.to = InDoubt, t.from
	case t.status == InDoubt && t.to.IsZero():
		t.to = t.from
	}
	return t
}

func (r *Run) add(t try) {
	if r.From.IsZero() || t.from.Before(r.From) {
		r.From = t.from
	}
	r.To = latest(r.To, latest(t.from, latest(t.accepted, t.to)))
	r.Open = r.Open || t.to.IsZero()
	r.tries = append(r.tries, t)
	r.Spent += t.cost
	r.Submits++
	switch t.status {
	case Waiting:
		r.Refused++
	case Succeeded:
		r.Succeeded++
	case Failed:
		r.Failed++
	case Running, InDoubt:
		r.Unsettled++
	}
}
