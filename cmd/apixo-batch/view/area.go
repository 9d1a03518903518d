package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// area is the foot of a terminal during a run: a few lines that change, below those
// that stay.
//
// Between two writes the cursor stands at the beginning of the first of its lines.
// So whatever a terminal does to lines that have become too wide, break or cut
// them, all of the area is what follows the cursor. It also keeps room for the ^C
// that a terminal shows there.
type area struct {
	io.Writer
	lines []string // as they stand
	width int      // of the terminal, when they were written
}

// What the area sends besides text, colours, line breaks and carriage returns.
const (
	eraseLine  = "\x1b[K"   // from the cursor on
	eraseBelow = "\x1b[J"   // the same, and all lines below
	wrapOff    = "\x1b[?7l" // what is too wide is cut, even if the terminal is narrower by now
	wrapOn     = "\x1b[?7h"
	lineUp     = "\x1b[%dA"
)

// show writes lines that stay, each with its line break, and the area below them, in
// one piece. No line of the area may be wider than the terminal. Where nothing has
// changed nothing is written.
func (a *area) show(above string, lines []string, width int) {
	if above == "" && width == a.width && slices.Equal(lines, a.lines) {
		return
	}
	var b strings.Builder
	b.WriteByte('\r')
	if above != "" || len(lines) == 0 {
		b.WriteString(eraseBelow)
	}
	b.WriteString(above)
	if len(lines) > 0 {
		b.WriteString(wrapOff + strings.Join(lines, eraseLine+"\r\n") + eraseBelow + "\r")
		if n := len(lines) - 1; n > 0 {
			fmt.Fprintf(&b, lineUp, n)
		}
		b.WriteString(wrapOn)
	}
	a.lines, a.width = lines, width
	_, _ = io.WriteString(a.Writer, b.String()) // a terminal that is gone does not stop a run
}
