package view

import (
	"io"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// statusJSON is the whole of Status as one JSON object.
type statusJSON struct {
	FormatVersion string               `json:"format_version"`
	Time          time.Time            `json:"time"` // when it was read
	State         string               `json:"state"`
	Simulated     bool                 `json:"simulated"`
	Endpoint      string               `json:"endpoint"`
	Lineage       string               `json:"lineage"`
	Serial        int64                `json:"serial"`
	Counts        map[state.Status]int `json:"counts"`
	Tasks         []blockJSON          `json:"tasks"`
	Failures      map[task.Reason]int  `json:"failures"`
	Errors        []erroredJSON        `json:"errors"` // the newest first, at most a hundred
	Running       []statusRecord       `json:"running"`
	InDoubt       []doubtJSON          `json:"in_doubt"`
	Evidence      *evidenceJSON        `json:"evidence"` // as of the last balance that was read
	NotOnDisk     []statusRecord       `json:"not_on_disk"`
	Committed     string               `json:"committed"`
	Reserved      string               `json:"reserved"` // of committed
	Holder        *state.LockInfo      `json:"holder"`
}

// blockJSON is what has become of the instances of one task block.
type blockJSON struct {
	Name   string               `json:"name"`
	Counts map[state.Status]int `json:"counts"`
	Cost   string               `json:"cost"`
}

type erroredJSON struct {
	Address task.Address `json:"addr"`
	At      time.Time    `json:"at,omitzero"`
	Failure task.Failure `json:"failure"`
}

// maxErrors is how many errors are listed.
const maxErrors = 100

type statusRecord struct {
	Address   task.Address `json:"addr"`
	TaskID    string       `json:"task_id,omitempty"`
	Cost      string       `json:"cost,omitempty"` // absent if nobody knows it
	Since     time.Time    `json:"since"`
	Age       *float64     `json:"age_seconds,omitempty"`
	ETA       *float64     `json:"eta_seconds,omitempty"` // by what such tasks usually take; 0 if it takes longer
	Missing   int          `json:"missing_files,omitempty"`
	Earlier   bool         `json:"earlier,omitempty"` // of an earlier input, which is not counted
	ExpiresAt *time.Time   `json:"expires_at,omitempty"`
}

// WriteStatusJSON writes a state's counts as one JSON object, indented by indent.
func WriteStatusJSON(w io.Writer, s Status, indent string) error {
	out := statusJSON{
		FormatVersion: "1.0", Time: s.Now.UTC(), State: s.Path, Simulated: s.Target.Simulated, Tasks: []blockJSON{}, Errors: []erroredJSON{}, Endpoint: s.Header.Endpoint, Lineage: s.Header.Lineage, Serial: s.Header.Serial,
		Counts: make(map[state.Status]int), Failures: make(map[task.Reason]int),
		Running: []statusRecord{}, InDoubt: []doubtJSON{}, NotOnDisk: []statusRecord{},
		Committed: s.Committed.Decimal(), Reserved: s.Reserved.Decimal(), Holder: s.Holder, Evidence: newEvidenceJSON(s.Evidence),
	}
	for _, r := range s.Records {
		out.Counts[r.Status]++
	}
	for _, r := range s.failed() {
		out.Failures[r.Failure.Reason]++
	}
	for _, total := range s.blocks() {
		out.Tasks = append(out.Tasks, blockJSON{total.name, total.counts, total.cost.Decimal()})
	}
	errored := s.errored()
	for _, r := range errored[:min(len(errored), maxErrors)] {
		out.Errors = append(out.Errors, erroredJSON{r.Address, r.FinishedAt, *r.Failure})
	}
	for _, r := range s.running() {
		out.Running = append(out.Running, s.newRunning(r))
	}
	for _, r := range s.doubts() {
		out.InDoubt = append(out.InDoubt, newDoubtJSON(r))
	}
	for _, r := range s.undelivered() {
		missing := newStatusRecord(r, r.FinishedAt)
		missing.Missing, missing.ExpiresAt = s.absent(r.Record), new(r.Result.ExpiresAt())
		out.NotOnDisk = append(out.NotOnDisk, missing)
	}
	return WriteJSON(w, out, indent)
}

func (s Status) newRunning(r paidTask) statusRecord {
	running := newStatusRecord(r, r.AcceptedAt)
	age := max(0, s.Now.Sub(r.AcceptedAt))
	running.Age = new(age.Seconds())
	if usual := s.usually(r.Record); usual > 0 {
		running.ETA = new(max(0, usual-age).Seconds())
	}
	return running
}

func newStatusRecord(r paidTask, since time.Time) statusRecord {
	s := statusRecord{Address: r.Address, TaskID: r.TaskID, Since: since, Earlier: r.earlier}
	if r.Priced {
		s.Cost = r.Cost.Decimal()
	}
	return s
}
