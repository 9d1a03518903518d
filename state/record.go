package state

import (
	"slices"
	"time"

	"apixo-batch/spec/task"
)

// Record is all that is known of one instance. A new Record replaces the old
// one whole.
type Record struct {
	Address     task.Address     `json:"address"`
	Status      Status           `json:"status"`
	Request     task.Request     `json:"request"`
	Fingerprint task.Fingerprint `json:"fingerprint"`

	// Attempt counts the accepted submits of this request. Refusals and
	// interruptions use up none.
	Attempt int `json:"attempt"`
	// Repeats counts submits of this request that were repeated after a 5xx.
	Repeats int `json:"repeats,omitempty"`
	// Nonce names the latest submit in the ledger.
	Nonce string `json:"nonce,omitempty"`
	// TaskID is the API's identifier of the latest accepted submit.
	TaskID string    `json:"task_id,omitempty"`
	Cost   task.Cost `json:"cost_usd_micros"`
	Priced bool      `json:"priced"` // false: nobody knows the price, and Cost is 0

	SubmittedAt time.Time `json:"submitted_at,omitzero"` // the latest submit was about to be sent
	AcceptedAt  time.Time `json:"accepted_at,omitzero"`
	FinishedAt  time.Time `json:"finished_at,omitzero"` // a terminal answer was received

	Result *task.Result `json:"result,omitempty"` // set once Succeeded
	// Failure is set once Failed. While Succeeded it says why the result is not used:
	// its files could not be had, or a postcondition rejects it.
	Failure *task.Failure `json:"failure,omitempty"`
	Doubt   *Doubt        `json:"doubt,omitempty"` // set while InDoubt
	// RefreshedURLs replace Result.URLs in what is sent or fetched, after the
	// recorded ones expired. Expressions never see them.
	RefreshedURLs []string `json:"refreshed_urls,omitempty"`
	// Artifacts are the files that are on disk, by index of the result's URLs.
	Artifacts []Artifact `json:"artifacts,omitempty"`
	// LostChanges is set while it runs if what came after may be lost with a
	// damaged part of the journal (see Salvage): its task may have failed and a
	// new attempt may have been paid for already.
	LostChanges bool `json:"lost_changes,omitempty"`
	// Triggers tells the results whose successors make this one too old, as they were
	// when it was submitted; "" if there are none. Its form is runner/plan's.
	Triggers string `json:"triggers,omitempty"`
	// Past holds earlier accepted submits and doubts of this address: what was
	// or may have been paid for.
	Past []Past `json:"past,omitempty"`
}

// Status is where an instance is in its life. The arrows are drawn in this
// package's documentation, and a test walks them.
type Status string

const (
	// Pending: nothing runs at the API. Set by the runner after a refusal that
	// may be repeated.
	Pending Status = "pending"
	// Submitting: a submit was about to be sent, and its outcome is not
	// recorded. Written before the POST.
	Submitting Status = "submitting"
	// InDoubt: a submit was or may have been sent and nobody knows what came of
	// it. Set when an answer is lost, and by Open for every Submitting that a
	// dead process left behind. Only resolve leads out.
	InDoubt Status = "in_doubt"
	// Running: accepted; TaskID is set.
	Running Status = "running"
	// Succeeded: Result is set; Artifacts may still be missing.
	Succeeded Status = "succeeded"
	// Failed: Failure is set.
	Failed Status = "failed"
)

// Doubt is what is known of a submit whose outcome is not.
type Doubt struct {
	Since time.Time `json:"since"`
	// Cause is one clause for people: AbandonedCause, "HTTP 502 without the API's
	// envelope".
	Cause string `json:"cause"`
	// HTTPStatus is the status of the answer, 0 if none came.
	HTTPStatus int `json:"http_status,omitempty"`
	// Named is a task that a webhook named for this submit, or another of the request,
	// and that the API has not confirmed; empty if there is none. It is taken from the
	// ledger whenever a state is opened or read.
	Named string `json:"named,omitempty"`
}

// AbandonedCause is the cause of a doubt about a submit whose process is gone.
const AbandonedCause = "the process ended before the answer was recorded"

// NamedCause is the cause of a doubt about a submit that had been taken for one by which
// nothing was created.
const NamedCause = "a webhook named a task for a submit that had been refused, given up or answered with a 5xx"

// Artifact is a downloaded file of a result.
type Artifact struct {
	Index  int    `json:"index"` // of the result's URLs
	Path   string `json:"path"`  // relative to the configuration's directory, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Past is an earlier submit of an address that was, or may have been, paid for.
type Past struct {
	Nonce       string           `json:"nonce"`
	TaskID      string           `json:"task_id,omitempty"`
	Fingerprint task.Fingerprint `json:"fingerprint"`
	Status      Status           `json:"status"` // what had become of it; Pending: in doubt, and settled as not charged
	Cost        task.Cost        `json:"cost_usd_micros"`
	Priced      bool             `json:"priced,omitempty"`
	SubmittedAt time.Time        `json:"submitted_at,omitzero"`
	AcceptedAt  time.Time        `json:"accepted_at,omitzero"`
	FinishedAt  time.Time        `json:"finished_at,omitzero"`
	Result      *task.Result     `json:"result,omitempty"`
	Failure     *task.Failure    `json:"failure,omitempty"`
	Artifacts   []Artifact       `json:"artifacts,omitempty"`
	// Request, RefreshedURLs and Triggers are what the record had of them, so that a
	// result can be the record's own again. States of before lack them.
	Request       task.Request `json:"request,omitzero"`
	RefreshedURLs []string     `json:"refreshed_urls,omitempty"`
	Triggers      string       `json:"triggers,omitempty"`
	LostChanges   bool         `json:"lost_changes,omitempty"` // as in Record
}

// Incomplete reports whether a result that was paid for is not all on disk. missing
// holds the paths of recorded files that are not there.
func (p *Past) Incomplete(missing map[string]bool) bool {
	switch {
	case p.Status == Running:
		return true
	case p.Status != Succeeded || p.Result == nil:
		return false
	}
	return len(p.Artifacts) < len(p.Result.URLs) ||
		slices.ContainsFunc(p.Artifacts, func(a Artifact) bool { return missing[a.Path] })
}

// AsPast is the record's latest submit, as it stands, as an earlier one.
func (r *Record) AsPast() Past {
	return Past{
		Nonce: r.Nonce, TaskID: r.TaskID, Fingerprint: r.Fingerprint, Status: r.Status, Cost: r.Cost, Priced: r.Priced,
		SubmittedAt: r.SubmittedAt, AcceptedAt: r.AcceptedAt, FinishedAt: r.FinishedAt,
		Result: r.Result, Failure: r.Failure, Artifacts: r.Artifacts,
		Request: r.Request, RefreshedURLs: r.RefreshedURLs, Triggers: r.Triggers, LostChanges: r.LostChanges,
	}
}

// Restore is the record with one of its past as its own again: a submit that has
// succeeded, or runs. What it was until now becomes an earlier submit, if it was accepted.
// request is that of the restored one, where the past does not hold it. What was paid
// for that request counts as attempts at it.
func (r *Record) Restore(n int, request task.Request) Record {
	p := r.Past[n]
	if p.Request.Model != "" {
		request = p.Request
	}
	accepted := p.AcceptedAt
	if p.Status == Running && accepted.IsZero() { // by a late answer, which did not say when
		accepted = p.SubmittedAt
	}
	past := slices.Delete(slices.Clone(r.Past), n, n+1)
	if r.TaskID != "" {
		past = append(past, r.AsPast())
	}
	attempt := p.attempts()
	for _, other := range past {
		if other.Fingerprint == p.Fingerprint {
			attempt += other.attempts()
		}
	}
	return Record{
		Address: r.Address, Status: p.Status, Request: request, Fingerprint: p.Fingerprint, Attempt: attempt,
		Nonce: p.Nonce, TaskID: p.TaskID, Cost: p.Cost, Priced: p.Priced || p.Cost > 0,
		SubmittedAt: p.SubmittedAt, AcceptedAt: accepted, FinishedAt: p.FinishedAt,
		Result: p.Result, Failure: p.Failure, Artifacts: p.Artifacts, RefreshedURLs: p.RefreshedURLs,
		Triggers: p.Triggers, Past: past, LostChanges: p.LostChanges,
	}
}

// attempts is 1 for a task that was paid for, and 0 for none, or one that was imported.
func (p *Past) attempts() int {
	if p.TaskID == "" || p.Priced && p.Cost == 0 {
		return 0
	}
	return 1
}
