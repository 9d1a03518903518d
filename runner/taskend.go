package runner

import (
	"encoding/json"
	"net/http"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

const (
	// lostAfter is how long the API may say that it does not know a task whose
	// ID it gave out, before the task counts as lost.
	lostAfter = 10 * time.Minute
	// noResultAfter is how long a success may come without a usable URL: the
	// result may be copied to its place after the state is set.
	noResultAfter = 5 * time.Minute
)

// taskEnd is how a task ended: with a result, or with a failure.
type taskEnd struct {
	result       *task.Result
	failure      *task.Failure
	stopsSubmits bool // no submit would fare better
}

// suspicion is since when the API disowns a task, and since when it calls it a success
// without a result. Both may pass, so neither is an end before it has lasted.
type suspicion struct{ unknown, empty time.Time }

// endOf tells how a task ended, if an answer about it says so, or one like it has come
// for long enough. attempts is that of taskFailure. An unreadable answer, a 5xx or an
// unknown state says nothing.
func (s *suspicion) endOf(a apixo.StatusAnswer, attempts int, c *catalog.Catalog) (end taskEnd, ended bool) {
	if !disowned(a) {
		s.unknown = time.Time{}
	}
	if a.Task != nil && a.Task.State != "success" {
		s.empty = time.Time{}
	}
	switch t := a.Task; {
	case disowned(a):
		end.failure = &task.Failure{Reason: task.Lost, Code: "404", Message: "the API does not know the task that it accepted"}
		return end, elapsed(&s.unknown) >= lostAfter
	case t == nil || !hasEnded(t):
		return end, false
	case t.State == "failed":
		end.failure, end.stopsSubmits = taskFailure(t, attempts, c)
		return end, true
	case len(t.URLs) == 0 && !yieldsNoFile(t):
		end.failure = &task.Failure{Reason: task.NoResult, Message: "the task succeeded without a usable result URL"}
		return end, elapsed(&s.empty) >= noResultAfter
	default:
		end.result = &task.Result{URLs: t.URLs, Raw: t.Raw, CreatedAt: t.CreatedAt, CompletedAt: t.CompletedAt, ReceivedAt: time.Now()}
		return end, true
	}
}

// sureAt is when what looks like an end is taken for one; zero if nothing does.
func (s *suspicion) sureAt() time.Time {
	switch {
	case !s.unknown.IsZero():
		return s.unknown.Add(lostAfter)
	case !s.empty.IsZero():
		return s.empty.Add(noResultAfter)
	default:
		return time.Time{}
	}
}

// elapsed starts the clock at the first call and tells how long ago that was.
func elapsed(since *time.Time) time.Duration {
	if since.IsZero() {
		*since = time.Now()
	}
	return time.Since(*since)
}

// disowned reports whether the API says that it does not know the task.
func disowned(a apixo.StatusAnswer) bool {
	return a.Task == nil && a.Answer.Err == nil && a.Answer.Status() == http.StatusNotFound
}

func hasEnded(t *apixo.Task) bool { return t.State == "success" || t.State == "failed" }

// yieldsNoFile reports whether the result is complete without a file: a voice
// is an identifier to use in later requests (API document, section 4).
func yieldsNoFile(t *apixo.Task) bool { return hasField(t.Raw, "voice_id") }

// onlyVoice is what of a result names a voice; nil if nothing does.
func onlyVoice(raw json.RawMessage) json.RawMessage {
	var voice struct {
		ID string `json:"voice_id"`
	}
	if json.Unmarshal(raw, &voice) != nil || voice.ID == "" {
		return nil
	}
	only, err := json.Marshal(voice)
	if err != nil {
		return nil
	}
	return only
}

// hasField reports whether raw is a JSON object with a field of that name.
func hasField(raw json.RawMessage, name string) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return false
	}
	_, there := object[name]
	return there
}
