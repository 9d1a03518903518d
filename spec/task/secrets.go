package task

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// minSecret is the length in bytes from which a sensitive text is looked for.
const minSecret = 8

// Redactor hides sensitive texts in what comes back: an API that quotes its input
// must not carry them into the state. The zero Redactor hides nothing.
type Redactor struct{ plain, inJSON *strings.Replacer }

const redacted = "(sensitive)"

// MaskPrefix begins what stands in a stored request for a sensitive value; a digest of
// it follows.
const MaskPrefix = "hmac-sha256:"

// Masked reports whether a stored request may lack sensitive values, so that what quotes
// it may hold them.
func (r Request) Masked() bool {
	return bytes.Contains(r.Input, []byte(MaskPrefix)) || bytes.Contains(r.Input, []byte(redacted))
}

// Redactor hides the sensitive inputs of a request.
func (r Request) Redactor() Redactor { return NewRedactor(r.secrets()) }

// NewRedactor hides texts of at least eight bytes, as they are and as they stand
// in JSON and in URLs; shorter ones would hide half of every message.
func NewRedactor(secrets []string) Redactor {
	var plain, inJSON []string
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		quoted, err := marshal(secret)
		if err != nil {
			continue
		}
		escaped := string(bytes.Trim(quoted, `"`))
		plain = append(plain, secret, redacted)
		for _, form := range []string{escaped, url.QueryEscape(secret), url.PathEscape(secret)} {
			plain = append(plain, form, redacted)
			inJSON = append(inJSON, form, redacted)
		}
	}
	if len(plain) == 0 {
		return Redactor{}
	}
	return Redactor{plain: strings.NewReplacer(plain...), inJSON: strings.NewReplacer(inJSON...)}
}

// Text hides the secrets in a text.
func (r Redactor) Text(s string) string {
	if r.plain == nil {
		return s
	}
	return r.plain.Replace(s)
}

// JSON hides the secrets in the strings of a JSON value.
func (r Redactor) JSON(raw json.RawMessage) json.RawMessage {
	if r.inJSON == nil || raw == nil {
		return raw
	}
	return json.RawMessage(r.inJSON.Replace(string(raw)))
}

// secrets are the texts in which body and input differ.
func (r Request) secrets() []string {
	if r.body == nil {
		return nil
	}
	var clear, masked any
	if json.Unmarshal(r.body, &clear) != nil || json.Unmarshal(r.Input, &masked) != nil {
		return nil
	}
	return differing(clear, masked, nil)
}

func differing(clear, masked any, found []string) []string {
	switch clear := clear.(type) {
	case map[string]any:
		other, _ := masked.(map[string]any)
		for name, value := range clear {
			found = differing(value, other[name], found)
		}
	case []any:
		other, _ := masked.([]any)
		for i, value := range clear {
			var beside any
			if i < len(other) {
				beside = other[i]
			}
			found = differing(value, beside, found)
		}
	case string:
		if clear != masked {
			found = append(found, clear)
		}
	}
	return found
}
