package view

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanShowsWhatATerminalWouldObey(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"a cat, 猫, 🐈", "a cat, 猫, 🐈"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"\x1b]0;title\a", `\x1b]0;title\x07`},
		{"one\r\ntwo", `one\x0d\ntwo`},
		{"a\tb", "a b"},
		{"\u202egnp.exe", `\u202egnp.exe`},
		{"\u0085\u2028", `\u0085\u2028`},
		{"bad \xff\xfe", `bad \xff\xfe`},
		{"\uFFFD", "\uFFFD"},
		{strings.Repeat("a", 501), strings.Repeat("a", 500) + "..."},
	} {
		if got := Clean(test.in); got != test.want {
			t.Errorf("Clean(%q) = %q, want %q", test.in, got, test.want)
		}
		if got := CleanLine(test.in); len(test.in) <= 500 && got != test.want {
			t.Errorf("CleanLine(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzCleanLeavesNothingToObey(f *testing.F) {
	f.Add("\x1b[2J\u202e\xff")
	f.Add("plain")
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{Clean(s), CleanLine(s)} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q becomes %q", s, got)
			}
		}
	})
}

func TestWrapKeepsWordsWholeAndIndents(t *testing.T) {
	got := Wrap("one two three four", 6, 3, 14)
	if want := "one two\n   three four"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, test := range []struct {
		text          string
		start, indent int
		want          string
	}{
		{"bbb a-very-long-word b", 0, 2, "bbb\n  a-very-long-word\n  b"}, // whole, on a line of its own
		{"a-very-long-word", 4, 4, "a-very-long-word"},                   // which it has already
		{"\x1b[31mred\x1b[0m", 1, 2, "\x1b[31mred\x1b[0m"},               // colour takes no room
		{"\x1b[31mred\x1b[0m b", 0, 2, "\x1b[31mred\x1b[0m b"},
	} {
		if got := Wrap(test.text, test.start, test.indent, 5); got != test.want {
			t.Errorf("Wrap(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// A difference of spaces is one, too.
func TestAWrappedValueKeepsItsSpaces(t *testing.T) {
	if got, want := wrapValue("a  b   c dddd", 2, 8), "a  b  \n  c dddd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALabelWithoutRoomBesideItHasItsOwnLine(t *testing.T) {
	var b strings.Builder
	w := labelled{&b, 8, 14}
	w.line("one", "a b c d e")
	w.line("wide one", "text")
	w.line("none", "")
	if want := "  one   a b c\n        d e\n  wide one\n        text\n"; b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestQuoteSuitsAShell(t *testing.T) {
	for in, want := range map[string]string{
		"jobs.hcl":         "jobs.hcl",
		`task.hero["cat"]`: `'task.hero["cat"]'`,
		"it's":             `'it'\''s'`,
		"":                 "''",
		"a b":              "'a b'",
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestCommandRepeatsWhatTheTargetNeeds(t *testing.T) {
	target := Target{Chdir: "my dir", Path: "jobs.hcl", State: "s.json", Simulated: true, Vars: []string{"-var=word=..."}}
	want := "apixo-batch '-chdir=my dir' apply -simulate -state=s.json -var=word=... jobs.hcl"
	if got := target.Command("apply"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want = "apixo-batch '-chdir=my dir' resolve -simulate -state=s.json -var=word=... -task-id=t1 task.a jobs.hcl"
	if got := target.Command("resolve", "-task-id=t1", "task.a"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want = "apixo-batch '-chdir=my dir' state rm -simulate -state=s.json task.a jobs.hcl"
	if got := target.Command("state rm", "task.a"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (Target{Path: "."}).Command("resume"); got != "apixo-batch resume" {
		t.Errorf("got %s", got)
	}
}
