package state

import (
	"slices"

	"apixo-batch/spec/task"
)

// Uncollected reports whether an earlier task is paid for and its end is not known, or
// not all of its files were saved and it is not noted that they cannot be had any more.
func (p *Past) Uncollected() bool {
	switch p.Status {
	case Running:
		return p.TaskID != ""
	case Succeeded:
		lost := p.Failure != nil && p.Failure.Reason == task.Expired
		return !lost && p.Result != nil && len(p.Artifacts) < len(p.Result.URLs)
	default:
		return false
	}
}

// Uncollected is the index of the first earlier task of which something is still to
// come; -1 if there is none.
func (r *Record) Uncollected() int {
	return slices.IndexFunc(r.Past, func(p Past) bool { return p.Uncollected() })
}
