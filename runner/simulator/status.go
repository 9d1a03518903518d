package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveStatus is GET statusTask (API document, section 4). It needs no memory of
// the task: the ID tells everything.
func (s *Simulator) serveStatus(w http.ResponseWriter, r *http.Request) {
	if !s.config.FreePolls {
		if err := s.admit(r.PathValue("model")); err != nil {
			writeError(w, err)
			return
		}
	}
	taskID := r.URL.Query().Get("taskId")
	if taskID == "" {
		writeError(w, refuse(http.StatusBadRequest, "Invalid request: taskId is required"))
		return
	}
	j, err := jobOf(taskID, s.config.Seed)
	if err != nil || j.model != r.PathValue("model") {
		writeError(w, refuse(http.StatusNotFound, "Task not found"))
		return
	}
	now := time.Now()
	fault := s.statusFault(taskID, j, now)
	data := fault.distort(j.status200(taskID, now, s.filesURL(r)))
	fault.write(w, contentJSON, j.flags.success(data), s.pauses(r))
	if fault.shape == sound || fault.shape == late {
		s.polled(taskID, !j.completed().After(now))
	}
}

// statusFault counts the call and says what becomes of its answer.
func (s *Simulator) statusFault(taskID string, j job, now time.Time) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.polls[taskID]
	if p == nil {
		p = &polls{}
		s.polls[taskID] = p
	} else if gap := max(now.Sub(p.last), 1); s.stats.MinPollGap == 0 || gap < s.stats.MinPollGap {
		s.stats.MinPollGap = gap
	}
	p.count++
	p.last = now
	if j.status.shape != sound && j.status.happens(p.count) {
		return j.status
	}
	return s.config.Faults.pick(ofStatus, draw(s.config.Seed, "status", taskID, strconv.Itoa(p.count)))
}

// polled notes a sound answer in the ledger, if the task is in this one.
func (s *Simulator) polled(taskID string, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ledger.byTask[taskID]
	if a == nil {
		return
	}
	a.Polls++
	if ended && a.SeenAt.IsZero() {
		a.SeenAt = time.Now()
	}
}

// state is the task's state at a time.
func (j job) state(now time.Time) string {
	age := now.Sub(j.accepted)
	switch {
	case age >= j.duration && j.failed():
		return "failed"
	case age >= j.duration:
		return "success"
	case age < j.pending && j.flags&flagNoPending == 0:
		return "pending"
	case age >= j.duration/5*4 && j.flags&flagR2 != 0:
		return "processing_r2"
	}
	return "processing"
}

// status200 is the data of a status answer.
func (j job) status200(taskID string, now time.Time, filesURL string) map[string]any {
	state := j.state(now)
	data := map[string]any{"taskId": taskID, "state": state, "createTime": j.shown(j.accepted)}
	if j.flags&flagUpperState != 0 {
		data["state"] = strings.ToUpper(state)
	}
	if state != "success" && state != "failed" {
		return data
	}
	data["completeTime"] = j.shown(j.completed())
	if state == "failed" {
		j.failure.data(data)
		return data
	}
	if j.flags&flagNoCostTime == 0 {
		data["costTime"] = j.shown(j.completed()) - j.shown(j.accepted)
	}
	if j.flags&flagNoResult == 0 {
		data["resultJson"] = j.resultJSON(taskID, filesURL)
	}
	return data
}

// shown is a time as answers have it, in milliseconds. Captured ones are whole
// seconds (API document, section 4).
func (j job) shown(at time.Time) int64 {
	if j.flags&flagSeconds != 0 {
		at = at.Truncate(time.Second)
	}
	return at.UnixMilli()
}

// distort makes of the data of a status answer what the fault says of the task.
func (f fault) distort(data map[string]any) map[string]any {
	switch f.shape {
	case otherTask:
		return map[string]any{"taskId": "task_of_somebody_else", "state": "failed", "failCode": "NSFW", "createTime": data["createTime"]}
	case oddState:
		data = map[string]any{"taskId": data["taskId"], "state": "paused", "createTime": data["createTime"]}
	case earlierState:
		before := "pending"
		if data["completeTime"] != nil {
			before = "processing"
		}
		data = map[string]any{"taskId": data["taskId"], "state": before, "createTime": data["createTime"]}
	}
	return data
}

// filesURL is the base of result URLs: this host, unless the config has another.
func (s *Simulator) filesURL(r *http.Request) string {
	switch {
	case s.config.FilesURL != "":
		return s.config.FilesURL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
