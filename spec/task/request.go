package task

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Request is what an instance asks for: a model and its input. Two requests
// with equal fingerprints ask for the same thing. Where the files go, the
// provider and the kind of call are not part of it.
type Request struct {
	Model string          `json:"model"` // the model's ID; aliases are resolved before
	Input json.RawMessage `json:"input"` // canonical JSON object; sensitive values stand as their HMAC

	body json.RawMessage // the input with sensitive values in the clear, nil if it holds none
}

// NewRequest makes a request. Input and body are canonicalised; body is the
// input with its sensitive values in the clear and may be nil when there are
// none. The body is only ever sent: it is neither marshalled nor fingerprinted.
func NewRequest(model string, input, body json.RawMessage) (Request, error) {
	input, err := Canonical(input)
	if err != nil {
		return Request{}, err
	}
	if body != nil {
		if body, err = Canonical(body); err != nil {
			return Request{}, err
		}
	}
	return CanonicalRequest(model, input, body), nil
}

// CanonicalRequest is NewRequest for an input and body that are canonical as they
// are, which is the caller's to know.
func CanonicalRequest(model string, input, body json.RawMessage) Request {
	return Request{Model: model, Input: input, body: body}
}

// Body is the input as it is sent.
func (r Request) Body() json.RawMessage {
	if r.body != nil {
		return r.body
	}
	return r.Input
}

// Fingerprint identifies what a Request asks for: a version, a colon, and
// hexadecimal SHA-256. It is stored; a version's rule never changes.
type Fingerprint string

// Fingerprint returns the request's fingerprint by the newest rule, version 1:
// SHA-256 over the canonical JSON object {"input":INPUT,"model":"MODEL"}.
func (r Request) Fingerprint() Fingerprint {
	model, err := marshal(r.Model)
	if err != nil {
		panic(err) // a string always marshals
	}
	sum := sha256.New()
	for _, part := range [][]byte{[]byte(`{"input":`), r.Input, []byte(`,"model":`), model, []byte(`}`)} {
		sum.Write(part)
	}
	return Fingerprint("1:" + hex.EncodeToString(sum.Sum(nil)))
}

// Canonical rewrites one JSON value so that equal values have equal bytes:
// object keys sorted by bytes, no spaces, no HTML escapes. Numbers keep the
// digits they were written with. Anything after the value is an error.
func Canonical(raw json.RawMessage) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read JSON: there is something after the value")
	}
	return marshal(value)
}

// marshal relies on encoding/json sorting the keys of a map by bytes.
func marshal(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
