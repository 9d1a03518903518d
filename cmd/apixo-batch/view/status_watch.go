package view

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// listWatched bounds each list of what is watched: it is looked at, again and again.
const listWatched = 5

// WriteWatched writes a state as somebody sees it who watches it: the same as
// WriteStatus, but for what there is to do, and the newest errors in place of all.
// again is what is said of the next time.
func WriteWatched(w io.Writer, style Style, s Status, again string) {
	title := style.bold("State "+Clean(s.Path)) + s.Target.mark() + "  " + s.Now.UTC().Format(time.TimeOnly+" UTC") + again
	fmt.Fprintln(w, style.Fold(title))
	if h := s.Holder; h != nil {
		text := fmt.Sprintf("%s runs: process %d, for %s", style.cyan(Clean(h.Operation)), h.PID, short(max(0, s.Now.Sub(h.Since)).Round(time.Second)))
		fmt.Fprintln(w, style.Fold(text))
	} else {
		fmt.Fprintln(w, "nothing runs here")
	}
	fmt.Fprintln(w)
	if len(s.Records) == 0 {
		fmt.Fprintf(w, "  nothing was submitted yet\n\n")
	} else {
		s.table(w, style, 3*listWatched)
		fmt.Fprintln(w)
	}
	list(w, style, "Running, already paid for", s.running(), listWatched, paidTask.at, s.ageText)
	list(w, style, "In doubt", s.doubts(), listWatched, addressOf, s.doubtAge)
	list(w, style, "Results not on disk", s.undelivered(), listWatched, paidTask.at, s.missingText)
	list(w, style, s.lastErrors(), s.errored(), listWatched, addressOf, s.erroredText)
	fmt.Fprintln(w, style.Fold(fmt.Sprintf("Committed %s in all runs%s.", s.Committed, ofItReserved(s.Reserved))))
}

// lastErrors is the title of the newest errors: how many there are of each reason.
func (s Status) lastErrors() string {
	counts := make(map[task.Reason]int)
	for _, r := range s.errored() {
		counts[r.Failure.Reason]++
	}
	var texts []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%d %s", counts[reason], reason))
	}
	return "Last errors (" + strings.Join(texts, ", ") + ")"
}

func (s Status) doubtAge(r state.Record) string {
	cause, since := state.AbandonedCause, r.SubmittedAt
	if r.Doubt != nil {
		cause, since = said(r.Doubt.Cause), r.Doubt.Since
	}
	return ago(s.Now.Sub(since)) + ": " + cause
}

// Frames draws over itself: each frame stands where the last one stood, and the last
// of all stays. It writes to a terminal.
type Frames struct {
	Out   io.Writer
	lines []string // of the last frame
}

// Draw shows a frame in a terminal of so many columns and rows. What does not fit in is
// left out at the end, and counted.
func (f *Frames) Draw(text string, width, rows int) {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, breakLine(strings.TrimSuffix(line, "\n"), max(1, width-1))...)
	}
	if room := max(2, rows-1); len(lines) > room {
		more := fmt.Sprintf("... %d more lines", len(lines)-room+1)
		lines = append(lines[:room-1], breakLine(more, max(1, width-1))[0])
	}
	var b strings.Builder
	if up := f.height(width); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	_, _ = io.WriteString(f.Out, b.String()) // nobody reads it any more
	f.lines = lines
}

// height is how many rows the last frame takes now: a terminal that has become
// narrower has broken its lines.
func (f *Frames) height(width int) (rows int) {
	for _, line := range f.lines {
		rows += max(1, (columns(line)+width-1)/width)
	}
	return rows
}

// breakLine breaks a line into pieces that are no wider than width. Colours go on.
func breakLine(line string, width int) (pieces []string) {
	piece, used := "", 0
	for line != "" {
		if code := colour.FindString(line); code != "" && strings.HasPrefix(line, code) {
			piece, line = piece+code, line[len(code):]
			continue
		}
		_, size := utf8.DecodeRuneInString(line)
		char := line[:size]
		if wide := columns(char); used+wide > width {
			pieces = append(pieces, piece)
			piece, used = "", 0
		}
		piece, used, line = piece+char, used+columns(char), line[size:]
	}
	return append(pieces, piece)
}
