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
	State         string               `json:"state"`
	Endpoint      string               `json:"endpoint"`
	Lineage       string               `json:"lineage"`
	Serial        int64                `json:"serial"`
	Counts        map[state.Status]int `json:"counts"`
	Failures      map[task.Reason]int  `json:"failures"`
	Running       []statusRecord       `json:"running"`
	InDoubt       []doubtJSON          `json:"in_doubt"`
	Evidence      *evidenceJSON        `json:"evidence"` // as of the last balance that was read
	NotOnDisk     []statusRecord       `json:"not_on_disk"`
	Committed     string               `json:"committed"`
	Reserved      string               `json:"reserved"` // of committed
	Holder        *state.LockInfo      `json:"holder"`
}

type statusRecord struct {
	Address   task.Address `json:"addr"`
	TaskID    string       `json:"task_id,omitempty"`
	Cost      string       `json:"cost,omitempty"` // absent if nobody knows it
	Since     time.Time    `json:"since"`
	Missing   int          `json:"missing_files,omitempty"`
	ExpiresAt *time.Time   `json:"expires_at,omitempty"`
}

// WriteStatusJSON writes a state's counts as one JSON object.
func WriteStatusJSON(w io.Writer, s Status) error {
	out := statusJSON{
		FormatVersion: "1.0", State: s.Path, Endpoint: s.Header.Endpoint, Lineage: s.Header.Lineage, Serial: s.Header.Serial,
		Counts: make(map[state.Status]int), Failures: make(map[task.Reason]int),
		Running: []statusRecord{}, InDoubt: []doubtJSON{}, NotOnDisk: []statusRecord{},
		Committed: s.Committed.Decimal(), Reserved: s.Reserved.Decimal(), Holder: s.Holder, Evidence: newEvidenceJSON(s.Evidence),
	}
	for _, r := range s.Records {
		out.Counts[r.Status]++
		if r.Status == state.Failed && r.Failure != nil {
			out.Failures[r.Failure.Reason]++
		}
	}
	if n := len(s.rejected()); n > 0 {
		out.Failures[task.Rejected] += n
	}
	for _, r := range s.of(state.Running) {
		out.Running = append(out.Running, newStatusRecord(r, r.AcceptedAt))
	}
	for _, r := range s.doubts() {
		out.InDoubt = append(out.InDoubt, newDoubtJSON(r))
	}
	for _, r := range s.undelivered() {
		missing := newStatusRecord(r, r.FinishedAt)
		missing.Missing, missing.ExpiresAt = s.absent(r), new(r.Result.ExpiresAt())
		out.NotOnDisk = append(out.NotOnDisk, missing)
	}
	return WriteJSON(w, out, "  ")
}

func newStatusRecord(r state.Record, since time.Time) statusRecord {
	s := statusRecord{Address: r.Address, TaskID: r.TaskID, Since: since}
	if r.Priced {
		s.Cost = r.Cost.Decimal()
	}
	return s
}
