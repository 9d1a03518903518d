package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Doubts are the submits of a state whose outcome is not known.
type Doubts struct {
	Target   Target
	Path     string // of the state
	Records  []state.Record
	Evidence *runner.Evidence
	Fresh    bool // the evidence goes by a balance that was read just now
	Now      time.Time
}

// WriteDoubts writes what is in doubt, what is known of each, and how it is
// settled.
func WriteDoubts(w io.Writer, style Style, d Doubts) {
	if len(d.Records) == 0 {
		fmt.Fprintln(w, "Nothing is in doubt.")
		return
	}
	fmt.Fprintf(w, "%s\n\n", style.bold(fmt.Sprintf("%s in doubt: %s", count(len(d.Records), "submit"), totalDoubt(d.Records))))
	for _, r := range d.Records {
		writeEntry(w, style, 2, r.Address, DoubtText(r))
	}
	fmt.Fprintln(w)
	writeEvidence(w, style, d.Evidence, d.Fresh)
	writeDoubtHint(w, style, d.Target, d.Records[0].Address, d.Records[0].Doubt)
}

func totalDoubt(records []state.Record) string {
	var sum task.Cost
	priced := true
	for _, r := range records {
		sum, priced = sum+r.Cost, priced && r.Priced
	}
	if !priced {
		return fmt.Sprintf("%s may have been charged, and what has no price.", sum)
	}
	return fmt.Sprintf("up to %s may have been charged.", sum)
}

// DoubtText is what is known of a record's submit, be it in doubt or failed:
// also what support asks for.
func DoubtText(r state.Record) string {
	switch {
	case r.Status == state.Failed && r.Failure != nil:
		r.Doubt = &state.Doubt{Cause: "failed: " + strings.TrimSpace(r.Failure.Code+" "+r.Failure.Message)}
		if r.TaskID != "" {
			r.Doubt.Cause = "task " + r.TaskID + " " + r.Doubt.Cause
		}
	case r.Doubt == nil: // nobody has recorded it yet
		r.Doubt = &state.Doubt{Cause: state.AbandonedCause}
	}
	return doubtKnown(r.Request.Model, r.Cost, r.Priced, r.SubmittedAt, r.Doubt, r.Nonce)
}

func doubtKnown(model string, cost task.Cost, priced bool, at time.Time, d *state.Doubt, nonce string) string {
	parts := []string{Clean(model), doubtCost(cost, priced)}
	if !at.IsZero() {
		parts = append(parts, "submitted "+utc(at))
	}
	if d != nil {
		parts = append(parts, causeText(*d))
	}
	if nonce != "" {
		parts = append(parts, "submit "+Clean(nonce))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func causeText(d state.Doubt) string {
	cause := Clean(d.Cause)
	if d.HTTPStatus != 0 && !strings.Contains(cause, "HTTP") {
		cause += fmt.Sprintf(" (HTTP %d)", d.HTTPStatus)
	}
	if d.Named != "" {
		cause += "; a webhook named task " + Clean(d.Named) + ", which the API has not confirmed"
	}
	return cause
}

func doubtCost(cost task.Cost, priced bool) string {
	if !priced {
		return "it may have been charged; the price is not known"
	}
	return "up to " + cost.String() + " may have been charged"
}

// endedDoubt is DoubtText for a run's summary.
func endedDoubt(e runner.Ended) string {
	return doubtKnown(e.Model, e.Cost, e.Priced, e.SubmittedAt, e.Doubt, e.Nonce)
}

// writeDoubtHint says how a doubt is settled, with one as an example. What is known of
// it may be nil.
func writeDoubtHint(w io.Writer, style Style, target Target, address task.Address, known *state.Doubt) {
	taskID := "ID"
	if known != nil && known.Named != "" {
		taskID = Clean(known.Named)
	}
	fmt.Fprintf(w, "%s nothing of it is submitted again before you settle it, by one of:\n", style.bold("In doubt:"))
	for _, way := range [...]struct{ flag, when string }{
		{"-task-id=" + taskID, "if APIXO has the task: the next apply collects it"},
		{"-not-charged", "if nothing was created: the next apply submits it again"},
		{"-resubmit", "if nobody can tell: the next apply submits it again, and may pay twice"},
	} {
		fmt.Fprintf(w, "  %s\n      %s\n", target.Command("resolve", way.flag, address.String()), way.when)
	}
}
