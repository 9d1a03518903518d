package view

import "strings"

// Style is how text is written to one stream.
type Style struct {
	Color    bool
	Terminal bool // long messages are folded there, and left whole for grep elsewhere
	Width    int  // in columns
}

// DefaultWidth is the width of a stream that is not a terminal.
const DefaultWidth = 80

// Fold breaks the lines of a message that are wider than the terminal. A command
// stays on one line, so that it can be copied.
func (s Style) Fold(text string) string {
	if !s.Terminal {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if columns(line) > s.Width && !strings.HasPrefix(line, "  apixo-batch ") {
			lines[i] = Wrap(line, 0, 2, s.Width)
		}
	}
	return strings.Join(lines, "\n")
}

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s Style) bold(text string) string   { return s.paint("1", text) }
func (s Style) dim(text string) string    { return s.paint("2", text) }
func (s Style) red(text string) string    { return s.paint("31", text) }
func (s Style) green(text string) string  { return s.paint("32", text) }
func (s Style) yellow(text string) string { return s.paint("33", text) }
func (s Style) cyan(text string) string   { return s.paint("36", text) }
