package gallery

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"apixo-batch/spec/task"
)

// MarkdownHead is the first line of what WriteMarkdown writes.
const MarkdownHead = "<!-- apixo-batch report -->"

// maxListed bounds the rows of each table: hosts that show Markdown bound its size.
const maxListed = 1000

// WriteMarkdown writes sums by task, what has no result and what to do about it, and
// the results. Each text from outside is a code span; the advice is ours, or the
// configuration's.
func WriteMarkdown(w io.Writer, r *Report) error { return writeMarkdown(w, r, maxListed) }

// WriteMarkdownWithin is WriteMarkdown in at most so many bytes: as many rows are left
// out as have to be, and nothing is written if not even the sums have room.
func WriteMarkdownWithin(w io.Writer, r *Report, most int) error {
	for _, rows := range []int{maxListed, maxListed / 3, maxListed / 10, maxListed / 30, maxListed / 100, 0} {
		var b bytes.Buffer
		if err := writeMarkdown(&b, r, rows); err != nil {
			return err
		}
		if b.Len() <= most {
			_, err := w.Write(b.Bytes())
			return err
		}
	}
	return fmt.Errorf("there is no room for the sums in %d bytes", max(0, most))
}

func writeMarkdown(w io.Writer, r *Report, most int) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n# Results of %s%s\n\n", MarkdownHead, code(r.Title), map[bool]string{true: " (simulated)"}[r.Simulated])
	fmt.Fprintf(out, "%s. %s committed in all runs%s, as of %s.\n", r.countsText(), r.Committed, r.moneyText(), utc(r.Made))
	if r.Running {
		fmt.Fprint(out, "A run is on: this is how it stood.\n")
	}
	r.markdownTasks(out, most)
	r.markdownTroubles(out, most)
	r.markdownResults(out, most)
	return out.Flush()
}

func (r *Report) countsText() string {
	text := count(len(r.Items), "instance")
	counts := r.Counts()
	for i, status := range slices.DeleteFunc(slices.Clone(Statuses[:]), func(s Status) bool { return counts[s] == 0 }) {
		text += map[bool]string{true: ": ", false: ", "}[i == 0] + grouped(counts[status]) + " " + string(status)
	}
	return text
}

// moneyText is what a sum leaves open.
func (r *Report) moneyText() string {
	text := ""
	if r.Reserved > 0 {
		text = fmt.Sprintf(", %s of it not known to be charged", r.Reserved)
	}
	if r.Unpriced > 0 {
		text += fmt.Sprintf(", and %s without a price", count(r.Unpriced, "submit"))
	}
	return text
}

func (r *Report) markdownTasks(out io.Writer, most int) {
	if len(r.Tasks) == 0 {
		return
	}
	fmt.Fprint(out, "\n| task | instances | succeeded | failed | other | cost |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	sums := make(map[string]taskSum)
	for i := range r.Items {
		item := &r.Items[i]
		sums[item.Task] = sums[item.Task].with(item)
	}
	for _, t := range r.Tasks[:min(len(r.Tasks), most)] {
		sum := sums[t.Name]
		fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %s |\n", code("task."+t.Name), sum.all, sum.good, sum.bad, sum.all-sum.good-sum.bad, sum.cost)
	}
	writeRest(out, len(r.Tasks), most)
}

// taskSum is what the instances of a task come to.
type taskSum struct {
	all, good, bad int
	cost           task.Cost
}

func (s taskSum) with(item *Item) taskSum {
	s.all++
	s.cost += task.Cost(item.Micros)
	switch item.Status {
	case Succeeded:
		s.good++
	case Failed:
		s.bad++
	}
	return s
}

func (r *Report) markdownTroubles(out io.Writer, most int) {
	rows := 0
	for i := range r.Items {
		item := &r.Items[i]
		if item.Trouble == nil {
			continue
		}
		if rows++; rows == 1 {
			fmt.Fprint(out, "\n## Without a result that can be used\n\n| instance | status | reason | message | what to do |\n| --- | --- | --- | --- | --- |\n")
		}
		if rows <= most {
			t := item.Trouble
			fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", code(item.Address), item.Status, code(strings.TrimSpace(t.Reason+" "+t.Code)), code(t.Message), plain(t.Advice))
		}
	}
	writeRest(out, rows, most)
}

func (r *Report) markdownResults(out io.Writer, most int) {
	rows := 0
	for i := range r.Items {
		item := &r.Items[i]
		if len(item.Files) == 0 {
			continue
		}
		if rows++; rows == 1 {
			fmt.Fprint(out, "\n## Results\n\n| instance | status | cost | seconds | files |\n| --- | --- | ---: | ---: | --- |\n")
		}
		if rows > most {
			continue
		}
		seconds, cost := "", item.Cost
		if s, ok := item.Seconds(); ok {
			seconds = fmt.Sprintf("%.1f", s)
		}
		var files []string
		for _, f := range item.Files {
			text := code(f.Path)
			if f.Problem != "" {
				text += " " + code(f.Problem)
			}
			files = append(files, text)
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", code(item.Address), item.Status, cost, seconds, strings.Join(files, ", "))
	}
	writeRest(out, rows, most)
}

func writeRest(out io.Writer, rows, most int) {
	if rows > most {
		fmt.Fprintf(out, "\nand %s more; -csv lists all.\n", grouped(rows-most))
	}
}

// code makes a text a code span of a table: in one, nothing is markup, no address
// becomes a link and nobody is mentioned. The fence is longer than any in the text.
func code(text string) string {
	text = strings.TrimSpace(escapeBars.Replace(line(text)))
	if text == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 {
		text = " " + text + " "
	}
	return fence + text + fence
}

// escapeBars leaves one backslash before each bar: hosts do not agree on whether two of
// them let the bar end the cell.
var escapeBars = strings.NewReplacer(`\|`, `\x5c\|`, "|", `\|`)

// plain is text without markup.
func plain(text string) string { return escapeMarkdown.Replace(line(text)) }

var escapeMarkdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "~", `\~`)
