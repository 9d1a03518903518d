package view

import (
	"fmt"
	"strings"
)

// maxBacklog bounds, in bytes, what is kept for a stream that takes nothing.
const maxBacklog = 16 << 20

// message is what is to be written to a stream.
type message struct {
	text string
	asIs bool // it is not folded, and ends with its line break
}

// backlog holds messages until their stream takes them, so that nobody who has
// something to say waits for whoever reads it: a run that pays goes on while its
// terminal is stopped.
type backlog struct {
	messages []message
	size     int
	lost     int
}

// add keeps a message, unless too much waits already: then it is counted.
func (l *backlog) add(m message) {
	if l.size+len(m.text) > maxBacklog {
		l.lost++
		return
	}
	l.size += len(m.text)
	l.messages = append(l.messages, m)
}

// take empties the backlog and returns its text, set for a style.
func (l *backlog) take(style Style) string {
	var b strings.Builder
	for _, m := range l.messages {
		if m.asIs {
			b.WriteString(m.text)
		} else {
			b.WriteString(style.Fold(m.text))
			b.WriteByte('\n')
		}
	}
	if l.lost > 0 {
		fmt.Fprintf(&b, "... %s left out here: nobody was reading\n", count(l.lost, "message"))
	}
	*l = backlog{}
	return b.String()
}
