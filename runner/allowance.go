package runner

import (
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// allowances counts, by address, the submits that earlier applies of a saved
// plan had accepted: who approved the plan approved max_attempts of each request
// for all its applies together.
func allowances(plan string, spends []state.Spend) map[task.Address]int {
	used := make(map[task.Address]int)
	if plan == "" {
		return used
	}
	for _, s := range spends {
		if s.Plan == plan && !s.ChargedAt.IsZero() {
			used[s.Address]++
		}
	}
	return used
}

// exhausted reports whether the job has had all its attempts.
func (j *job) exhausted() bool {
	return j.earlier+j.accepted+j.doubted >= j.action.Instance.MaxAttempts
}
