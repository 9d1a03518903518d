package view

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// WriteState writes a state whole: what is known of it, then each record with its
// request, its task, its files, and the next step where there is one.
func WriteState(w io.Writer, style Style, s Status) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s%s\n", style.bold("State "+CleanLine(s.Path)), s.Target.mark())
	if s.Header.Endpoint != "" {
		fmt.Fprintf(out, "Endpoint %s\n", Clean(s.Header.Endpoint))
	}
	fmt.Fprintf(out, "Lineage %s, serial %d, %s\n", Clean(s.Header.Lineage), s.Header.Serial, count(int(s.Header.Changes), "change"))
	fmt.Fprintf(out, "Committed %s in all runs%s.\n", s.Committed, ofItReserved(s.Reserved))
	fmt.Fprintln(out, Wrap(s.countsText(), 0, 2, style.Width))
	for i := range s.Records {
		fmt.Fprintln(out)
		recordWriter{labelled{out, recordColumn, style.Width}, style, s}.write(&s.Records[i])
	}
	return out.Flush()
}

func (s Status) countsText() string {
	var parts []string
	for _, status := range statuses {
		if n := len(s.of(status)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(status), "_", " ")))
		}
	}
	if len(parts) == 0 {
		return "No records: nothing was submitted yet."
	}
	return count(len(s.Records), "record") + ": " + strings.Join(parts, ", ")
}

// recordWriter writes records for people.
type recordWriter struct {
	labelled
	style Style
	state Status
}

// recordColumn is where the text of a record's line begins.
const recordColumn = 12

func (w recordWriter) write(r *state.Record) {
	fmt.Fprintf(w, "%s  %s\n", w.style.bold(r.Address.String()), CleanLine(r.Request.Model))
	w.line("status", w.state.statusText(r))
	if r.TaskID != "" {
		w.line("task", CleanLine(r.TaskID))
		w.line("attempt", fmt.Sprint(r.Attempt))
	}
	w.line("price", paidText(r))
	w.line("when", w.state.whenText(r))
	w.line("input", inputText(r.Request.Input))
	w.files(r.Artifacts)
	for i := range r.Past {
		w.line("earlier", pastText(&r.Past[i]))
		w.files(r.Past[i].Artifacts)
	}
	if why, command := w.state.NextStep(r); command != "" {
		w.line("next", why)
		fmt.Fprintf(w, "%*s%s\n", recordColumn, "", command) // on one line, so that it can be copied
	}
}

func (w recordWriter) files(artifacts []state.Artifact) {
	for _, a := range artifacts {
		text := fmt.Sprintf("%s, %s", CleanLine(filepath.FromSlash(a.Path)), count(int(a.Bytes), "byte"))
		if w.state.Missing[a.Path] {
			text += ", not on disk"
		}
		w.line("file", text)
		w.line("sha256", Clean(a.SHA256))
	}
}

// statusText is a record's status and, where that does not say all, why.
func (s Status) statusText(r *state.Record) string {
	switch r.Status {
	case state.Succeeded:
		return s.succeededText(r)
	case state.Running:
		return fmt.Sprintf("running for %s, already paid for", short(max(0, s.Now.Sub(r.AcceptedAt))))
	case state.InDoubt, state.Submitting:
		return s.doubtfulText(r)
	case state.Failed:
		return failedText(r.Failure)
	case state.Pending:
		return "pending: nothing was accepted yet"
	}
	return Clean(string(r.Status))
}

func (s Status) succeededText(r *state.Record) string {
	text := "succeeded"
	if s.absent(*r) > 0 {
		text += "; not on disk: " + s.missingText(paidTask{Record: *r})
	}
	if r.Failure != nil {
		text += "; " + strings.TrimPrefix(failedText(r.Failure), "failed: ")
	}
	return text
}

func (s Status) doubtfulText(r *state.Record) string {
	switch {
	case r.Status == state.Submitting && s.Holder != nil:
		return "submitting: it is being sent"
	case r.Doubt == nil:
		return "in doubt: " + state.AbandonedCause
	default:
		return "in doubt: " + causeText(*r.Doubt)
	}
}

func failedText(f *task.Failure) string {
	if f == nil {
		return "failed"
	}
	text := "failed: " + Clean(f.Kind())
	if f.Message != "" {
		text += ": " + said(f.Message)
	}
	return text
}

// NextStep is what a reader can do about a record, "" if nothing is to be done or
// a run is about to.
func (s Status) NextStep(r *state.Record) (why, command string) {
	if s.Holder != nil {
		return "", ""
	}
	switch r.Status {
	case state.Running:
		return "collect it, which costs nothing:", s.Target.Command("resume")
	case state.InDoubt, state.Submitting:
		return "settle it, with -task-id=ID, -not-charged or -resubmit; nothing of it is submitted before that:", s.Target.Command("resolve", "-task-id=ID", r.Address.String())
	case state.Pending:
		return "submit it again:", s.Target.Command("apply")
	case state.Failed:
		if r.Failure != nil && r.Failure.Retryable {
			return "try again, as a new attempt that costs as much:", s.Target.Command("resume")
		}
		return "change the input, or buy it again as it is:", s.Target.Command("apply", "-replace="+r.Address.String())
	case state.Succeeded:
		return s.nextOfResult(r)
	}
	return "", ""
}

func (s Status) nextOfResult(r *state.Record) (why, command string) {
	switch {
	case s.absent(*r) == 0:
		return "", ""
	case lost(*r):
		return "its URLs are dead; buy it again:", s.Target.Command("apply", "-replace="+r.Address.String())
	default:
		return "fetch it, which costs nothing:", s.Target.Command("download")
	}
}

func paidText(r *state.Record) string {
	switch {
	case r.Status == state.InDoubt, r.Status == state.Submitting:
		return doubtCost(r.Cost, r.Priced)
	case r.TaskID == "":
		return "" // nothing was accepted
	case !r.Priced:
		return "not known"
	default:
		return r.Cost.String()
	}
}

func (s Status) whenText(r *state.Record) string {
	if r.SubmittedAt.IsZero() {
		return ""
	}
	text := "submitted " + utc(r.SubmittedAt)
	if !r.FinishedAt.IsZero() {
		text += ", finished " + after(r.SubmittedAt, r.FinishedAt)
	}
	return text
}

// after is how much later one time is than another; a clock may have been set
// back in between.
func after(from, to time.Time) string { return short(max(0, to.Sub(from))) + " later" }

// pastText is an earlier submit of a record's address.
func pastText(p *state.Past) string {
	var text string
	switch {
	case p.Status == state.Pending:
		text = "in doubt once and settled as not charged"
	case p.Failure != nil:
		text = strings.TrimSuffix(failedText(p.Failure), ".")
	default:
		text = strings.ReplaceAll(Clean(string(p.Status)), "_", " ")
	}
	text += ", " + p.Cost.String()
	if !p.SubmittedAt.IsZero() {
		text += ", submitted " + utc(p.SubmittedAt)
	}
	if p.TaskID == "" {
		return text + ", no task ID"
	}
	return text + ", task " + CleanLine(p.TaskID)
}
