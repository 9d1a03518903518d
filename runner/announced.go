package runner

import (
	"context"
	"time"

	"apixo-batch/spec/catalog"
)

// safetyNet is the schedule for a task whose end will be delivered: late enough
// that nearly every task has ended by then, and a first delivery that failed has
// been repeated after 30 s (API document, section 6); then at the longest interval.
func safetyNet(p catalog.Poll) catalog.Poll {
	interval := max(p.Interval, p.MaxInterval)
	return catalog.Poll{First: 2 * (p.First + interval), Interval: interval, MaxInterval: interval}
}

// untilPoll waits for the next poll of the job's task: by the schedule, or for a
// delivery, though never less than the schedule's interval after the last poll. So
// deliveries, be they forged, make no more polls than there would be without any.
func (r *run) untilPoll(ctx context.Context, j *job, s *schedule) error {
	s.told = j.bell.hurried
	s.announced = r.expects(j)
	for due := false; !due; {
		wait, changed := s.next(time.Now())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			due = true
		case <-changed:
		case <-j.bell.rung:
			j.bell.hurried, due = true, true
			if err := sleep(ctx, s.soonest(time.Now())); err != nil {
				return err
			}
		}
		timer.Stop()
	}
	select {
	case <-j.bell.rung: // the poll that follows answers this one too
		j.bell.hurried = true
	default:
	}
	s.polled = time.Now()
	return nil
}

// expects reports whether a delivery for the job's submit can be counted on.
func (r *run) expects(j *job) bool { return j.bell.called && r.deliveries.reliable() }

// endedAnnounced notes whether the end of the job's task was delivered.
func (r *run) endedAnnounced(j *job) {
	if r.deliveries.ended(j.bell) {
		r.emit(Event{Kind: Unheard, Detail: "the last tasks ended, and no delivery told of it: see that the callback URL leads to this process; " +
			"until a delivery comes, tasks are asked for as often as without"})
	}
}
