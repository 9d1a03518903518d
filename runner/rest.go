package runner

import (
	"slices"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// A delivery is waited for at least until it would have been repeated twice, after
// 30 s and 2 min (API document, section 6), and never for hours.
const (
	minPatience = 3 * time.Minute
	maxPatience = 30 * time.Minute
)

// What a delivery named is asked for again where the API did not confirm it: after
// askAgain, then ever more seldom, up to askSeldom. A run waits askPatience for it.
const (
	askAgain    = 5 * time.Second
	askSeldom   = 5 * time.Minute
	askPatience = time.Minute
)

const longTime = 365 * 24 * time.Hour

// resting is how a job waits for what deliveries may tell. It holds no slot meanwhile.
type resting struct {
	wake  time.Time // when it is looked at again if no delivery comes; zero for never
	until time.Time // how long the run waits for it; zero if not at all
	named bool      // a task is named for one of its submits
	heard int       // names that were asked for the last time
	asked int       // questions in a row that the API did not answer
	last  time.Time // when the latest was asked
	first time.Time // when the first of them was
}

// patience is how long deliveries for the job's submits without an outcome are waited
// for: as long as a task may take, with room for two repetitions of a delivery that
// failed, and within bounds. That holds for submits of earlier runs too, since the state
// does not say which asked for a delivery; not for what is known to have created
// nothing. A wait that has begun is not cut.
func (r *run) patience(j *job) (longest time.Duration) {
	if !r.callback.asked() || j.until.IsZero() && !r.deliveries.reliable() || !j.stored().Lacks() {
		return 0
	}
	most := patienceWith(j.action, j.record.Request.Model)
	for _, nonce := range r.open(j) {
		if s, known := r.opts.Store.Spend(nonce); known && s.ReleasedAt.IsZero() {
			longest = max(longest, most-max(0, time.Since(s.ReservedAt)))
		}
	}
	return longest
}

// open are the submits without a task that a submit of the job would repeat: those of
// its record, of that on disk, if it is of the same request, and of this run.
func (r *run) open(j *job) []string {
	nonces := j.record.Open()
	if stored, there := r.opts.Store.Record(j.record.Address); there && stored.Fingerprint == j.record.Fingerprint {
		nonces = append(nonces, stored.Open()...)
	}
	return j.withoutTask(append(nonces, j.sent...))
}

// allOpen are all submits of the job without a task, also those of earlier requests.
func (r *run) allOpen(j *job) []string {
	return j.withoutTask(append(r.open(j), allOpen(j.record)...))
}

// withoutTask leaves out the submits of which the job's record has the task, and what
// stands twice.
func (j *job) withoutTask(nonces []string) (open []string) {
	for _, nonce := range nonces {
		has := j.record.Nonce == nonce && j.record.TaskID != "" ||
			slices.ContainsFunc(j.record.Past, func(p state.Past) bool { return p.Nonce == nonce && p.TaskID != "" })
		if !has && !slices.Contains(open, nonce) {
			open = append(open, nonce)
		}
	}
	return open
}

// isNamed reports whether a task is named for a submit that the job would repeat.
func (r *run) isNamed(j *job) bool {
	return slices.ContainsFunc(r.open(j), func(nonce string) bool { return len(r.names(nonce)) > 0 })
}

// rests decides whether the job waits for deliveries. verdict is what came of those
// that are there.
func (r *run) rests(j *job, verdict confirmation) bool {
	now := time.Now()
	until := now.Add(r.patience(j))
	if verdict == unsure {
		if later := j.first.Add(askPatience); later.After(until) {
			until = later
		}
	}
	if !until.After(now) {
		j.until = time.Time{}
		return false
	}
	j.until = until
	if j.wake.IsZero() || j.wake.After(until) {
		j.wake = until
	}
	return true
}

// unsettled reports whether something of an action is to be waited or asked for, beside
// what it is planned for.
func (r *run) unsettled(a *plan.Action) bool {
	return a.Prior != nil && (Asks(r.opts.Store, a) || r.callback.asked() && len(allOpen(*a.Prior)) > 0)
}

// Asks reports whether a run asks for a task of the action which no plan shows: one that
// a webhook named, or an earlier one whose end is not known, or not on disk.
func Asks(store *state.Store, a *plan.Action) bool {
	return a.Prior != nil && (slices.ContainsFunc(allOpen(*a.Prior), func(nonce string) bool { return len(store.Names(nonce)) > 0 }) ||
		slices.ContainsFunc(a.Prior.Past, uncollected))
}

// AwaitsUntil is how long a run that takes webhooks waits for one about the action's
// submit in doubt; a time that is over if it does not.
func AwaitsUntil(a *plan.Action) time.Time {
	if a.Prior == nil || a.Prior.Status != state.InDoubt {
		return time.Time{}
	}
	return a.Prior.SubmittedAt.Add(patienceWith(a, a.Prior.Request.Model))
}

// patienceWith is how long after a submit its delivery is waited for.
func patienceWith(a *plan.Action, model string) time.Duration {
	return min(max(a.Timing(model).Timeout, minPatience), maxPatience)
}

// allOpen are all submits of a record, its earlier ones too, that have no task.
func allOpen(r state.Record) []string {
	nonces := r.Open()
	for _, p := range r.Past {
		if p.TaskID == "" && !slices.Contains(nonces, p.Nonce) {
			nonces = append(nonces, p.Nonce)
		}
	}
	return nonces
}

// followAll makes deliveries for the job's submits without a task ring its bell.
func (r *run) followAll(j *job) {
	j.bell = &bell{job: j, rung: make(chan struct{}, 1)}
	for _, nonce := range allOpen(j.record) {
		r.deliveries.follow(j, nonce)
	}
}

// namesOf counts what is named for the job's submits.
func (r *run) namesOf(j *job) (n int) {
	for _, nonce := range r.allOpen(j) {
		n += len(r.names(nonce))
	}
	return n
}

// look leaves a job that nobody works on to what deliveries tell: it is worked on again
// at once if a task is named for a submit of it, else when its time has come.
func (s *scheduler) look(j *job) {
	if j.busy || s.rests[j] {
		return
	}
	j.named = s.run.namesOf(j) > 0
	switch {
	case j.wake.IsZero() && (j.named || slices.ContainsFunc(j.record.Past, uncollected) && j.last.IsZero()):
		s.enqueue(j)
		return
	case j.wake.IsZero() && s.run.awaitsPast(j):
	case j.wake.IsZero() && (j.submits() || !s.run.rests(j, denied)):
		return
	}
	s.rests[j] = true
	if !j.until.IsZero() {
		s.holding++
	}
	s.setAlarm(j.wake)
}

// setAlarm sees to it that the jobs that rest are looked at by then.
func (s *scheduler) setAlarm(at time.Time) {
	if s.alarmed.IsZero() || at.Before(s.alarmed) {
		s.alarmed = at
		s.alarm.Reset(time.Until(at))
	}
}

// endRest takes a job from those that rest. How long the run waits for it stays.
func (s *scheduler) endRest(j *job) {
	if s.rests[j] && !j.until.IsZero() {
		s.holding--
	}
	delete(s.rests, j)
	j.wake = time.Time{}
}

// rouseDue rouses the jobs whose time has come.
func (s *scheduler) rouseDue() {
	s.alarmed = time.Time{}
	now := time.Now()
	var next time.Time
	for j := range s.rests {
		if !j.wake.After(now) {
			s.enqueue(j)
		} else if next.IsZero() || j.wake.Before(next) {
			next = j.wake
		}
	}
	if !next.IsZero() {
		s.setAlarm(next)
	}
}

// rouseRung rouses the jobs for which a delivery named something new: askAgain after
// they last asked, so that no flood makes more calls. Whoever works on one looks by
// himself.
func (s *scheduler) rouseRung() {
	for j := range s.run.deliveries.ringing() {
		if j.busy {
			continue
		}
		at := j.last.Add(askAgain)
		switch {
		case !s.rests[j]:
			s.look(j)
		case s.run.namesOf(j) <= j.heard:
		case at.After(time.Now()):
			j.wake = at
			s.setAlarm(at)
		default:
			j.named = true
			s.enqueue(j)
		}
	}
}
