package runner

import (
	"slices"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Summary is what a run came to. Every action is counted in at most one of the
// lists and Done; those with nothing to do are in none.
type Summary struct {
	Started, Ended time.Time

	Done        int     // succeeded, and all files on disk
	Failed      []Ended // for good, retryably, or in the download; earlier failures that block too
	Skipped     []Ended // not submitted because of another instance; Failure says which
	Running     []Ended // accepted and paid, no terminal answer yet; of an earlier task if all else is done
	Undelivered []Ended // succeeded, and the run ended before all files were on disk; the same
	InDoubt     []Ended
	Left        []Ended // not submitted because submitting ended

	// Collected are the earlier tasks whose last files this run has saved.
	Collected []CollectedTask

	Accepted int // submits accepted in this run
	Repeated int // submits repeated after a 5xx; each may have been charged
	// RepeatedAt is the first instance of which a submit was repeated.
	RepeatedAt task.Address
	Retried    int // further attempts after a failed task
	// SharedTasks counts accepted submits that got a task ID which another has.
	SharedTasks int
	// Resubmitted counts submits after one in doubt, which on_in_doubt asked for,
	// and ResubmittedCost what those doubts may have cost.
	Resubmitted     int
	ResubmittedCost task.Cost

	// Spent is the price of what was accepted in this run, Reserved that of
	// doubts that arose in it. Unpriced counts accepted submits without a price.
	Spent, Reserved task.Cost
	Unpriced        int
	// SpentLow is Spent with the low end of each price that is a range. After5xx
	// is the price of the submits that ended in a 5xx, which stays reserved.
	SpentLow, After5xx task.Cost
	// WithoutPrice counts Unpriced by model.
	WithoutPrice map[string]int
	// Balance is what the key had left before the first submit and after the end
	// of the run; nil if it was not read, or could not be.
	Balance struct{ Before, After *task.Cost }

	// Stop says why submitting ended early; empty if it did not.
	Stop       task.Reason
	StopDetail string
}

// Expected bounds what the run should have taken off the balance, by the prices
// that are known: at least what was accepted, at most that and all that may have
// been charged besides, which is doubts and submits that ended in a 5xx.
func (s *Summary) Expected() (low, high task.Cost) {
	return s.SpentLow, s.Spent + s.Reserved + s.After5xx
}

// Charged is how far the balance fell in the course of the run; ok is false if
// it was not read at both ends. It is evidence, not proof: the key may have
// other users, and whether failed tasks are refunded is not documented.
func (s *Summary) Charged() (fell task.Cost, ok bool) {
	before, after := s.Balance.Before, s.Balance.After
	if before == nil || after == nil {
		return 0, false
	}
	return *before - *after, true
}

func (s *Summary) withoutPrice(model string, n int) {
	if s.WithoutPrice == nil {
		s.WithoutPrice = make(map[string]int)
	}
	s.WithoutPrice[model] += n
}

// Ended is how one instance ended.
type Ended struct {
	Address task.Address
	Model   string
	TaskID  string
	Failure task.Failure // zero if it did not fail
	Cost    task.Cost
	Priced  bool
	// ExpiresAt is when the URLs of its result die; zero if there is none, and if all
	// its files are on disk.
	ExpiresAt time.Time
	// Obstructed: its download failed because another file is where one of its own, or
	// the directory of it, should be.
	Obstructed bool
	// What is known of a submit in doubt; zero otherwise.
	Nonce       string
	SubmittedAt time.Time
	Doubt       *state.Doubt
}

// CollectedTask is an earlier task of an instance all of whose files are on disk.
type CollectedTask struct {
	Address task.Address
	TaskID  string
	Paths   []string // from the configuration's directory, with slashes
}

// summarize fills in the lists, in plan order.
func (r *run) summarize(p *plan.Plan, jobs []*job) {
	s := &r.summary
	s.Ended = time.Now()
	s.Stop, s.StopDetail = r.brake.why()
	jobs = slices.DeleteFunc(jobs, func(j *job) bool { return j == nil }) // let go, and counted
	next := 0
	for i := range p.Actions {
		a := &p.Actions[i]
		if next < len(jobs) && jobs[next].action == a {
			j := jobs[next]
			r.seeNamed(j)
			if j.planned() || j.record.Status != a.Prior.Status || j.record.Status == state.InDoubt || j.record.Uncollected() >= 0 {
				s.addJob(j)
			} else {
				s.addIdle(a)
			}
			next++
		} else if r.opts.Only(a.Address) {
			s.addIdle(a)
		}
	}
}

func (s *Summary) addJob(j *job) {
	ended := newEnded(j.action, j.record)
	ended.Obstructed = j.obstructed
	switch {
	case j.givenUp != nil: // its successor was not sent
		s.InDoubt = append(s.InDoubt, newEnded(j.action, j.givenUp))
	case j.record.Status == state.Running:
		s.Running = append(s.Running, ended)
	case j.skipped != nil && (j.adopting || j.skipped.Reason == task.Rejected):
		ended.Failure = *j.skipped
		s.Failed = append(s.Failed, ended)
	case j.skipped != nil:
		ended.Failure = *j.skipped
		s.Skipped = append(s.Skipped, ended)
	case j.record.Status == state.InDoubt:
		s.InDoubt = append(s.InDoubt, ended)
	case j.record.Failure != nil && (j.declared || j.collecting):
		s.Failed = append(s.Failed, ended)
	case j.submits() && !j.declared, j.record.Status != state.Succeeded:
		s.Left = append(s.Left, ended)
	case !j.record.Complete():
		s.Undelivered = append(s.Undelivered, ended)
	case s.addPast(j):
	case j.declared, j.action.Kind == plan.Orphan, !j.planned():
		s.Done++
	default:
		s.addIdle(j.action) // collected, though it is blocked or left out
	}
}

// addPast counts an instance that has all but what an earlier task of it made. Who asks
// for another result by -replace has given up what cannot be fetched of the one before.
func (s *Summary) addPast(j *job) bool {
	at := j.record.Uncollected()
	if at < 0 {
		return false
	}
	p := j.record.Past[at]
	if p.Status != state.Running && j.action.Reason == plan.Requested {
		return false
	}
	ended := Ended{Address: j.action.Address, Model: j.action.Model(), TaskID: p.TaskID, Cost: p.Cost, Priced: true}
	if p.Status == state.Running {
		s.Running = append(s.Running, ended)
	} else {
		if p.Result != nil {
			ended.ExpiresAt = p.Result.ExpiresAt()
		}
		s.Undelivered = append(s.Undelivered, ended)
	}
	return true
}

// addIdle counts an action that had nothing to carry out.
func (s *Summary) addIdle(a *plan.Action) {
	switch {
	case a.Kind == plan.Blocked && a.Reason == plan.UpstreamBlocked:
		ended := newEnded(a, a.Prior)
		ended.Failure = task.Failure{Reason: task.DependencyFailed, Message: a.Detail}
		s.Skipped = append(s.Skipped, ended)
	case a.Kind == plan.Blocked:
		s.Failed = append(s.Failed, newEnded(a, a.Prior))
	case a.InDoubt():
		s.InDoubt = append(s.InDoubt, newEnded(a, a.Prior))
	}
}

func newEnded(a *plan.Action, r *state.Record) Ended {
	ended := Ended{Address: a.Address, Model: a.Model()}
	if r == nil {
		return ended
	}
	ended.TaskID, ended.Cost, ended.Priced = r.TaskID, r.Cost, r.Priced
	if r.Failure != nil {
		ended.Failure = *r.Failure
	}
	if r.Result != nil && !r.Complete() {
		ended.ExpiresAt = r.Result.ExpiresAt()
	}
	if r.Status == state.InDoubt || r.Status == state.Submitting {
		ended.Nonce, ended.SubmittedAt, ended.Doubt = r.Nonce, r.SubmittedAt, r.Doubt
	}
	return ended
}
