package apixo

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// hidden is what stands in print for a Secret.
const hidden = "(sensitive)"

// Secret is an API key. However it is printed, logged or marshalled, it reads
// "(sensitive)"; only the Authorization header of a call holds it in the clear.
// The zero Secret is no key.
type Secret struct {
	// A function, since fmt calls no method of an unexported field of another
	// struct: it would print a string, and with %s also what a pointer leads to.
	key func() key
}

type key struct {
	text  string
	forms []string // what Redact looks for
}

// ParseKey makes a Secret of a key as it stands in the environment or a file:
// one newline at its end is dropped, and anything that could not stand in a
// header (spaces, control characters, non-ASCII) is an error. The error does
// not show the key.
func ParseKey(s string) (Secret, error) {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	if s == "" {
		return Secret{}, errors.New("the API key is empty")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return Secret{}, fmt.Errorf("the API key holds a space, a control character or a character outside ASCII at position %d of %d; copy it again from the dashboard, without quotes or spaces", i+1, len(s))
		}
	}
	k := key{text: s, forms: redactedForms(s)}
	return Secret{func() key { return k }}, nil
}

// IsZero reports whether there is no key.
func (s Secret) IsZero() bool { return s.key == nil }

// String returns "(sensitive)".
func (Secret) String() string { return hidden }

// GoString returns "(sensitive)".
func (Secret) GoString() string { return hidden }

// Format prints "(sensitive)" for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// MarshalText returns "(sensitive)".
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON returns "(sensitive)" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue returns "(sensitive)".
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// reveal returns the key in the clear, for the Authorization header.
func (s Secret) reveal() string {
	if s.key == nil {
		return ""
	}
	return s.key().text
}

// Redact replaces every occurrence of the key in a text by "(sensitive)": in
// the clear, escaped for a URL or for JSON, in hexadecimal, and in base64, also as
// part of a longer text.
func (s Secret) Redact(text string) string {
	if s.key == nil {
		return text
	}
	for _, form := range s.key().forms {
		text = strings.ReplaceAll(text, form, hidden)
	}
	return text
}

// minRedacted is the length under which a key is none that APIXO gives out, and
// replacing it would only spoil texts.
const minRedacted = 8

func redactedForms(key string) []string {
	if len(key) < minRedacted {
		return nil
	}
	quoted, _ := json.Marshal(key) // a string always marshals
	inHex := hex.EncodeToString([]byte(key))
	forms := []string{
		key, url.QueryEscape(key), url.PathEscape(key), string(quoted[1 : len(quoted)-1]), inHex, strings.ToUpper(inHex),
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			forms = append(forms, base64Core(encoding, key, shift))
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// base64Core is the part of the key's base64 that does not depend on what
// stands before and after it, when shift bytes (modulo 3) stand before.
func base64Core(encoding *base64.Encoding, key string, shift int) string {
	whole := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + key))
	first := (shift*8 + 5) / 6         // characters that hold bits of what stands before
	last := (shift + len(key)) * 8 / 6 // characters that hold bits of the key alone
	return whole[first:last]
}
