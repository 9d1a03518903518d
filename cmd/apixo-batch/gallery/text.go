package gallery

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds, in characters, how much of one text is shown. A state holds all
// of it.
const maxText = 4000

// visible makes a text from outside safe to show: what is not printable is written
// as an escape, but for line breaks and tabs. What is longer than maxText is cut,
// and says so.
func visible(s string) string {
	var b strings.Builder
	shown := 0
	for i, r := range s {
		if shown == maxText {
			fmt.Fprintf(&b, " … (%d characters in all)", shown+utf8.RuneCountInString(s[i:]))
			break
		}
		shown++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r), r == '\n', r == '\t':
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// line is visible on one line.
func line(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", " ").Replace(visible(s))
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
