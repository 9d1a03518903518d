package runner

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Answers of the API that make no sense are told, and nothing paid is decided by
// them: a task ID is kept whatever it looks like, an answer about another task
// counts for nothing, and the first recorded end of a task stands.

// owners knows which instance has which task, now or in its past.
type owners struct {
	mu sync.Mutex
	of map[string]task.Address
}

func newOwners(records []*state.Record) *owners {
	o := &owners{of: make(map[string]task.Address, len(records))}
	for _, r := range records {
		o.of[r.TaskID] = r.Address
		for _, past := range r.Past {
			o.of[past.TaskID] = r.Address
		}
	}
	delete(o.of, "")
	return o
}

// take notes who has a task, and reports who had it before.
func (o *owners) take(taskID string, a task.Address) (other task.Address, shared bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if other, shared = o.of[taskID]; !shared {
		o.of[taskID] = a
	}
	return other, shared
}

// oddTaskID tells of a task ID that another submit has too, or that looks like
// none. Both submits keep theirs, and both are counted as paid.
func (r *run) oddTaskID(record state.Record) {
	if other, shared := r.owners.take(record.TaskID, record.Address); shared {
		r.tally(func(s *Summary) { s.SharedTasks++ })
		r.warn(record, fmt.Sprintf("the API gave it task %.100q, which %s has too: both are counted as paid, and both collect its result", record.TaskID, other))
	}
	if len(record.TaskID) > 512 || strings.ContainsFunc(record.TaskID, unicode.IsControl) {
		r.warn(record, fmt.Sprintf("its task ID looks damaged (%d bytes, %.60q); it is kept and asked for as it is", len(record.TaskID), record.TaskID))
	}
}

// oddState tells of a task that has ended and that the API gives another state.
func (r *run) oddState(record state.Record, t *apixo.Task) {
	if t != nil && t.State != "success" {
		r.warn(record, fmt.Sprintf("the API calls the task %.60q, which it called a success before; the recorded result stands", t.State))
	}
}

func (r *run) warn(record state.Record, detail string) {
	r.emit(Event{Kind: Warned, Address: record.Address, Record: record, Detail: detail})
}
