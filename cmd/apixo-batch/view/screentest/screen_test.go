package screentest

import (
	"io"
	"testing"
)

func TestScreen(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
	}{
		{"text", "one\ntwo", "one\ntwo"},
		{"written over", "one\rT", "Tne"},
		{"a long line wraps", "1234567890abc", "1234567890\nabc"},
		{"or is cut", "\x1b[?7l1234567890abc\x1b[?7h", "1234567890"},
		{"wide characters", "12345678日9本日0本x", "12345678日\n9本日0本x"},
		{"one does not fit", "123456789日", "123456789\n日"},
		{"the rest of a line", "12345\r12\x1b[K", "12"},
		{"all below", "one\ntwo\nthree\x1b[2A\r\x1b[J", ""},
		{"up", "one\ntwo\x1b[1A!", "one!\ntwo"},
		{"not above the screen", "1\n2\n3\n4\n5\x1b[9A\rx", "1\n2\nx\n4\n5"},
		{"colours", "a\x1b[31mb\x1b[0mc", "abc"},
	} {
		s := New(10, 3, true)
		for _, b := range []byte(c.text) { // also in pieces
			s.Write([]byte{b})
		}
		if got := s.Text(); got != c.want || s.Err() != nil {
			t.Errorf("%s: %q, %v", c.name, got, s.Err())
		}
	}
}

func TestScreenKnowsNothingElse(t *testing.T) {
	for _, text := range []string{"\x1b[2Kxxxxxxxx", "\x1b]0;title\a", "\t", "\b", "\u202e", "\xff", "\x1b[?25lxxxxxxxx", "\u009b31m"} {
		s := New(10, 3, true)
		io.WriteString(s, text)
		if s.Err() == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestScreenResize(t *testing.T) {
	for reflow, want := range map[bool]string{true: "abcde\nfgh\nx234\ny", false: "abcde\nx234\ny"} {
		s := New(10, 9, reflow)
		io.WriteString(s, "abcdefgh\n1234\ny\x1b[1A\r")
		s.Resize(5, 9)
		io.WriteString(s, "x")
		if got := s.Text(); got != want {
			t.Errorf("narrower: %q, want %q", got, want)
		}
		s.Resize(10, 9)
		if got := s.Text(); reflow && got != "abcdefgh\nx234\ny" {
			t.Errorf("wider again: %q", got)
		}
	}
}
