package view

import (
	"fmt"
	"strings"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// instances lists the instances of a row: all when they are few, else those
// that a reader must see. It tells how many it hides.
func (w planWriter) instances(r row) (hidden int) {
	var listed []*plan.Action
	exceptional, more := 0, 0
	for _, a := range r.actions {
		switch {
		case w.expand, w.plan.Listed[a.Address]:
			listed = append(listed, a)
		case !w.exceptional(a):
		case exceptional == listExceptional:
			more++
		default:
			exceptional++
			listed = append(listed, a)
		}
	}
	w.list(listed)
	if more > 0 {
		fmt.Fprintf(w, "%*s... and %d more\n", instanceIndent, "", more)
	}
	return len(r.actions) - len(listed)
}

func (w planWriter) list(listed []*plan.Action) {
	column := addressColumn(listed)
	for _, a := range listed {
		w.instance(a.Address, w.detail(a), column)
	}
}

// maxAddress is the widest address that those beside it are aligned with.
const maxAddress = 36

// addressColumn is the width of the addresses that are listed together.
func addressColumn(listed []*plan.Action) int {
	column := 0
	for _, a := range listed {
		if c := columns(a.Address.String()); c <= maxAddress {
			column = max(column, c)
		}
	}
	return column
}

func (w planWriter) exceptional(a *plan.Action) bool {
	switch {
	case a.Kind == plan.Regenerate, a.Kind == plan.Blocked:
	case a.InDoubt(), a.Reason == plan.Resubmission, a.Reason == plan.GivenUp:
	case a.Import != "", moved(a), a.Dropped: // what history blocks make of it
	case a.Judged, a.Restored, neededBy(a) != "", w.expires(a) != "":
	default:
		return false
	}
	return true
}

// expires says when the URLs of a result that is not on disk die.
func (w planWriter) expires(a *plan.Action) string {
	if a.Reason != plan.ResultMissing || a.Prior.RefreshedURLs != nil {
		return ""
	}
	left := a.Prior.Result.ExpiresAt().Sub(w.plan.Now)
	switch {
	case left > expiringSoon:
		return ""
	case left <= 0:
		return "its URLs have expired"
	default:
		return "its URLs expire in " + short(left)
	}
}

const instanceIndent = 11

// instance writes an address and, from one column on or below it, a detail. A last word
// that has no room there has a line of its own.
func (w planWriter) instance(a task.Address, detail string, column int) {
	address := a.String()
	line := strings.Repeat(" ", instanceIndent) + address
	at, under := instanceIndent+max(column, columns(address))+2, instanceIndent+2
	detail, last := w.style.lastWord(detail, under)
	switch {
	case detail == "":
		fmt.Fprintln(w, line)
	case at+max(min(columns(detail), 20), widestWord(detail)) > w.style.Width:
		fmt.Fprintf(w, "%s\n%*s%s\n", line, under, "", w.style.dim(Wrap(detail, under, under, w.style.Width)))
	default:
		fmt.Fprintln(w, pad(line, at)+w.style.dim(Wrap(detail, at, at, w.style.Width)))
	}
	if last != "" {
		fmt.Fprintf(w, "%*s%s\n", under, "", w.style.dim(last))
	}
}

// detail is why an instance is in its row, where the row does not say it.
func (w planWriter) detail(a *plan.Action) string {
	var parts []string
	if from, is := a.Moved(); is {
		parts = append(parts, "moved from "+from.String()+", no cost")
	}
	if a.Judged && a.Kind == plan.Keep {
		parts = append(parts, "its postconditions hold now")
	}
	switch {
	case a.Kind == plan.Submit && a.Instance != nil && !a.Eval.Known && len(a.Eval.After) > 0:
		parts = append(parts, "after "+addresses(a.Eval.After))
	case a.Reason == plan.StillRunning: // its ID is in status and show
		parts = append(parts, "paid for and running")
	case a.Restored && a.Kind == plan.Keep:
		parts = append(parts, Clean(a.Detail))
	case a.Reason == plan.New, a.Reason == plan.UpToDate, a.Reason == plan.LeftOut:
	default:
		parts = append(parts, Clean(a.Detail))
	}
	if needed := neededBy(a); needed != "" {
		parts = append(parts, needed)
	}
	if r := a.Prior; a.InDoubt() {
		parts = append(parts, doubtKnown("", r.Cost, r.Priced, r.SubmittedAt, nil, r.Nonce))
	}
	if expires := w.expires(a); expires != "" {
		parts = append(parts, expires)
	}
	return strings.Join(parts, "; ")
}

func addresses(list []task.Address) string {
	names := make([]string, 0, 3)
	for i, a := range list {
		if i == 2 && len(list) > 3 {
			return strings.Join(append(names, fmt.Sprintf("%d more", len(list)-2)), ", ")
		}
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}
