package view

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Status is what a state holds.
type Status struct {
	Target    Target
	Path      string // of the state
	Header    state.Header
	Records   []state.Record
	Committed task.Cost
	Reserved  task.Cost // of Committed, what nobody knows to be charged
	// Missing holds the paths of recorded files that are not on disk.
	Missing map[string]bool
	// Evidence is what the balances that were read say of the doubts; nil without
	// doubts, and while a run is on.
	Evidence *runner.Evidence
	Holder   *state.LockInfo // nil if no run is on
	Now      time.Time
	// Usual is how long tasks of a request usually run; nil if nobody knows.
	Usual func(task.Request) time.Duration
}

// statuses are in the order of an instance's life.
var statuses = [...]state.Status{
	state.Succeeded, state.Running, state.Submitting, state.InDoubt, state.Failed, state.Pending,
}

// WriteStatus writes a state's counts, and what of it needs the reader.
func WriteStatus(w io.Writer, style Style, s Status) {
	fmt.Fprintf(w, "%s%s\n", style.bold("State "+Clean(s.Path)), s.Target.mark())
	if s.Header.Endpoint != "" {
		fmt.Fprintf(w, "Endpoint %s\n", Clean(s.Header.Endpoint))
	}
	if h := s.Holder; h != nil {
		fmt.Fprintf(w, "%s runs now: %s on %s, process %d, since %s\n", style.cyan(Clean(h.Operation)),
			Clean(h.Who), Clean(h.Host), h.PID, utc(h.Since))
	}
	fmt.Fprintln(w)
	for _, status := range statuses {
		if n := len(s.of(status)); n > 0 {
			fmt.Fprintf(w, "  %5d %s\n", n, statusText(status))
		}
	}
	running, undelivered := s.running(), s.undelivered()
	for _, earlier := range []struct {
		tasks []paidTask
		text  string
	}{{running, "running for an earlier input"}, {undelivered, "not on disk of an earlier input"}} {
		if n := countEarlier(earlier.tasks); n > 0 {
			fmt.Fprintf(w, "  %5d %s\n", n, earlier.text)
		}
	}
	if len(s.Records) == 0 {
		fmt.Fprintln(w, "  nothing was submitted yet")
	}
	fmt.Fprintln(w)
	if len(s.blocks()) > 1 {
		s.table(w, style, listEnded)
		fmt.Fprintln(w)
	}
	list(w, style, "Running, already paid for", running, listEnded, paidTask.at, s.runningText)
	s.section(w, style, "In doubt, not submitted again before you settle it", s.doubts(), s.doubtText)
	s.failures(w, style)
	list(w, style, "Results not on disk", undelivered, listEnded, paidTask.at, s.undeliveredText)
	fmt.Fprintf(w, "Committed %s in all runs%s.\n", s.Committed, ofItReserved(s.Reserved))
	WriteNext(w, style, s)
}

func (s Status) of(status state.Status) []state.Record {
	return slices.DeleteFunc(slices.Clone(s.Records), func(r state.Record) bool { return r.Status != status })
}

// doubts are also the submits that nobody waits for any more.
func (s Status) doubts() []state.Record {
	doubts := s.of(state.InDoubt)
	if s.Holder == nil {
		doubts = append(doubts, s.of(state.Submitting)...)
	}
	return doubts
}

// lost reports whether the files of a result cannot be had any more.
func lost(r state.Record) bool { return r.Failure != nil && r.Failure.Reason == task.Expired }

// absent counts the files of a result that are not on disk.
func (s Status) absent(r state.Record) int {
	if r.Result == nil {
		return 0
	}
	n := len(r.Result.URLs) - len(r.Artifacts)
	for _, artifact := range r.Artifacts {
		if s.Missing[artifact.Path] {
			n++
		}
	}
	return n
}

func (s Status) section(w io.Writer, style Style, title string, records []state.Record, text func(state.Record) string) {
	list(w, style, title, records, listEnded, addressOf, text)
}

func addressOf(r state.Record) task.Address { return r.Address }

// list writes the first of what is to be listed, and counts the others.
func list[T any](w io.Writer, style Style, title string, all []T, most int, at func(T) task.Address, text func(T) string) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "%s:\n", title)
	for i, one := range all {
		if i == most {
			fmt.Fprintf(w, "  ... and %d more\n", len(all)-most)
			break
		}
		writeEntry(w, style, 2, at(one), text(one))
	}
	fmt.Fprintln(w)
}

func (s Status) doubtText(r state.Record) string {
	since := r.SubmittedAt
	if r.Doubt != nil {
		since = r.Doubt.Since
	}
	return fmt.Sprintf("%s; %s ago", DoubtText(r), short(s.Now.Sub(since)))
}

func (s Status) missingText(r paidTask) string {
	text := r.mark() + fmt.Sprintf("%d of %s", s.absent(r.Record), count(len(r.Result.URLs), "file"))
	if left := r.Result.ExpiresAt().Sub(s.Now); left > 0 {
		return text + ", its URLs expire in " + short(left)
	}
	return text + ", its URLs have expired"
}

// undeliveredText is missingText with why, where a download has failed.
func (s Status) undeliveredText(r paidTask) string {
	text := s.missingText(r)
	if r.Failure == nil || r.Failure.Reason == task.Rejected {
		return text
	}
	if why := failureText(*r.Failure); why != "" {
		text += "; " + why
	}
	return text
}

// failed are the records that came to no result, or to one that a postcondition keeps
// from being used, the newest first. What could not be downloaded is not among them: it
// is not on disk.
func (s Status) failed() []state.Record {
	return slices.DeleteFunc(s.errored(), func(r state.Record) bool {
		return r.Status != state.Failed && !(r.Status == state.Succeeded && r.Failure.Reason == task.Rejected)
	})
}

// failures lists what failed by reason, the most frequent first.
func (s Status) failures(w io.Writer, style Style) {
	byReason := make(map[task.Reason][]state.Record)
	for _, r := range s.failed() {
		byReason[r.Failure.Reason] = append(byReason[r.Failure.Reason], r)
	}
	reasons := slices.SortedFunc(maps.Keys(byReason), func(a, b task.Reason) int {
		return cmp.Or(len(byReason[b])-len(byReason[a]), strings.Compare(string(a), string(b)))
	})
	for _, reason := range reasons {
		title := "Failed, " + string(reason)
		if reason == task.Rejected {
			title = "Rejected by a postcondition, paid for and kept"
		}
		s.section(w, style, title, byReason[reason], s.agedFailure)
	}
}

// agedFailure is when and how a record failed, in a list of one reason.
func (s Status) agedFailure(r state.Record) string {
	var parts []string
	if !r.FinishedAt.IsZero() {
		parts = append(parts, ago(s.Now.Sub(r.FinishedAt)))
	}
	if text := failureText(*r.Failure); text != "" {
		parts = append(parts, text)
	}
	text := strings.Join(parts, ": ")
	if r.Failure.Retryable {
		text += " (a rerun tries again)"
	}
	return strings.TrimSpace(text)
}

// WriteNext writes what there is to do about a state: WriteStatus ends with it, and so
// does who has watched a run to its end.
func WriteNext(w io.Writer, style Style, s Status) {
	if len(s.doubts()) > 0 {
		writeEvidence(w, style, s.Evidence, false)
		writeDoubtCommand(w, style, s.Target)
	}
	switch {
	case s.Holder != nil:
	case len(s.running()) > 0:
		fmt.Fprintf(w, "%s %s\n", style.bold("Next:"), s.Target.Command("resume"))
		// A state does not know what was never submitted.
		fmt.Fprintln(w, "      resume collects what runs; apply also submits what was not, after asking.")
	case slices.ContainsFunc(s.undelivered(), func(r paidTask) bool { return !lost(r.Record) }):
		fmt.Fprintf(w, "%s %s\n", style.bold("Next:"), s.Target.Command("download"))
	}
}
