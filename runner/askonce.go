package runner

import (
	"fmt"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
)

// askTries is how many status calls one asking may take: an answer that cannot
// be read, or a refusal, says nothing about the task.
const askTries = 4

// askNow is the schedule of a task that is asked for once: now, and each second
// until there is an answer.
func askNow() catalog.Poll { return catalog.Poll{Interval: time.Second, MaxInterval: time.Second} }

// asked reports whether the asking is over for a task that has not ended, after so
// many calls. What is not known of the task then is told.
func (r *run) asked(j *job, a apixo.StatusAnswer, calls int) bool {
	switch {
	case a.Task != nil:
		return true
	case disowned(a):
		r.warn(*j.record, fmt.Sprintf("the API does not know the task (404); resume asks again, and takes it for lost after %.0f minutes", lostAfter.Minutes()))
		return true
	case calls < askTries:
		return false
	default:
		r.warn(*j.record, "no answer tells how the task is: "+noAnswer(a))
		return true
	}
}

// noAnswer says in one clause what came in place of an answer.
func noAnswer(a apixo.StatusAnswer) string {
	if a.Answer.Err != nil {
		return a.Answer.Err.Error()
	}
	return fmt.Sprintf("status %d %s", a.Answer.Status(), a.Answer.Message)
}
