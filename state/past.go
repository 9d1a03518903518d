package state

import (
	"time"

	"apixo-batch/spec/task"
)

// Uncollected reports whether an earlier task is paid for and its end is not known, or
// not all of its files were saved and they can still be had.
func (p *Past) Uncollected(now time.Time) bool {
	switch p.Status {
	case Running:
		return p.TaskID != ""
	case Succeeded:
		lost := p.Failure != nil && p.Failure.Reason == task.Expired
		return !lost && p.Result != nil && len(p.Artifacts) < len(p.Result.URLs) && now.Before(p.Result.ExpiresAt())
	default:
		return false
	}
}
