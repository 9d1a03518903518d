package timing

import (
	"encoding/json"
	"strings"
)

// telling are the parameters that processing times differ by: pages and clients
// give other times for other resolutions and lengths, and modes are other work
// (API document, section 8).
var telling = [...]string{"mode", "resolution", "duration"}

// maxValue bounds the text of one value, so that no input makes a long name.
const maxValue = 64

// Variant names what an input, a JSON object, has of the parameters that
// processing times differ by; "" if it has none.
func Variant(input json.RawMessage) string {
	var values map[string]json.RawMessage
	if json.Unmarshal(input, &values) != nil {
		return ""
	}
	var name strings.Builder
	for _, parameter := range telling {
		if value := string(values[parameter]); value != "" && len(value) <= maxValue {
			name.WriteString(parameter + "=" + value + " ")
		}
	}
	return name.String()
}
