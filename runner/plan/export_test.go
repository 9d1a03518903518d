package plan

import "apixo-batch/spec/task"

// Consumed reports whether the plan's action at an address is used up.
func (r *Rest) Consumed(a task.Address) bool { return r.consumed[a] }
