package apixo

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzReadObject holds readObject against encoding/json, which knows nothing of keys
// that are there twice.
func FuzzReadObject(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { } `, `null`, `[]`, `[{"a":1}]`, `3`, `"{"`, ``, `{"a":1}`, ` { "a" : [1, {"b":2}] , "c":{"a":","} , "":null }`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a\"b":"x\\","c:":"}"}`, "{\"a\xff\":\"\xff\"}", `{"a":1} {`, `{"A":1,"a":true}`,
		`{"data":{"taskId":"t"},"code":200.0,"message":"\u00e9"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		whole := json.Unmarshal(text, &want) == nil && want != nil
		got, err := readObject(text)
		if err == errTwice && whole {
			return
		}
		if whole != (err == nil) || whole && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: read %q (%v), want %q", text, got, err, want)
		}
		for _, raw := range got {
			if text, want := literalText(raw), literalByJSON(raw); text != want {
				t.Errorf("%s: %q, want %q", raw, text, want)
			}
		}
	})
}

func literalByJSON(raw json.RawMessage) string {
	var text string
	var number json.Number
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	_ = json.Unmarshal(raw, &number)
	return number.String()
}
