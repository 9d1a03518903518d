// Package screentest emulates the terminal that progress is drawn on, as far as that
// goes: for tests, which then see what a person would. What it does not know is an
// error, so that nothing else can be sent unnoticed.
package screentest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Screen is a terminal with all that has left it at the top. It may be used by any number
// of goroutines.
type Screen struct {
	mu            sync.Mutex
	columns, rows int
	reflow        bool
	lines         []line
	x, y          int // where the cursor is; y counts from the first of lines
	noWrap        bool
	look          string // of what is written from here on
	rest          []byte // the beginning of a character or a sequence
	cut           int
	err           error
}

// line is one line of the screen.
type line struct {
	cells []cell // a wide character has two, the second of which is empty
	wraps bool   // it goes on in the next, since it was too long
}

type cell struct{ text, look string }

// Span is a part of a line that looks the same.
type Span struct {
	Text string
	Look string // the parameter of its SGR sequence, as "31" for red; "" if it has none
}

// New makes a Screen. With reflow it breaks lines anew when it gets another width, as
// most terminals do; without, it cuts them, as xterm does.
func New(columns, rows int, reflow bool) *Screen {
	return &Screen{columns: columns, rows: rows, reflow: reflow, lines: make([]line, 1)}
}

// Size is that of the screen, as a terminal tells it.
func (s *Screen) Size() (columns, rows int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.columns, s.rows, true
}

// Err is what was written first that the Screen does not know; nil if there was nothing.
func (s *Screen) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Cut counts the characters that were too far to the right while lines were not to wrap.
func (s *Screen) Cut() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut
}

// Cursor is where the cursor is: its column, and the line of Text.
func (s *Screen) Cursor() (column, row int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.x, s.y
}

// Text is all that was written, as it stands: each line of the screen, without spaces
// at its end.
func (s *Screen) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, l := range s.lines {
		all = append(all, l.text())
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}

// Lines is Text with what it looks like.
func (s *Screen) Lines() (lines [][]Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		var spans []Span
		for _, c := range l.cells {
			if last := len(spans) - 1; last >= 0 && spans[last].Look == c.look {
				spans[last].Text += c.text
			} else if c.text != "" {
				spans = append(spans, Span{c.text, c.look})
			}
		}
		lines = append(lines, spans)
	}
	return lines
}

func (l line) text() string {
	var b strings.Builder
	for _, c := range l.cells {
		b.WriteString(c.text)
	}
	return strings.TrimRight(b.String(), " ")
}

var sequence = regexp.MustCompile(`^\x1b\[(\??[0-9;]*)([A-Za-z])`)

// Write never fails; see Err.
func (s *Screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(text)
	text = append(s.rest, text...)
	s.rest = nil
	for len(text) > 0 {
		if text[0] == 0x1b {
			found := sequence.FindSubmatch(text)
			if found == nil {
				if len(text) < 8 {
					s.rest = append([]byte(nil), text...)
					return n, nil
				}
				s.wrong(fmt.Sprintf("%q", text[:8]))
				return n, nil
			}
			s.obey(string(found[1]), string(found[2]))
			text = text[len(found[0]):]
			continue
		}
		if !utf8.FullRune(text) {
			s.rest = append([]byte(nil), text...)
			return n, nil
		}
		r, size := utf8.DecodeRune(text)
		s.put(r, size)
		text = text[size:]
	}
	return n, nil
}

func (s *Screen) wrong(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("unknown to the screen: %s", what)
	}
}

// obey carries out a sequence.
func (s *Screen) obey(parameter, final string) {
	switch final + parameter {
	case "K":
		l := &s.lines[s.y]
		l.cells, l.wraps = l.cells[:min(s.x, len(l.cells))], false
		return
	case "J":
		s.obey("", "K")
		s.lines = s.lines[:s.y+1]
		return
	case "l?7":
		s.noWrap = true
		return
	case "h?7":
		s.noWrap = false
		return
	}
	n, err := strconv.Atoi(parameter)
	switch {
	case final == "A" && err == nil && n > 0:
		s.y = max(s.y-n, len(s.lines)-s.rows, 0)
	case final == "m" && n == 0 && err == nil:
		s.look = ""
	case final == "m" && err == nil:
		s.look = parameter
	default:
		s.wrong("ESC [ " + parameter + " " + final)
	}
}

// put shows a character where the cursor is.
func (s *Screen) put(r rune, size int) {
	switch {
	case r == '\r':
		s.x = 0
		return
	case r == '\n':
		s.x = 0 // a terminal's line discipline sees to that
		s.down()
		return
	case r == utf8.RuneError && size == 1, !unicode.IsPrint(r):
		s.wrong(fmt.Sprintf("%q", r))
		return
	}
	width := runewidth.RuneWidth(r)
	if width == 0 {
		return
	}
	if s.x+width > s.columns {
		if s.noWrap {
			s.cut++
			return
		}
		s.lines[s.y].wraps = true
		s.x = 0
		s.down()
	}
	l := &s.lines[s.y]
	for len(l.cells) < s.x+width {
		l.cells = append(l.cells, cell{text: " "})
	}
	l.cells[s.x] = cell{string(r), s.look}
	if width == 2 {
		l.cells[s.x+1] = cell{look: s.look}
	}
	s.x += width
}

func (s *Screen) down() {
	if s.y++; s.y == len(s.lines) {
		s.lines = append(s.lines, line{})
	}
}

// Resize gives the screen another size. The cursor stays with the character it is at.
func (s *Screen) Resize(columns, rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if columns != s.columns {
		s.columns = columns
		if s.reflow {
			s.breakAnew()
		} else {
			for i := range s.lines {
				l := &s.lines[i]
				l.cells = l.cells[:min(columns, len(l.cells))]
			}
			s.x = min(s.x, columns-1)
		}
	}
	s.rows = rows
	// What is below the cursor makes room first.
	s.lines = s.lines[:min(len(s.lines), max(s.y+1, s.y+rows))]
}

func (s *Screen) breakAnew() {
	old, x, y := s.lines, s.x, s.y
	s.lines = nil
	for i := 0; i < len(old); i++ {
		whole, at := old[i].cells, -1
		if i == y {
			at = x
		}
		for ; old[i].wraps; i++ {
			if i+1 == y {
				at = len(whole) + x
			}
			whole = append(whole[:len(whole):len(whole)], old[i+1].cells...)
		}
		first := len(s.lines)
		for begin := true; begin || len(whole) > 0; begin = false {
			n := min(s.columns, len(whole))
			if n < len(whole) && whole[n].text == "" {
				n-- // not through a wide character
			}
			s.lines = append(s.lines, line{whole[:n:n], n < len(whole)})
			whole = whole[n:]
		}
		if at >= 0 {
			s.y, s.x = min(first+at/s.columns, len(s.lines)-1), at%s.columns
		}
	}
}
