package view

import (
	"io"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// doubtsJSON is the whole of Doubts as one JSON object.
type doubtsJSON struct {
	FormatVersion string        `json:"format_version"`
	State         string        `json:"state"`
	InDoubt       []doubtJSON   `json:"in_doubt"`
	Evidence      *evidenceJSON `json:"evidence"`
}

type doubtJSON struct {
	Address     task.Address `json:"addr"`
	Model       string       `json:"model"`
	Cost        string       `json:"cost,omitempty"` // absent if nobody knows it
	SubmittedAt time.Time    `json:"submitted_at"`
	Since       time.Time    `json:"since"`
	Cause       string       `json:"cause"`
	HTTPStatus  int          `json:"http_status,omitempty"`
	Named       string       `json:"named,omitempty"` // task, by a webhook; not confirmed
	Nonce       string       `json:"nonce"`
}

type evidenceJSON struct {
	Doubts          int        `json:"doubts"`
	Cost            string     `json:"cost"`
	BalanceBefore   string     `json:"balance_before,omitempty"`
	BeforeAt        *time.Time `json:"before_at,omitempty"`
	BalanceAfter    string     `json:"balance_after,omitempty"`
	AfterAt         *time.Time `json:"after_at,omitempty"`
	KnownLow        string     `json:"known_low,omitempty"`
	KnownHigh       string     `json:"known_high,omitempty"`
	UnexplainedLow  string     `json:"unexplained_low,omitempty"`
	UnexplainedHigh string     `json:"unexplained_high,omitempty"`
	Conclusion      string     `json:"conclusion"`
}

// WriteDoubtsJSON writes what is in doubt as one JSON object.
func WriteDoubtsJSON(w io.Writer, d Doubts) error {
	out := doubtsJSON{FormatVersion: "1.0", State: d.Path, InDoubt: []doubtJSON{}, Evidence: newEvidenceJSON(d.Evidence)}
	for _, r := range d.Records {
		out.InDoubt = append(out.InDoubt, newDoubtJSON(r))
	}
	return WriteJSON(w, out, "  ")
}

func newDoubtJSON(r state.Record) doubtJSON {
	d := doubtJSON{
		Address: r.Address, Model: r.Request.Model, SubmittedAt: r.SubmittedAt, Since: r.SubmittedAt,
		Cause: state.AbandonedCause, Nonce: r.Nonce,
	}
	if r.Priced {
		d.Cost = r.Cost.Decimal()
	}
	if r.Doubt != nil {
		d.Since, d.Cause, d.HTTPStatus, d.Named = r.Doubt.Since, r.Doubt.Cause, r.Doubt.HTTPStatus, r.Doubt.Named
	}
	return d
}

func newEvidenceJSON(e *runner.Evidence) *evidenceJSON {
	if e == nil {
		return nil
	}
	out := &evidenceJSON{Doubts: e.Doubts, Cost: e.Price.Decimal(), Conclusion: e.Conclusion}
	if e.From != nil {
		out.BalanceBefore, out.BeforeAt = e.From.Balance.Decimal(), &e.From.At
	}
	if e.To != nil {
		out.BalanceAfter, out.AfterAt = e.To.Balance.Decimal(), &e.To.At
	}
	if e.From != nil && e.To != nil {
		low, high := e.Unexplained()
		out.KnownLow, out.KnownHigh = e.KnownLow.Decimal(), e.KnownHigh.Decimal()
		out.UnexplainedLow, out.UnexplainedHigh = low.Decimal(), high.Decimal()
	}
	return out
}
