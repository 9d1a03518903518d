package task

import (
	"encoding/json"
	"time"
)

// Result is what the API reported for a task that succeeded.
type Result struct {
	// URLs are the files of the result, in the API's order, as first recorded.
	// They are never changed or dropped: expressions and fingerprints see them.
	URLs []string `json:"urls"`
	// Raw is the whole parsed resultJson (API document, section 4).
	Raw json.RawMessage `json:"raw,omitempty"`
	// CreatedAt and CompletedAt are the server's times, zero if it gave none.
	CreatedAt   time.Time `json:"created_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`
	// ReceivedAt is our own clock's time of the answer; the 24 hours that a
	// URL lives are counted from the earlier of the two.
	ReceivedAt time.Time `json:"received_at"`
}

// URLLifetime is how long a result's URL can be fetched after completion
// (API document, section 4).
const URLLifetime = 24 * time.Hour

// ExpiresAt is when the URLs die. The server's clock is believed only where it
// makes the deadline earlier, and never by more than a day.
func (r Result) ExpiresAt() time.Time {
	from := r.ReceivedAt
	if c := r.CompletedAt; !c.IsZero() && c.Before(from) && from.Sub(c) <= URLLifetime {
		from = c
	}
	return from.Add(URLLifetime)
}

// Outcome is what expressions see of an instance that succeeded.
type Outcome struct {
	TaskID string
	URLs   []string
	Files  []string // saved paths; nil until all of them are on disk
	Result json.RawMessage
	Cost   Cost
	Priced bool
}

// Failure is why a task failed, or why it was refused for good.
type Failure struct {
	Reason  Reason `json:"reason"`
	Code    string `json:"code,omitempty"`    // failCode or HTTP status, as received
	Message string `json:"message,omitempty"` // failMsg or message, as received, at most 8 KiB
	// Retryable is set when recorded, from the table of codes: a rerun submits
	// the same request again, as a new attempt.
	Retryable bool `json:"retryable"`
}

// Kind is what the failure was, for people: its reason, and its code if it has one.
func (f Failure) Kind() string {
	if f.Code == "" {
		return string(f.Reason)
	}
	return string(f.Reason) + " (" + f.Code + ")"
}

// Reason sorts failures for people and for programs. The set is closed.
type Reason string

const (
	RateLimited       Reason = "rate_limited"
	ServerError       Reason = "server_error"
	Timeout           Reason = "timeout"
	ContentPolicy     Reason = "content_policy"
	InvalidInput      Reason = "invalid_input"
	Auth              Reason = "auth"
	InsufficientFunds Reason = "insufficient_funds"
	ModelUnavailable  Reason = "model_unavailable"
	DownloadFailed    Reason = "download_failed"
	NoResult          Reason = "no_result"
	Expired           Reason = "expired"
	Lost              Reason = "lost"
	Rejected          Reason = "rejected"
	DependencyFailed  Reason = "dependency_failed"
	BudgetReached     Reason = "budget"
	Halted            Reason = "halted"
	InDoubt           Reason = "in_doubt"
	Unclassified      Reason = "unclassified"
)

// Reasons lists the closed set.
var Reasons = [...]Reason{
	RateLimited, ServerError, Timeout, ContentPolicy, InvalidInput, Auth,
	InsufficientFunds, ModelUnavailable, DownloadFailed, NoResult, Expired, Lost,
	Rejected, DependencyFailed, BudgetReached, Halted, InDoubt, Unclassified,
}
