package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// WriteJSON writes v as JSON, indented by indent, with a line break at its end, and
// safe to show; see SafeJSON.
func WriteJSON(w io.Writer, v any, indent string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", indent)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := SafeJSON(w).Write(text.Bytes())
	return err
}

// SafeJSON returns a writer of JSON texts that writes to w what a terminal does not
// obey: controls, bidirectional overrides and their like become escapes, which mean
// the same to a reader of JSON. Each text is one call of Write on w.
func SafeJSON(w io.Writer) io.Writer { return safeJSON{w} }

type safeJSON struct{ io.Writer }

func (w safeJSON) Write(text []byte) (int, error) {
	var safe bytes.Buffer
	for _, r := range string(text) {
		switch {
		case r == '[' && bytes.HasSuffix(safe.Bytes(), []byte("##")): // which begins a command of GitHub Actions
			safe.WriteString(`\u005b`)
		case r == '\n' || unicode.IsPrint(r):
			safe.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&safe, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&safe, `\u%04x`, r)
		}
	}
	if _, err := w.Writer.Write(safe.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
