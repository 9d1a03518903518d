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
	writeDoubtHint(w, style, d.Target, doubtfulRecords(d.Records), len(d.Records))
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
	id := ""
	switch {
	case r.Status == state.Failed && r.Failure != nil:
		r.Doubt = &state.Doubt{Cause: "failed: " + strings.TrimSpace(r.Failure.Code+" "+r.Failure.Message)}
		if r.TaskID != "" {
			id = "; task " + Clean(r.TaskID) // last, for it may be long
		}
	case r.Doubt == nil: // nobody has recorded it yet
		r.Doubt = &state.Doubt{Cause: state.AbandonedCause}
	}
	return doubtKnown(r.Request.Model, r.Cost, r.Priced, r.SubmittedAt, r.Doubt, r.Nonce) + id
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

// doubtful is a submit in doubt that is to be settled. What is known of it may be nil.
type doubtful struct {
	address task.Address
	known   *state.Doubt
}

func doubtfulRecords(records []state.Record) []doubtful {
	doubts := make([]doubtful, len(records))
	for i, r := range records {
		doubts[i] = doubtful{r.Address, r.Doubt}
	}
	return doubts
}

// writeDoubtCommand names the command that tells how doubts are settled, for where nobody
// has to do that now.
func writeDoubtCommand(w io.Writer, style Style, target Target) {
	const label, text = "In doubt:", "not submitted again before you settle it:"
	command, gap := target.Command("resolve"), " "
	if columns(label+" "+text+gap+command) > style.Width {
		gap = "\n  "
	}
	fmt.Fprintf(w, "%s %s%s%s\n", style.bold(label), text, gap, command)
}

// writeDoubtHint says how doubts are settled, the first of them as an example; and of
// each of which a webhook named the task, by which command. It writes no more than most
// of those; resolve lists all.
func writeDoubtHint(w io.Writer, style Style, target Target, doubts []doubtful, most int) {
	fmt.Fprintf(w, "%s nothing of it is submitted again before you settle it, by one of:\n", style.bold("In doubt:"))
	commands := taskCommands(target, doubts)
	for _, command := range commands[:min(len(commands), most)] {
		fmt.Fprintf(w, "  %s\n", command)
	}
	if more := len(commands) - most; more > 0 {
		fmt.Fprintf(w, "  ... and %d more, in the list of: %s\n", more, target.Command("resolve"))
	}
	fmt.Fprintln(w, "      if APIXO has the task: the next apply collects it")
	for _, way := range [...]struct{ flag, when string }{
		{"-not-charged", "if nothing was created: the next apply submits it again"},
		{"-resubmit", "if nobody can tell: the next apply submits it again, and may pay twice"},
	} {
		fmt.Fprintf(w, "  %s\n      %s\n", target.Command("resolve", way.flag, doubts[0].address.String()), way.when)
	}
}

// taskCommands settle doubts with the tasks that webhooks named for them: none was
// confirmed, so whoever runs one has the API asked. Where none was named, the command
// is an example.
func taskCommands(target Target, doubts []doubtful) (commands []string) {
	for _, d := range doubts {
		if d.known != nil && d.known.Named != "" {
			commands = append(commands, target.Command("resolve", "-task-id="+Clean(d.known.Named), d.address.String()))
		}
	}
	if len(commands) == 0 {
		commands = []string{target.Command("resolve", "-task-id=ID", doubts[0].address.String())}
	}
	return commands
}
