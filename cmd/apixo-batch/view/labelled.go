package view

import (
	"fmt"
	"io"
	"strings"
)

// labelled writes lines of a label and, from one column on, a text.
type labelled struct {
	io.Writer
	column int // where the texts begin
	width  int // of the stream
}

// line writes a text, wrapped under itself, and nothing if there is none. A label
// that has no room beside it gets a line of its own, and so does a last word.
func (w labelled) line(label, text string) {
	if text == "" {
		return
	}
	lead := "  " + label
	if columns(lead) >= w.column {
		fmt.Fprintln(w, lead)
		lead = ""
	}
	text, last := Style{Width: w.width}.lastWord(text, w.column)
	if lead != "" || text != "" {
		fmt.Fprintln(w, strings.TrimRight(pad(lead, w.column)+Wrap(text, w.column, w.column, w.width), " "))
	}
	if last != "" {
		fmt.Fprintln(w, "    "+last)
	}
}
