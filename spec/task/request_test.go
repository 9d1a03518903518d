package task

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func request(t *testing.T, model, input string) Request {
	t.Helper()
	r, err := NewRequest(model, json.RawMessage(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The fingerprint is stored: this value, which sha256sum gives for the canonical
// object, must never change for version 1.
func TestFingerprintIsStable(t *testing.T) {
	r := request(t, "nano-banana", `{"prompt": "a <b> & c\u2028", "n": 1.50, "mode":"text-to-image"}`)
	const want = "1:2fc08ffb93502a5a6d96a323f6a175e267e010aed9ff1dd52567d3d93e53147c"
	if got := r.Fingerprint(); string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestFingerprintTellsRequestsApart(t *testing.T) {
	base := request(t, "m", `{"a":1,"b":[1,2]}`)
	if same := request(t, "m", ` { "b" : [ 1, 2 ], "a" : 1 } `); same.Fingerprint() != base.Fingerprint() {
		t.Error("spaces and the order of keys change the fingerprint")
	}
	for _, other := range []Request{
		request(t, "n", `{"a":1,"b":[1,2]}`),
		request(t, "m", `{"a":1,"b":[2,1]}`),
		request(t, "m", `{"a":"1","b":[1,2]}`),
		request(t, "m", `{"a":1,"b":[1,2],"c":null}`),
	} {
		if other.Fingerprint() == base.Fingerprint() {
			t.Errorf("%s %s has the fingerprint of %s %s", other.Model, other.Input, base.Model, base.Input)
		}
	}
}

func TestSecretsAreInTheBodyOnly(t *testing.T) {
	r, err := NewRequest("m", json.RawMessage(`{"prompt":"masked"}`), json.RawMessage(`{"prompt":"secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Body()) != `{"prompt":"secret"}` {
		t.Errorf("the body is %s", r.Body())
	}
	text, err := json.Marshal(r)
	if err != nil || bytes.Contains(text, []byte("secret")) {
		t.Errorf("marshalled as %s, %v", text, err)
	}
	if r.Fingerprint() != request(t, "m", `{"prompt":"masked"}`).Fingerprint() {
		t.Error("the fingerprint depends on the secret")
	}
}

func TestCanonicalKeepsDigits(t *testing.T) {
	const text = `{"a":0.1000,"b":12345678901234567890123456789012.34,"c":"<&>"}`
	got, err := Canonical(json.RawMessage(text))
	if err != nil || string(got) != text {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{"", "{", "{} {}", `{"a":01}`} {
		if got, err := Canonical(json.RawMessage(bad)); err == nil {
			t.Errorf("%q is %s", bad, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":1,"a":[null,true,"\u2028"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := Canonical(raw)
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %s, then %s, %v", raw, once, twice, err)
		}
	})
}

func TestExpiryBelievesTheServerOnlyWhereItIsEarlier(t *testing.T) {
	received := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		completed time.Time
		want      time.Time
	}{
		{"no time", time.Time{}, received.Add(URLLifetime)},
		{"an hour before", received.Add(-time.Hour), received.Add(URLLifetime - time.Hour)},
		{"in the future", received.Add(time.Hour), received.Add(URLLifetime)},
		{"a clock that is days off", received.Add(-72 * time.Hour), received.Add(URLLifetime)},
	} {
		if got := (Result{CompletedAt: c.completed, ReceivedAt: received}).ExpiresAt(); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReasonsAreDistinct(t *testing.T) {
	seen := make(map[Reason]bool)
	for _, reason := range Reasons {
		if seen[reason] || strings.ToLower(string(reason)) != string(reason) {
			t.Errorf("reason %q", reason)
		}
		seen[reason] = true
	}
}

func TestMaskedRequestsAreTold(t *testing.T) {
	for input, want := range map[string]bool{
		`{"prompt":"a <b> hmac-sha256"}`:                         false,
		`{"prompt":"a","deep":[{"x":"` + MaskPrefix + `00ff"}]}`: true,
		`{"prompt":"(sensitive)"}`:                               true,
	} {
		if got := request(t, "m", input).Masked(); got != want {
			t.Errorf("%s: %v", input, got)
		}
	}
}

func TestSecretsAreHiddenInWhatComesBack(t *testing.T) {
	r, err := NewRequest("m",
		json.RawMessage(`{"prompt":"masked","urls":["masked","open to all"],"short":"masked"}`),
		json.RawMessage(`{"prompt":"top \"secret\" text","urls":["https://h/?sig=abc","open to all"],"short":"abc"}`))
	if err != nil {
		t.Fatal(err)
	}
	redactor := r.Redactor()
	if got := redactor.Text(`bad prompt top "secret" text, open to all, abc`); got != "bad prompt (sensitive), open to all, abc" {
		t.Errorf("got %s", got)
	}
	if got := string(redactor.JSON(json.RawMessage(`{"echo":"top \"secret\" text of https://h/?sig=abc"}`))); got != `{"echo":"(sensitive) of (sensitive)"}` {
		t.Errorf("got %s", got)
	}
	if got := redactor.Text(`GET /?p=top+%22secret%22+text and top%20%22secret%22%20text`); got != "GET /?p=(sensitive) and (sensitive)" {
		t.Errorf("got %s", got)
	}
	if got := request(t, "m", `{"prompt":"nothing hidden"}`).Redactor().Text("nothing hidden"); got != "nothing hidden" {
		t.Errorf("got %s", got)
	}
}
