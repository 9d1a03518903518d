package printable

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestWhatIsNotPrintableStandsAsAnEscape(t *testing.T) {
	for _, test := range []struct{ in, text, line string }{
		{"", "", ""},
		{"a harbour, ein Hafen, 港", "a harbour, ein Hafen, 港", "a harbour, ein Hafen, 港"},
		{"a\n\tb", "a\n\tb", `a\n b`},
		{"\x1b[31m\r\x7f", `\x1b[31m\x0d\x7f`, `\x1b[31m\x0d\x7f`},
		{"\u0085\u202e\u2028", `\u0085\u202e\u2028`, `\u0085\u202e\u2028`},
		{"\U000e0001", `\U000e0001`, `\U000e0001`},
		{"\x9b31m\xe6", `\x9b31m\xe6`, `\x9b31m\xe6`},
		{"\uFFFD", "\uFFFD", "\uFFFD"},
	} {
		if got, rest := Text(Terminal, test.in, len(test.in)); got != test.text || rest != "" {
			t.Errorf("Text(%q) = %q, %q, want %q", test.in, got, rest, test.text)
		}
		if got, rest := Line(Terminal, test.in, len(test.in)); got != test.line || rest != "" {
			t.Errorf("Line(%q) = %q, %q, want %q", test.in, got, rest, test.line)
		}
	}
}

func TestWhatIsTooLongIsCutBetweenCharacters(t *testing.T) {
	for most, want := range map[int][2]string{0: {"", "ä\xff港!"}, 1: {"ä", "\xff港!"}, 2: {`ä\xff`, "港!"}, 3: {`ä\xff港`, "!"}, 4: {`ä\xff港!`, ""}, 5: {`ä\xff港!`, ""}} {
		if shown, rest := Text(Terminal, "ä\xff港!", most); shown != want[0] || rest != want[1] {
			t.Errorf("at most %d: %q, %q, want %q", most, shown, rest, want)
		}
	}
}

func TestAPageShowsSpacesAndJoiners(t *testing.T) {
	for in, terminal := range map[string]string{
		"\u3000\u00a0":  `\u3000\u00a0`,
		"می\u200cخواهم": `می\u200cخواهم`,
		"👩\u200d👧":      `👩\u200d👧`,
	} {
		if got, _ := Text(Page, in, len(in)); got != in {
			t.Errorf("on a page %q is %q", in, got)
		}
		if got, _ := Text(Terminal, in, len(in)); got != terminal {
			t.Errorf("on a terminal %q is %q", in, got)
		}
	}
	if got, _ := Text(Page, "\u202e\u2028\u2066", 10); got != `\u202e\u2028\u2066` {
		t.Errorf("on a page: %q", got)
	}
}

func FuzzAllIsPrintable(f *testing.F) {
	f.Add("a harbour\n\t", 3)
	f.Add("\x1b[31m\u202e\U000e0001\xff\uFFFD", 100)
	f.Fuzz(func(t *testing.T, s string, most int) {
		text, rest := Text(Terminal, s, most)
		line, same := Line(Terminal, s, most)
		if !utf8.ValidString(text) || rest != same || !strings.HasSuffix(s, rest) {
			t.Errorf("Text(%q, %d) = %q, %q", s, most, text, rest)
		}
		for _, r := range line + strings.NewReplacer("\n", "", "\t", "").Replace(text) {
			if !unicode.IsPrint(r) {
				t.Errorf("%q holds %q", s, r)
			}
		}
		if plain := s[:len(s)-len(rest)]; most >= 0 && utf8.RuneCountInString(plain) > most {
			t.Errorf("at most %d of %q: %q is shown", most, s, plain)
		}
	})
}
