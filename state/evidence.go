package state

import (
	"errors"
	"fmt"
	"time"

	"apixo-batch/spec/task"
)

// Reading is what the API said the key had left, at a moment of a run.
type Reading struct {
	At      time.Time `json:"at"`
	Run     string    `json:"run"`
	Balance task.Cost `json:"balance_usd_micros"`
}

// Approval is a saved plan whose apply has begun. It is there for ever, so that
// the same plan is not applied anew.
type Approval struct {
	Plan string    `json:"plan"` // the plan's nonce
	Run  string    `json:"run"`  // the first apply of it
	At   time.Time `json:"at"`
}

// Settlement is how a person, or a late answer, settled a doubt, or where a task
// came from that this state did not submit.
type Settlement struct {
	How string    `json:"how"` // "task_id", "not_charged", "resubmit", "late_answer" or "import"
	By  string    `json:"by"`  // user@host
	At  time.Time `json:"at"`
}

// kept is an element of a list, and the JSON it was read from if that has
// fields which this release does not know.
type kept[T any] struct {
	value T
	raw   []byte
}

func values[T any](list []kept[T]) []T {
	all := make([]T, len(list))
	for i := range list {
		all[i] = list[i].value
	}
	return all
}

// checkApproval reports why an approval is impossible.
func (v *view) checkApproval(a Approval) error {
	if a.Plan == "" {
		return errors.New("approval without a plan")
	}
	if _, begun := v.approval(a.Plan); begun {
		return fmt.Errorf("plan %s was begun already", a.Plan)
	}
	return nil
}

func (v *view) approval(plan string) (Approval, bool) {
	for i := range v.approvals {
		if v.approvals[i].value.Plan == plan {
			return v.approvals[i].value, true
		}
	}
	return Approval{}, false
}

// Approval tells whether a saved plan was begun, by its nonce.
func (s *Store) Approval(plan string) (Approval, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.approval(plan)
}

// Readings returns the balances that were read, oldest first. The slice is the
// caller's.
func (s *Store) Readings() []Reading {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return values(s.view.readings)
}
