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

// rest is how a job waits for what deliveries may tell, and for the ends of its earlier
// tasks. It holds no slot meanwhile. It is worked on again when it wakes, or, askAgain
// after it last asked, for what it has not asked for yet.
type rest struct {
	wake time.Time // zero for never
	// The run waits for the job until its names are clear, or deliveries not to be
	// expected any more; and for the ends of its earlier tasks. Zero if it does not.
	until, pastUntil time.Time

	last    time.Time // when it was last worked on; zero for never
	named   bool      // a task is named for one of its submits
	asked   map[string]bool
	unclear int       // times in a row that the API did not say what was asked
	since   time.Time // the first of those
}

// held reports whether the run waits for the job.
func (t *rest) held() bool { return !t.until.IsZero() || !t.pastUntil.IsZero() }

// wakeBy makes the job wake no later than then.
func (t *rest) wakeBy(at time.Time) {
	if t.wake.IsZero() || at.Before(t.wake) {
		t.wake = at
	}
}

// news reports whether a name is among them that was not asked for the last time.
func (t *rest) news(names []inquiry) bool {
	return slices.ContainsFunc(names, func(a inquiry) bool { return !t.asked[a.key()] })
}

// answered notes that names were asked for. Where some are unclear they are asked for
// again, ever more seldom.
func (t *rest) answered(began time.Time, names []inquiry, unclear bool) {
	t.last, t.wake, t.asked = time.Now(), time.Time{}, nil
	if len(names) > 0 { // as seldom
		t.asked = make(map[string]bool, len(names))
	}
	for _, a := range names {
		t.asked[a.key()] = true
	}
	if !unclear {
		t.unclear, t.since = 0, time.Time{}
		return
	}
	if t.unclear == 0 {
		t.since = began
	}
	t.wake = t.last.Add(min(askAgain<<min(t.unclear, 10), askSeldom))
	t.unclear++
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
	for _, s := range j.sent {
		nonces = append(nonces, s.nonce)
	}
	return j.withoutTask(nonces)
}

// allOpen are all submits of the job without a task, also those of earlier requests, and
// those that were refused and that its record has forgotten.
func (r *run) allOpen(j *job) []string {
	return j.withoutTask(slices.Concat(r.open(j), allOpen(*j.record), j.former))
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

// awaits decides whether the job waits for deliveries. unclear says that of those that
// are there nobody knows yet whether they are true.
func (r *run) awaits(j *job, unclear bool) bool {
	now := time.Now()
	until := now.Add(r.patience(j))
	if unclear {
		if later := j.since.Add(askPatience); later.After(until) {
			until = later
		}
	}
	if !until.After(now) {
		j.until = time.Time{}
		return false
	}
	j.until = until
	j.wakeBy(until)
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
		a.Prior.Uncollected() >= 0)
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
func (r *run) followAll(j *job, forgotten []string) {
	j.former = append(allOpen(*j.record), forgotten...)
	for _, nonce := range j.former {
		r.deliveries.follow(j, nonce)
	}
}

// look leaves a job that nobody works on to what deliveries tell.
func (s *scheduler) look(j *job) {
	if j.busy {
		return
	}
	s.endRest(j)
	names := s.run.inquiries(j)
	j.named = len(names) > 0
	news := j.news(names) || j.last.IsZero() && j.record.Uncollected() >= 0
	switch waits := s.run.awaitsPast(j); {
	case news:
		j.wakeBy(j.last.Add(askAgain))
	case waits || !j.wake.IsZero():
	case j.submits() || !s.run.awaits(j, false):
		return
	}
	if !j.wake.After(time.Now()) {
		s.enqueue(j)
		return
	}
	s.rests[j] = j.held()
	if j.held() {
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

// endRest takes a job from those that rest.
func (s *scheduler) endRest(j *job) {
	if s.rests[j] {
		s.holding--
	}
	delete(s.rests, j)
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

// rouseRung looks at the jobs for which deliveries came. Whoever works on one looks by
// himself.
func (s *scheduler) rouseRung() {
	for j := range s.run.deliveries.ringing() {
		s.look(j)
	}
}
