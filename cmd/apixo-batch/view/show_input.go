package view

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxValue bounds, in bytes, how much of one value of an input is shown.
const maxValue = 240

// masked is what stands in a state for the value of a sensitive variable.
var masked = regexp.MustCompile(`"hmac-sha256:[0-9a-f]{64}"`)

// inputText is the input of a request, as short as it can be read: each parameter
// with its value as JSON, long ones cut and marked, sensitive ones hidden.
func inputText(input json.RawMessage) string {
	var parameters map[string]json.RawMessage
	if json.Unmarshal(input, &parameters) != nil {
		return valueText(input)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		parts = append(parts, Clean(name)+" = "+valueText(parameters[name]))
	}
	return strings.Join(parts, ", ")
}

// spaced puts a space behind each comma and colon of compact JSON that is not
// part of a text, so that a list can be wrapped between its elements.
func spaced(compact string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, r := range compact {
		b.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ',' || r == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func valueText(value json.RawMessage) string {
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		compact.Reset()
		compact.Write(value)
	}
	text := masked.ReplaceAllString(spaced(compact.String()), "(sensitive)")
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "..."
	}
	return Clean(text)
}
