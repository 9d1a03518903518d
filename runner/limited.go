package runner

import (
	"fmt"
	"sync"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// limited counts, by model, how often it was held back for tasks that failed for
// its limit, since one of them last succeeded.
type limited struct {
	mu    sync.Mutex
	holds map[string]int
}

func newLimited() *limited { return &limited{holds: make(map[string]int)} }

func (l *limited) of(model string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holds[model]
}

func (l *limited) add(model string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds[model]++
}

func (l *limited) reset(model string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.holds, model)
}

// heedLimit tells the pace of a task that ended. One that failed for a limit (API
// document, section 10, RateLimited) is a late refusal of its submit, and maybe a
// paid one: the whole model is held back, for 3 to 4 s, then for twice as long each
// time, up to a minute, until a task of it succeeds. Of the tasks that were
// submitted before a hold only the first counts. Of one that an earlier run
// submitted nobody knows at what pace that was.
func (r *run) heedLimit(j *job) {
	model := j.record.Request.Model
	switch f := j.record.Failure; {
	case j.record.Status == state.Succeeded:
		r.limited.reset(model)
	case f != nil && f.Reason == task.RateLimited && j.ticket != nil:
		cause := fmt.Sprintf("tasks of %s fail for a limit: %s: %s", model, f.Code, f.Message)
		if slow, counted := j.ticket.RefusedLate(backoff(2 + r.limited.of(model))); counted {
			r.slow(slow, model, cause)
			r.limited.add(model)
		}
	}
}
