package view

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

const (
	// listEnded bounds the addresses listed for one reason.
	listEnded = 10
	// listRunning bounds those of what runs on: nothing has to be done about each.
	listRunning = 3
)

// summaryWriter writes a summary for people.
type summaryWriter struct {
	io.Writer
	style Style
	sum   Summary
}

func writeSummary(out io.Writer, style Style, s Summary) {
	w := summaryWriter{Writer: out, style: style, sum: s}
	fmt.Fprintln(w)
	w.headline()
	w.collected()
	w.byReason("failed", s.Failed)
	w.byReason("skipped", s.Skipped)
	w.list("in doubt", s.InDoubt, listEnded, endedDoubt)
	w.list("still running, already paid", s.Running, listRunning, runningDetail)
	w.list("paid for, not all files on disk yet", s.Undelivered, listEnded, w.undeliveredDetail)
	if n := len(s.Left); n > 0 {
		fmt.Fprintf(w, "  %d not submitted\n", n)
	}
	if s.Results != "" {
		w.paragraph("Results are in " + CleanLine(s.Results) + ".")
	}
	w.money()
	if s.Stop != "" {
		w.paragraph(fmt.Sprintf("Submitting stopped early (%s): %s.", s.Stop, strings.TrimSuffix(said(s.StopDetail), ".")))
	}
	if text := selectionLeaves(s.LeftOut); text != "" {
		w.paragraph("Left out: " + text)
	}
	switch s.Stop {
	case task.InsufficientFunds:
		w.paragraph("Top up first; apixo-batch balance tells what the key has left.")
	case task.BudgetReached:
		w.shortfall()
	}
	w.next()
}

func (w summaryWriter) headline() {
	s := w.sum
	verb := strings.ToUpper(s.Operation[:1]) + s.Operation[1:]
	mark := ""
	if s.Target.Simulated {
		mark = " (SIMULATED)"
	}
	took := short(s.Ended.Sub(s.Started))
	switch {
	case s.Interrupted != "":
		fmt.Fprintln(w, w.style.bold(w.style.yellow(fmt.Sprintf("%s interrupted%s after %s: %d done; the state is saved.", verb, mark, took, s.Done))))
	case s.complete():
		fmt.Fprintln(w, w.style.bold(w.style.green(fmt.Sprintf("%s complete%s! %d done in %s.", verb, mark, s.Done, took))))
	default:
		fmt.Fprintln(w, w.style.bold(w.style.yellow(fmt.Sprintf("%s incomplete%s: %d done in %s.", verb, mark, s.Done, took))))
	}
}

func (s Summary) complete() bool {
	return len(s.Failed)+len(s.Skipped)+len(s.InDoubt)+len(s.Running)+len(s.Undelivered)+len(s.Left) == 0 && s.Stop == ""
}

// byReason lists what ended alike, the most frequent reason first.
func (w summaryWriter) byReason(what string, ended []runner.Ended) {
	groups := make(map[task.Reason][]runner.Ended)
	for _, e := range ended {
		groups[e.Failure.Reason] = append(groups[e.Failure.Reason], e)
	}
	reasons := slices.SortedFunc(maps.Keys(groups), func(a, b task.Reason) int {
		if n := len(groups[b]) - len(groups[a]); n != 0 {
			return n
		}
		return strings.Compare(string(a), string(b))
	})
	for _, reason := range reasons {
		w.list(what+": "+string(reason), groups[reason], listEnded, endedDetail)
		if what == "failed" {
			w.actions(groups[reason])
		}
	}
}

// actions say what to do, once for each code however many tasks it is about.
func (w summaryWriter) actions(ended []runner.Ended) {
	for _, advice := range advise(w.sum.Codes, ended) {
		fmt.Fprintf(w, "    %s\n", Wrap("What to do about "+Clean(advice.Code)+": "+Clean(advice.Action)+".", 4, 6, w.style.Width))
	}
}

// advice is what the table of codes says to do about one.
type advice struct {
	Code   string `json:"code"` // as received, or the reason where there is none
	Action string `json:"action"`
}

// advise gives an advice for each distinct code, in the order of the first of
// each. Codes that differ in spelling only are one, as are those that nobody knows.
func advise(codes *catalog.Catalog, ended []runner.Ended) []advice {
	if codes == nil {
		return nil
	}
	var all []advice
	seen := make(map[string]bool)
	for _, e := range ended {
		explain := codes.Explain
		if e.TaskID == "" {
			explain = codes.ExplainRefusal
		}
		row, known := explain(e.Failure.Code, string(e.Failure.Reason))
		if !known || seen[row.Code] {
			continue
		}
		seen[row.Code] = true
		name := row.Code
		if catalog.Fold(e.Failure.Code) == catalog.Fold(name) {
			name = e.Failure.Code
		}
		all = append(all, advice{name, row.Action})
	}
	return all
}

func (w summaryWriter) list(what string, ended []runner.Ended, most int, detail func(runner.Ended) string) {
	if len(ended) == 0 {
		return
	}
	fmt.Fprintf(w, "  %d %s\n", len(ended), what)
	for i, e := range ended {
		if i == most {
			fmt.Fprintf(w, "      ... and %d more\n", len(ended)-most)
			return
		}
		writeEntry(w, w.style, 6, e.Address, detail(e))
	}
}

// writeEntry writes an address and, beside or under it, what there is to say. A last
// word that has no room there, such as a long task ID, has a line of its own.
func writeEntry(w io.Writer, style Style, indent int, address task.Address, detail string) {
	line := strings.Repeat(" ", indent) + address.String()
	at := columns(line) + 2
	detail, last := style.lastWord(detail, indent+2)
	under := strings.Repeat(" ", indent+2)
	switch {
	case detail == "":
		fmt.Fprintln(w, line)
	case at+max(min(columns(detail), 24), widestWord(detail)) > style.Width:
		fmt.Fprintf(w, "%s\n%s%s\n", line, under, Wrap(detail, indent+2, indent+2, style.Width))
	default:
		fmt.Fprintf(w, "%s  %s\n", line, Wrap(detail, at, at, style.Width))
	}
	if last != "" {
		fmt.Fprintln(w, under+last)
	}
}

func (w summaryWriter) undeliveredDetail(e runner.Ended) string {
	return "its URLs " + expiry(e.ExpiresAt, w.sum.Ended) + ", " + runningDetail(e)
}

// expiry says when something expires, or that it has.
func expiry(at, now time.Time) string {
	if at.After(now) {
		return "expire in " + short(at.Sub(now))
	}
	return "have expired"
}

func widestWord(text string) (widest int) {
	for word := range strings.FieldsSeq(text) {
		widest = max(widest, columns(word))
	}
	return widest
}

func endedDetail(e runner.Ended) string {
	return failureText(e.Failure)
}

func runningDetail(e runner.Ended) string {
	return "task " + Clean(e.TaskID)
}

// failureText is a failure without its reason, as far as it says more.
func failureText(f task.Failure) string {
	var parts []string
	if f.Code != "" {
		parts = append(parts, Clean(f.Code))
	}
	if f.Message != "" {
		parts = append(parts, said(f.Message))
	}
	return strings.Join(parts, ": ")
}

func (w summaryWriter) money() {
	s := w.sum
	if s.Accepted > 0 || s.Spent > 0 {
		text := fmt.Sprintf("Spent %s on %s", s.Spent, count(s.Accepted, "accepted task"))
		if s.High > 0 {
			text += fmt.Sprintf(" (estimate %s)", span(s.Low, s.High))
		}
		switch {
		case s.Unpriced == s.Accepted:
			text = fmt.Sprintf("Spent an unknown amount on %s", count(s.Accepted, "accepted task"))
		case s.Unpriced > 0:
			text += fmt.Sprintf("; not in it: %d without a known price", s.Unpriced)
		}
		if s.Retried > 0 {
			text += fmt.Sprintf("; %s", count(s.Retried, "further attempt")+" after a failure")
		}
		w.paragraph(text + ".")
	}
	if s.Resubmitted > 0 {
		w.paragraph(fmt.Sprintf("Submitted again while in doubt: %d, %s may have been charged twice (%s).", s.Resubmitted, itOrEach(s.Resubmitted), s.ResubmittedCost))
	}
	if s.Reserved > 0 {
		w.paragraph(fmt.Sprintf("%s of this run is reserved for what is in doubt.", s.Reserved))
	}
	if s.Repeated > 0 {
		verb := "were"
		if s.Repeated == 1 {
			verb = "was"
		}
		w.paragraph(fmt.Sprintf("%s %s repeated after a 5xx; %s may have been charged.", count(s.Repeated, "submit"), verb, itOrEach(s.Repeated)))
	}
	if s.SharedTasks > 0 {
		w.paragraph(fmt.Sprintf("%s got a task ID that another has too; each is counted as paid. Ask support@apixo.ai.", count(s.SharedTasks, "submit")))
	}
	if s.After5xx > 0 {
		w.paragraph(fmt.Sprintf("%s stays reserved for submits that ended in a 5xx.", s.After5xx))
	}
	w.balance()
}

func itOrEach(n int) string {
	if n == 1 {
		return "it"
	}
	return "each"
}

// next names the command that goes on from here.
func (w summaryWriter) next() {
	s := w.sum
	if len(s.InDoubt) > 0 {
		writeEvidence(w, w.style, s.Evidence, false)
		doubts := make([]doubtful, len(s.InDoubt))
		for i, e := range s.InDoubt {
			doubts[i] = doubtful{e.Address, e.Doubt}
		}
		writeDoubtHint(w, w.style, s.Target, doubts, listEnded)
	}
	if slices.ContainsFunc(s.Failed, func(e runner.Ended) bool { return e.Failure.Reason == task.DownloadFailed }) {
		text := "What could not be downloaded is paid for, and fetching it again costs nothing"
		if slices.ContainsFunc(s.Failed, func(e runner.Ended) bool { return e.Obstructed }) {
			text += ", once what is in the way is moved away"
		}
		w.paragraph(text + ".")
	}
	if command := s.support(); command != "" {
		w.paragraph("If APIXO keeps failing on its side, send support@apixo.ai what this writes:")
		fmt.Fprintf(w, "  %s\n", command)
	}
	w.expiring()
	if n := len(s.Running); n > 0 {
		w.paragraph(fmt.Sprintf("%s running at APIXO, already paid for. Results are kept there for %d hours after a task has ended.",
			keeps(n), int(task.URLLifetime.Hours())))
	}
	if command := s.Next(); command != "" {
		fmt.Fprintf(w, "%s %s\n", w.style.bold("Next:"), command)
	}
}

// expiring says until when what is paid for and not on disk can be fetched.
func (w summaryWriter) expiring() {
	n, first := 0, time.Time{}
	for _, e := range slices.Concat(w.sum.Undelivered, w.sum.Failed) {
		if !e.ExpiresAt.After(w.sum.Ended) {
			continue
		}
		if n++; n == 1 || e.ExpiresAt.Before(first) {
			first = e.ExpiresAt
		}
	}
	text := fmt.Sprintf("at %s, in %s.", utc(first), short(first.Sub(w.sum.Ended)))
	switch n {
	case 0:
	case 1:
		w.paragraph("1 result is paid for and not on disk; it expires " + text)
	default:
		w.paragraph(fmt.Sprintf("%d results are paid for and not on disk; the first expires %s", n, text))
	}
}

// support is the command that writes what APIXO's support asks for about one of
// the failures on its side, "" if there was none.
func (s Summary) support() string {
	for _, e := range s.Failed {
		if e.Failure.Reason == task.ServerError {
			return s.Target.Command("support", e.Address.String())
		}
	}
	if s.Repeated == 0 {
		return ""
	}
	return s.Target.Command("support", s.RepeatedAt.String())
}

func keeps(n int) string {
	if n == 1 {
		return "1 task keeps"
	}
	return fmt.Sprintf("%d tasks keep", n)
}

// Next is the command that goes on where this run ended, "" if a rerun would do
// nothing.
func (s Summary) Next() string {
	again, target := len(s.Running)+len(s.Undelivered) > 0, s.Target
	for _, e := range s.Failed {
		again = again || e.Failure.Retryable || e.Failure.Reason == task.DownloadFailed
		if _, outside := s.Outside[e.Address]; outside && e.Failure.Retryable {
			target.Selection = nil // with it nothing would be tried again
		}
	}
	switch {
	case s.Target.Plan != "":
		return s.nextOfPlan()
	case s.Pending:
		return s.Target.Command("apply")
	case again:
		return target.Command("resume")
	case s.complete() && selectionLeaves(s.LeftOut) != "":
		whole := s.Target
		whole.Selection = nil
		return whole.Command("apply")
	default:
		return ""
	}
}

func (w summaryWriter) paragraph(text string) {
	fmt.Fprintln(w, Wrap(text, 0, 2, w.style.Width))
}
