package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// blockTotal is what has become of the instances of one task block.
type blockTotal struct {
	name   string
	counts map[state.Status]int
	cost   task.Cost // of all that was accepted for them, or is in doubt
}

// blocks are the totals of all task blocks, by name.
func (s Status) blocks() (totals []blockTotal) {
	at := make(map[string]int)
	for i := range s.Records {
		r := &s.Records[i]
		n, known := at[r.Address.Name]
		if !known {
			n = len(totals)
			at[r.Address.Name] = n
			totals = append(totals, blockTotal{name: r.Address.Name, counts: make(map[state.Status]int)})
		}
		totals[n].counts[r.Status]++
		totals[n].cost = totals[n].cost.Plus(costOf(r))
	}
	slices.SortFunc(totals, func(a, b blockTotal) int { return strings.Compare(a.name, b.name) })
	return totals
}

// costOf is the price of all submits of a record that were or may have been accepted.
func costOf(r *state.Record) (cost task.Cost) {
	if r.TaskID != "" || r.Status == state.InDoubt || r.Status == state.Submitting {
		cost = r.Cost
	}
	for i := range r.Past {
		cost = cost.Plus(r.Past[i].Cost)
	}
	return cost
}

// countsText is "3 succeeded, 1 in doubt".
func countsText(counts map[state.Status]int) string {
	var texts []string
	for _, status := range statuses {
		if n := counts[status]; n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, statusText(status)))
		}
	}
	return strings.Join(texts, ", ")
}

func statusText(s state.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// table writes a row for each task block, with a column for each status that one of
// them has; where that is too wide, a line for each.
func (s Status) table(w io.Writer, style Style, most int) {
	totals := s.blocks()
	head, rows := []string{"task"}, make([][]string, len(totals))
	for i, total := range totals {
		rows[i] = []string{"task." + total.name}
	}
	for _, status := range statuses {
		if !slices.ContainsFunc(totals, func(t blockTotal) bool { return t.counts[status] > 0 }) {
			continue
		}
		head = append(head, statusText(status))
		for i, total := range totals {
			cell := ""
			if n := total.counts[status]; n > 0 {
				cell = fmt.Sprint(n)
			}
			rows[i] = append(rows[i], cell)
		}
	}
	head = append(head, "cost")
	for i, total := range totals {
		rows[i] = append(rows[i], total.cost.String())
	}
	more := max(0, len(rows)-most)
	rows = rows[:len(rows)-more]
	if !writeStatusTable(w, style, head, rows) {
		for _, total := range totals[:len(rows)] {
			writeEntry(w, style, 2, task.Address{Name: total.name}, countsText(total.counts)+"; "+total.cost.String())
		}
	}
	if more > 0 {
		fmt.Fprintf(w, "  ... and %d more tasks\n", more)
	}
}

// writeStatusTable writes rows of cells, the first to the left and the others to the right;
// false, and nothing, if they do not fit.
func writeStatusTable(w io.Writer, style Style, head []string, rows [][]string) bool {
	widths := make([]int, len(head))
	for _, row := range slices.Concat([][]string{head}, rows) {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	all := 2
	for _, width := range widths {
		all += width + 2
	}
	if all-2 > style.Width {
		return false
	}
	for n, row := range slices.Concat([][]string{head}, rows) {
		line := "  " + pad(row[0], widths[0])
		for i, cell := range row[1:] {
			line += "  " + padLeft(cell, widths[i+1])
		}
		if n == 0 {
			line = style.bold(line)
		}
		fmt.Fprintln(w, line)
	}
	return true
}

// errored are the records with a failure, the newest first.
func (s Status) errored() []state.Record {
	failed := slices.DeleteFunc(slices.Clone(s.Records), func(r state.Record) bool { return r.Failure == nil })
	slices.SortFunc(failed, func(a, b state.Record) int {
		return cmp.Or(b.FinishedAt.Compare(a.FinishedAt), a.Address.Compare(b.Address))
	})
	return failed
}

func (s Status) erroredText(r state.Record) string {
	text := string(r.Failure.Reason)
	if more := failureText(*r.Failure); more != "" {
		text += " (" + more + ")"
	}
	if !r.FinishedAt.IsZero() {
		text = ago(s.Now.Sub(r.FinishedAt)) + ": " + text
	}
	return text
}

// ago tells how long something is past; a clock that was set back tells nothing.
func ago(d time.Duration) string { return short(max(0, d)) + " ago" }

// usually is how long a task like this one usually runs; 0 if nobody knows.
func (s Status) usually(r state.Record) time.Duration {
	if s.Usual == nil {
		return 0
	}
	return s.Usual(r.Request)
}

func (s Status) runningText(r paidTask) string {
	return fmt.Sprintf("accepted %s, task %s", s.ageText(r), Clean(r.TaskID))
}

// ageText tells the age of a task, and how long it is likely to go on.
func (s Status) ageText(r paidTask) string {
	age := max(0, s.Now.Sub(r.AcceptedAt))
	text := ago(age)
	switch usual := s.usually(r.Record); {
	case usual == 0:
	case age < usual:
		text += ", about " + short((usual - age).Round(time.Second)) + " to go"
	default:
		text += ", usually " + short(usual.Round(time.Second))
	}
	if r.earlier {
		text += ", for an earlier input"
	}
	return text
}
