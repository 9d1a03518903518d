package apixo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Body is the answer's body for a log, with the key hidden in it, and what hide
// hides, in whatever way JSON writes them. hide may be nil. Where it is not, a body
// that is not JSON is told by its length alone: it could hold anything in any form.
func (a Answer) Body(hide func(string) string) string {
	switch {
	case json.Valid([]byte(a.body)):
		return string(mapNested([]byte(a.body), func(text string) string {
			if text = a.key.Redact(text); hide != nil {
				text = hide(text)
			}
			return text
		}))
	case hide != nil || strings.Contains(a.body, `\u`):
		return fmt.Sprintf("(%d bytes that are not JSON)", len(a.body))
	default:
		return a.body
	}
}

// redactJSON hides a key that stands behind escapes in a JSON value. A value without
// one stays as it is written.
func (s Secret) redactJSON(value json.RawMessage) json.RawMessage {
	if bytes.Count(value, []byte(`\`)) == bytes.Count(value, []byte(`\"`)) {
		return value // what was looked for in the text stands behind no escape but that of a quote
	}
	found := false
	redacted := mapNested(value, func(text string) string {
		clean := s.Redact(text)
		found = found || clean != text
		return clean
	})
	if !found {
		return value
	}
	return redacted
}

// mapNested is MapTexts that also looks into texts which are JSON themselves, as
// resultJson is (API document, section 4).
func mapNested(text []byte, f func(string) string) []byte {
	return MapTexts(text, func(s string) string {
		if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
			if nested := []byte(s); json.Valid(nested) {
				return string(mapNested(nested, f))
			}
		}
		return f(s)
	})
}

// MapTexts rewrites each string of a valid JSON value, names of members too, and
// leaves everything else as it is written.
func MapTexts(text []byte, f func(string) string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for {
		begin := bytes.IndexByte(text, '"')
		if begin < 0 {
			out.Write(text)
			return out.Bytes()
		}
		end := begin + 1
		for ; text[end] != '"'; end++ {
			if text[end] == '\\' {
				end++
			}
		}
		out.Write(text[:begin])
		var s string
		_ = json.Unmarshal(text[begin:end+1], &s) // a literal of a valid value
		_ = encoder.Encode(f(s))                  // a string always marshals
		out.Truncate(out.Len() - 1)               // the encoder's line break
		text = text[end+1:]
	}
}
