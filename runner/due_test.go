package runner

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/timing"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func newDue(set bool) (*run, *schedule) { return newDueOf(set, time.Now()) }

func newDueOf(set bool, accepted time.Time) (*run, *schedule) {
	r := &run{times: timing.NewBook()}
	record := state.Record{AcceptedAt: accepted, Request: task.Request{Model: "m"}}
	return r, r.newSchedule(plan.Timing{
		Poll: catalog.Poll{First: 15 * time.Second, Interval: 10 * time.Second, MaxInterval: 10 * time.Second}, PollSet: set,
		Usual: catalog.Span{Min: 10 * time.Second, Max: 15 * time.Second}, Timeout: 3 * time.Minute,
	}, &record)
}

// What was learned tells nothing of a task that should have ended long ago, as one
// may be that is collected late. A record that was recovered may lack the time.
func TestOverdueTaskIsAskedForAtIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, accepted := range []time.Time{{}, time.Now().AddDate(-50, 0, 0), time.Now().Add(-24 * time.Hour)} {
			_, s := newDueOf(false, accepted)
			if wait, _ := s.next(time.Now()); wait > 0 {
				t.Errorf("accepted %v: the first poll after %v", accepted, wait)
			}
			s.polled = time.Now()
			s.answered(time.Now(), apixo.StatusAnswer{Task: &apixo.Task{State: "processing"}})
			if wait, _ := s.next(time.Now()); wait < 9*time.Second || wait > 11*time.Second {
				t.Errorf("accepted %v: the next poll after %v", accepted, wait)
			}
		}
	})
}

func TestPollBlockIsKeptTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newDue(true)
		for range 50 {
			s.times.Learn(s.accepted, s.accepted.Add(3*time.Second))
		}
		if wait, changed := s.next(time.Now()); wait != 15*time.Second || changed != nil {
			t.Errorf("the first poll after %v", wait)
		}
		s.polled = time.Now()
		time.Sleep(20 * time.Second)
		if wait, _ := s.next(time.Now()); wait < 9*time.Second || wait > 11*time.Second {
			t.Errorf("the next poll after %v", wait)
		}
	})
}

func TestPollsFollowTheLearnedTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newDue(false)
		_, changed := s.next(time.Now())
		for range 50 {
			s.times.Learn(s.accepted, s.accepted.Add(30*time.Second))
		}
		select {
		case <-changed:
		default:
			t.Error("nothing told that times were learned")
		}
		if wait, _ := s.next(time.Now()); wait < 20*time.Second || wait > 30*time.Second {
			t.Errorf("the first poll after %v", wait)
		}
		time.Sleep(30 * time.Second)
		s.polled = time.Now()
		s.answered(time.Now(), apixo.StatusAnswer{Task: &apixo.Task{State: "processing"}})
		if wait, _ := s.next(time.Now()); wait < time.Second || wait > 10*time.Second {
			t.Errorf("after an answer the next poll after %v", wait)
		}
	})
}

// A delivery makes no poll sooner than the interval allows, also where none follows it.
func TestADeliveryThatWasHeededKeepsTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newDue(false)
		time.Sleep(20 * time.Second)
		s.polled, s.told = time.Now(), true
		for range 100 {
			if wait, _ := s.next(time.Now()); wait < s.poll.Interval {
				t.Fatalf("the next poll after %v of %v", wait, s.poll.Interval)
			}
		}
	})
}

// An answer that tells nothing of the task is no reason to ask at once.
func TestUnreadableAnswerKeepsTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newDue(false)
		time.Sleep(20 * time.Second)
		s.polled = time.Now()
		s.answered(time.Now(), apixo.StatusAnswer{Answer: apixo.Answer{Err: errors.New("cut")}})
		if wait, _ := s.next(time.Now()); wait < 9*time.Second {
			t.Errorf("the next poll after %v", wait)
		}
	})
}

// The API's times are believed as far as they fit what was seen.
func TestImpossibleTimesAreNotLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newDue(false)
		begin := time.Now()
		time.Sleep(10 * time.Second)
		s.answered(time.Now(), apixo.StatusAnswer{Task: &apixo.Task{State: "processing"}})
		time.Sleep(10 * time.Second)
		usual := s.times.Median()
		for _, took := range []time.Duration{0, 5 * time.Second, time.Hour, -time.Second} {
			s.ended(&apixo.Task{CreatedAt: begin, CompletedAt: begin.Add(took)})
		}
		s.ended(&apixo.Task{})
		s.ended(nil)
		if got := s.times.Median(); got != usual {
			t.Errorf("the median is %v, and was %v", got, usual)
		}
		s.ended(&apixo.Task{CreatedAt: begin, CompletedAt: begin.Add(19 * time.Second)})
		if got := r.timesOf(task.Request{Model: "m"}, catalog.Span{}).Median(); got == usual {
			t.Error("a time that fits was not learned")
		}
	})
}

func TestResultsOfTheStateAreLearnedFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{times: timing.NewBook()}
		p := new(plan.Plan)
		for i := range 20 {
			made := time.Now().Add(time.Duration(i) * time.Minute)
			p.Actions = append(p.Actions, plan.Action{
				Instance: &spec.Instance{InstanceSettings: &spec.InstanceSettings{Model: "nano-banana"}},
				Prior: &state.Record{
					Status: state.Succeeded, Request: task.Request{Model: "nano-banana"}, AcceptedAt: made,
					Result: &task.Result{CreatedAt: made, CompletedAt: made.Add(40 * time.Second), ReceivedAt: made.Add(45 * time.Second)},
				},
			})
			wrong := p.Actions[len(p.Actions)-1]
			prior, result := *wrong.Prior, *wrong.Prior.Result
			result.CompletedAt = made.Add(8 * time.Hour) // after it was here
			prior.Result, wrong.Prior = &result, &prior
			p.Actions = append(p.Actions, wrong)
		}
		r.learnFrom(p)
		if got := r.timesOf(task.Request{Model: "nano-banana"}, catalog.Span{}).Median(); got < 35*time.Second || got > 45*time.Second {
			t.Errorf("the median is %v", got)
		}
	})
}
