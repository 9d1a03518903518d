package gallery

import (
	"fmt"
	"unicode/utf8"

	"apixo-batch/cmd/apixo-batch/printable"
)

// How much of one text is shown, in characters: of a prompt as much as any model
// takes. A state holds all of it.
const (
	maxText   = 4000
	maxPrompt = 20_000
)

// visible makes a text from outside safe to show: what is not printable is written
// as an escape, but for line breaks and tabs. What is longer than maxText is cut,
// and says so.
func visible(s string) string { return visibleUpTo(maxText, s) }

func visibleUpTo(most int, s string) string {
	shown, rest := printable.Text(printable.Page, s, most)
	return cut(most, shown, rest)
}

// line is visible on one line.
func line(s string) string {
	shown, rest := printable.Line(printable.Page, s, maxText)
	return cut(maxText, shown, rest)
}

func cut(most int, shown, rest string) string {
	if rest != "" {
		shown += fmt.Sprintf(" … (%d characters in all)", most+utf8.RuneCountInString(rest))
	}
	return shown
}

// count writes "1 file" or "3 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a number with a comma between its thousands.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
