package gallery

import (
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Report is what is shown: texts are safe to show, money is as people read it.
type Report struct {
	Title     string // the configuration's path, as the user named it
	State     string // the state's path
	Endpoint  string
	Simulated bool
	Running   bool // a run holds the state: this is how it stood
	Made      time.Time
	Tasks     []Task // by name
	Items     []Item // by address
	Runs      []Run  // oldest first
	Committed task.Cost
	Reserved  task.Cost // of Committed, what nobody knows to be charged
	// Unpriced counts the submits without a price, which are in no sum.
	Unpriced int
}

// Task is a task block and how its instances are told apart.
type Task struct {
	Name string `json:"name"`
	// Axes name the parts of the keys; none for a task without keys.
	Axes []string `json:"axes,omitempty"`
}

// Status is what has become of an instance, in the words of the report.
type Status string

// A result that is not on disk whole, or that a postcondition rejects, has a status
// of its own: what is paid for and cannot be used is what people look for.
const (
	Succeeded Status = "succeeded"
	NotOnDisk Status = "not on disk"
	Rejected  Status = "rejected"
	Failed    Status = "failed"
	InDoubt   Status = "in doubt"
	Running   Status = "running"
	Waiting   Status = "waiting"
)

// Statuses are in the order in which they are listed.
var Statuses = [...]Status{Succeeded, NotOnDisk, Rejected, Failed, InDoubt, Running, Waiting}

// Item is one instance.
type Item struct {
	Address string `json:"address"`
	Task    string `json:"task"`
	Key     string `json:"key,omitempty"`
	// Parts are the parts of the key, one for each of the task's axes.
	Parts  []string    `json:"parts,omitempty"`
	Model  string      `json:"model"`
	Status Status      `json:"status"`
	Prompt string      `json:"prompt,omitempty"`
	Input  []Parameter `json:"input,omitempty"` // all but the prompt, by name

	Cost    string `json:"cost,omitempty"` // "" if nobody knows it
	Micros  int64  `json:"micros,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	TaskID  string `json:"taskID,omitempty"`
	Repeats int    `json:"repeats,omitempty"` // after a 5xx; each may have been charged

	Submitted Moment `json:"submitted,omitempty"`
	Accepted  Moment `json:"accepted,omitempty"`
	Finished  Moment `json:"finished,omitempty"`

	Files   []File    `json:"files,omitempty"`
	Trouble *Trouble  `json:"trouble,omitempty"`
	Earlier []Earlier `json:"earlier,omitempty"`
	// Why and Command are the next step, "" if there is none.
	Why     string `json:"why,omitempty"`
	Command string `json:"command,omitempty"`
}

// Parameter is one parameter of an input.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"` // text as it is, all else as JSON
}

// Moment is milliseconds since 1970, 0 for a time that is not known.
type Moment int64

func momentOf(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(t.UnixMilli())
}

// String is the time in UTC, to the second; "" if it is not known.
func (m Moment) String() string {
	if m == 0 {
		return ""
	}
	return time.UnixMilli(int64(m)).UTC().Format(time.RFC3339)
}

// Seconds is how long the task took from its acceptance to its end; not ok if that
// is not known.
func (i *Item) Seconds() (seconds float64, ok bool) {
	if i.Accepted == 0 || i.Finished < i.Accepted {
		return 0, false
	}
	return float64(i.Finished-i.Accepted) / 1000, true
}

// Trouble is why an instance has no result, or one that is not used.
type Trouble struct {
	Reason  string `json:"reason"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Advice  string `json:"advice,omitempty"` // what to do
}

// Earlier is a submit of the instance before its latest.
type Earlier struct {
	TaskID    string `json:"taskID,omitempty"`
	Text      string `json:"text"`
	Cost      string `json:"cost,omitempty"`
	Submitted Moment `json:"submitted,omitempty"`
	Finished  Moment `json:"finished,omitempty"`
	Files     []File `json:"files,omitempty"`
}

// Counts are the numbers of instances by status.
func (r *Report) Counts() map[Status]int {
	counts := make(map[Status]int)
	for i := range r.Items {
		counts[r.Items[i].Status]++
	}
	return counts
}

func statusOf(rec *state.Record, files []File, running bool) Status {
	switch rec.Status {
	case state.Failed:
		return Failed
	case state.Running:
		return Running
	case state.InDoubt:
		return InDoubt
	case state.Submitting:
		if running {
			return Running
		}
		return InDoubt
	case state.Succeeded:
		return resultStatus(rec, files)
	default:
		return Waiting
	}
}

// resultStatus looks at what of a result there is to look at.
func resultStatus(rec *state.Record, files []File) Status {
	if rec.Failure != nil && rec.Failure.Reason == task.Rejected {
		return Rejected
	}
	if !rec.Complete() {
		return NotOnDisk
	}
	for _, f := range files {
		if f.Kind == "" && f.Type == "" {
			return NotOnDisk
		}
	}
	return Succeeded
}
