// Package printable makes text from outside safe to show. What a terminal or a
// browser might obey, or what would hide the rest, stands as an escape: \x1b, \u202e,
// \U000e0001. That are controls, the bidirectional overrides and isolates, line and
// paragraph separators, and all else for which unicode.IsPrint is false.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Medium tells what can be shown as it is.
type Medium func(rune) bool

// Terminal shows characters that have a width by themselves.
func Terminal(r rune) bool { return unicode.IsPrint(r) }

// Page shows every space too, and what says whether its neighbours are joined, as
// Persian, Hindi and families of emoji are written. Neither changes the direction.
func Page(r rune) bool {
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) || r == '\u200c' || r == '\u200d'
}

// Text is s, its line breaks and tabs included. At most so many characters of it are
// shown; rest is what is left.
func Text(on Medium, s string, most int) (shown, rest string) {
	return escape(on, s, most, "\n", "\t")
}

// Line is Text on one line: a line break becomes \n, and a tab a space.
func Line(on Medium, s string, most int) (shown, rest string) {
	return escape(on, s, most, `\n`, " ")
}

func escape(on Medium, s string, most int, lineBreak, tab string) (shown, rest string) {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == most {
			return b.String(), s[i:]
		}
		n++
		switch {
		case r == '\n':
			b.WriteString(lineBreak)
		case r == '\t':
			b.WriteString(tab)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"): // an invalid byte
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case on(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String(), ""
}
