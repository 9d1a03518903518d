package view

import (
	"fmt"
	"io"
)

// labelled writes lines of a label and, from one column on, a text.
type labelled struct {
	io.Writer
	column int // where the texts begin
	width  int // of the stream
}

// line writes a text, wrapped under itself, and nothing if there is none. A label
// that has no room beside it gets a line of its own.
func (w labelled) line(label, text string) {
	if text == "" {
		return
	}
	lead := "  " + label
	if columns(lead) >= w.column {
		fmt.Fprintln(w, lead)
		lead = ""
	}
	fmt.Fprintln(w, pad(lead, w.column)+Wrap(text, w.column, w.column, w.width))
}
