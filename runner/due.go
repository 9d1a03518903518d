package runner

import (
	"math/rand/v2"
	"net/http"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/timing"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

// schedule places a task's polls: where the processing times that were learned say
// that the task is likely to have ended, or by the file's own poll block. One that
// is collected later than that is asked for at once, and one that ran longer than
// tasks are waited for at the documented intervals: times tell nothing of it.
type schedule struct {
	poll     catalog.Poll
	set      bool // the file sets poll
	times    *timing.Times
	task     timing.Task
	accepted time.Time
	timeout  time.Duration // after which it is overdue

	polled time.Time     // the latest poll; zero before the first
	seen   time.Duration // the task's age when the API last said that it runs
	// blind: the latest answer told nothing of the task, and refused nothing.
	blind bool
	// announced: a delivery will tell of the end; told: one did.
	announced, told bool
}

func (r *run) newSchedule(t plan.Timing, record *state.Record) *schedule {
	times := r.timesOf(record.Request, t.Usual)
	return &schedule{poll: t.Poll, set: t.PollSet, times: times, task: times.Task(), accepted: record.AcceptedAt, timeout: t.Timeout}
}

// next is how long to wait before the next poll. changed, if it is not nil, is
// closed when enough was learned to ask again.
func (s *schedule) next(now time.Time) (wait time.Duration, changed <-chan struct{}) {
	p := s.poll
	switch {
	case s.told:
		p.First = 0
		return max(s.stated(p, now), s.soonest(now)), nil
	case s.announced:
		p = safetyNet(p)
	case !s.set && !s.blind && s.seen < s.timeout:
		return s.learned(now)
	}
	return s.stated(p, now), nil
}

// spread is how far polls are moved at random, as a share of the time between
// them (1/spread), so that tasks do not poll in step.
const spread = 20

// learned places the poll by what is known of processing times, and at the timeout at
// the latest: who is overdue is asked for once more, and then no longer waited for.
func (s *schedule) learned(now time.Time) (wait time.Duration, changed <-chan struct{}) {
	due, changed := s.task.Next(s.seen)
	due += rand.N((due-s.seen)/spread+1) - (due-s.seen)/spread/2
	if age := s.age(now); age < s.timeout {
		due = min(due, s.timeout)
	}
	return due - s.age(now), changed
}

// stated places the poll by a schedule: the first after First, counted from
// acceptance, then every Interval, growing with the task's age so that the lag
// stays at about a tenth of it, up to MaxInterval.
func (s *schedule) stated(p catalog.Poll, now time.Time) time.Duration {
	age := s.age(now)
	first := max(0, p.First-age)
	if s.polled.IsZero() {
		return first
	}
	gap := min(max(p.Interval, age/10), max(p.Interval, p.MaxInterval))
	return max(first, gap-gap/spread+rand.N(2*gap/spread+1))
}

// soonest is how long to wait before a poll that a delivery asks for.
func (s *schedule) soonest(now time.Time) time.Duration {
	if s.polled.IsZero() {
		return 0
	}
	return s.poll.Interval - now.Sub(s.polled)
}

// age is how long ago the task was accepted, by a clock that may have been set back.
func (s *schedule) age(now time.Time) time.Duration { return max(0, now.Sub(s.accepted)) }

// answered takes in the answer to a poll that was sent when began, for a task that
// has not ended.
func (s *schedule) answered(began time.Time, a apixo.StatusAnswer) {
	if a.Task != nil {
		s.seen = max(s.seen, s.age(began))
	}
	// After a refusal the pace says when calls start again.
	s.blind = a.Task == nil && a.Answer.Status() != http.StatusTooManyRequests
}

// timeSlack is how far the API's clock and ours may differ over one task, its cut
// to whole seconds included.
const timeSlack = 2 * time.Second

// ended learns from the API's own times of a task; nil where there are none. When
// it was found says nothing, but that what was seen to run had not ended: a time
// that contradicts it is not believed.
func (s *schedule) ended(t *apixo.Task) {
	if t == nil {
		return
	}
	took := t.CompletedAt.Sub(t.CreatedAt)
	switch {
	case t.CreatedAt.IsZero() || t.CompletedAt.IsZero():
	case took > s.seen-timeSlack && took < s.age(time.Now())+timeSlack:
		s.times.Learn(t.CreatedAt, t.CompletedAt)
	default:
		s.times.Contradict()
	}
}
