package main

import (
	"strings"

	"apixo-batch/cmd/apixo-batch/view"
)

// typed is a command line of bash, up to the cursor.
type typed struct {
	words []string // without quotes; the last is to be completed
	// kept is how much of the last word bash keeps: a candidate replaces what is
	// behind it. That is the part behind an = or a :, or the part in quotes.
	kept  int
	quote byte // the quote that is open, 0 if none is
}

// splitShell takes a command line apart as bash does, without expanding
// anything. breaks are the characters that end a word for completion, as in
// COMP_WORDBREAKS.
func splitShell(line, breaks string) typed {
	var t typed
	var word strings.Builder
	within, escaped := false, false // in a word; behind a backslash
	quotedAt := 0
	for _, b := range []byte(line) { // what is special is ASCII
		switch {
		case escaped:
			if t.quote == '"' && strings.IndexByte("$`\"\\", b) < 0 {
				word.WriteByte('\\')
			}
			word.WriteByte(b)
			escaped = false
		case b == '\\' && t.quote != '\'':
			within, escaped = true, true
		case t.quote != 0:
			if b == t.quote {
				t.quote = 0
			} else {
				word.WriteByte(b)
			}
		case b == '\'' || b == '"':
			within, t.quote, quotedAt = true, b, word.Len()
		case strings.IndexByte(" \t\n", b) >= 0:
			if within {
				t.words = append(t.words, word.String())
			}
			word.Reset()
			within, t.kept = false, 0
		default:
			within = true
			word.WriteByte(b)
			if strings.IndexByte(breaks, b) >= 0 {
				t.kept = word.Len()
			}
		}
	}
	if t.quote != 0 {
		t.kept = quotedAt
	}
	t.words = append(t.words, word.String())
	return t
}

// fit makes of whole words what bash puts in place of the part that it replaces,
// quoted so that the command gets them unchanged.
func (t typed) fit(candidates []candidate) []candidate {
	kept := t.words[len(t.words)-1][:t.kept]
	var fitting []candidate
	quote := t.quote
	for _, c := range candidates {
		rest, ok := strings.CutPrefix(c.text, kept)
		if !ok {
			continue
		}
		c.text = rest
		fitting = append(fitting, c)
		if quote == 0 && view.Quote(withoutHome(rest)) != withoutHome(rest) {
			quote = '\'' // all alike: bash goes on with what they begin with
		}
	}
	for i := range fitting {
		fitting[i].text = quoted(fitting[i].text, quote, t.quote == 0 && t.kept == 0)
	}
	return fitting
}

// withoutHome is a word without the ~/ that bash expands only outside of quotes.
func withoutHome(word string) string { return strings.TrimPrefix(word, "~/") }

func quoted(text string, quote byte, mayExpand bool) string {
	home := ""
	if rest := withoutHome(text); mayExpand && rest != text {
		home, text = "~/", rest
	}
	switch quote {
	case '\'':
		return home + "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	case '"':
		return home + `"` + escapeDouble.Replace(text) + `"`
	default:
		return home + text
	}
}

// escapeDouble writes a text between double quotes of bash, in which ! recalls
// the history whatever is before it.
var escapeDouble = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "$", `\$`, "`", "\\`", "!", `"'!'"`)
