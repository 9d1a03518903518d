package view

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"apixo-batch/cmd/apixo-batch/printable"
	"apixo-batch/runner"
)

// maxForeign bounds, in characters, how much of one text from outside is shown.
const maxForeign = 500

// Clean makes text from outside safe to show on a terminal and keeps it on one
// line: what is not printable is written as an escape, and what is longer than
// 500 characters is cut and marked.
func Clean(s string) string {
	shown, rest := printable.Line(printable.Terminal, s, maxForeign)
	if rest != "" {
		shown += "..."
	}
	return shown
}

// CleanLine is Clean for what must be shown whole.
func CleanLine(s string) string {
	shown, _ := printable.Line(printable.Terminal, s, len(s))
	return shown
}

// columns is the width of s on a terminal. The condition is spelled out so that
// the environment of the process does not change the layout.
func columns(s string) int {
	condition := runewidth.Condition{StrictEmojiNeutral: true}
	return condition.StringWidth(colour.ReplaceAllString(s, ""))
}

// colour is what Style.paint writes around a text; it takes no room.
var colour = regexp.MustCompile(`\x1b\[[0-9]*m`)

// pad fills s with spaces up to width.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// padLeft fills s with spaces on its left up to width.
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-columns(s))) + s
}

// Wrap breaks text at spaces so that no line is wider than width, unless a
// single word is: a URL or a task ID is copied, so it stays whole and begins a
// line. Every line but the first begins with indent spaces; start columns of the
// first are taken already. Several spaces count as one.
func Wrap(text string, start, indent, width int) string {
	return wrapWords(strings.Fields(text), start, indent, width)
}

// wrapValue is Wrap for a value, whose spaces are all part of it.
func wrapValue(text string, column, width int) string {
	return wrapWords(strings.Split(text, " "), column, column, width)
}

func wrapWords(words []string, start, indent, width int) string {
	var b strings.Builder
	at := start
	for i, word := range words {
		w := columns(word)
		switch {
		case i == 0:
		case at+1+w > width && at > indent:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += w
	}
	return b.String()
}

// lastWord splits off the last word of a text if it has no room in the lines that begin
// at a column: it is what is copied, so it stays whole, and goes below.
func (s Style) lastWord(text string, at int) (rest, last string) {
	words := strings.Fields(text)
	if len(words) == 0 || at+columns(words[len(words)-1]) <= s.Width {
		return text, ""
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}

// said is Clean for what the API says of a failure, without the queries of URLs in
// it: progress ends up in logs that many read, and a signed URL is the file.
func said(text string) string { return Clean(runner.WithoutQueries(text)) }

// count writes "1 task" or "3 tasks".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// short writes a duration in the two units that matter: "12s", "3m10s", "3h12m".
func short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	default:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
}

// Quote puts an address in single quotes, as a POSIX shell needs them, unless it
// has nothing that a shell would touch.
func Quote(arg string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("._-/+=:@%", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
