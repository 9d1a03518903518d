package view

import (
	"slices"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// paidTask is a task that was paid for and is not on disk whole: the latest of a record,
// or an earlier one in the form of a record.
type paidTask struct {
	state.Record
	earlier bool
}

func (t paidTask) at() task.Address { return t.Address }

// mark says that a task is not of the input that its instance was last submitted with.
func (t paidTask) mark() string {
	if t.earlier {
		return "for an earlier input: "
	}
	return ""
}

func countEarlier(tasks []paidTask) (n int) {
	for _, t := range tasks {
		if t.earlier {
			n++
		}
	}
	return n
}

// paid are the tasks of a status, with the earlier ones that are still to be collected.
func (s Status) paid(status state.Status) (tasks []paidTask) {
	for i := range s.Records {
		r := &s.Records[i]
		if r.Status == status {
			tasks = append(tasks, paidTask{Record: *r})
		}
		for n, p := range r.Past {
			if p.Status == status && p.Uncollected() {
				tasks = append(tasks, paidTask{r.Restore(n, p.Request), true})
			}
		}
	}
	return tasks
}

// running are the tasks that run, the oldest first.
func (s Status) running() []paidTask {
	running := s.paid(state.Running)
	slices.SortStableFunc(running, func(a, b paidTask) int { return a.AcceptedAt.Compare(b.AcceptedAt) })
	return running
}

// undelivered are the results that are not on disk whole: first those that expire
// next, last those that have expired.
func (s Status) undelivered() []paidTask {
	missing := slices.DeleteFunc(s.paid(state.Succeeded), func(t paidTask) bool { return s.absent(t.Record) == 0 })
	slices.SortStableFunc(missing, func(a, b paidTask) int {
		one, other := a.Result.ExpiresAt(), b.Result.ExpiresAt()
		if s.Now.Before(one) != s.Now.Before(other) {
			return map[bool]int{true: -1, false: 1}[s.Now.Before(one)]
		}
		return one.Compare(other)
	})
	return missing
}
