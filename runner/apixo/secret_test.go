package apixo

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

const testKey = "sk-Test+Key/0123456789=="

func mustKey(t testing.TB, s string) Secret {
	t.Helper()
	key, err := ParseKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSecretIsNeverPrinted(t *testing.T) {
	key := mustKey(t, testKey)
	inside := struct {
		Public  Secret
		private Secret
		list    []Secret
	}{key, key, []Secret{key}}
	var prints []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		prints = append(prints, fmt.Sprintf(verb, key), fmt.Sprintf(verb, &key), fmt.Sprintf(verb, inside), fmt.Sprintf(verb, &inside))
	}
	asJSON, err := json.Marshal(map[string]any{"value": key, "pointer": &key, "inside": inside})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "key", key, "inside", inside)
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "key", key, "inside", inside)
	prints = append(prints, string(asJSON), log.String())

	hexKey := fmt.Sprintf("%x", testKey)
	for _, print := range prints {
		if strings.Contains(print, testKey) || strings.Contains(strings.ToLower(print), hexKey) {
			t.Errorf("the key is in %q", print)
		}
	}
	if got := fmt.Sprint(key); got != "(sensitive)" {
		t.Errorf("key prints %q", got)
	}
}

func TestClientDoesNotPrintItsKey(t *testing.T) {
	c, err := New(Options{Key: mustKey(t, testKey)})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if print := fmt.Sprintf(verb, *c); strings.Contains(print, testKey) {
			t.Errorf("%s of a client holds the key", verb)
		}
	}
}

func TestParseKeyDropsOneNewline(t *testing.T) {
	for _, s := range []string{testKey, testKey + "\n", testKey + "\r\n"} {
		if got := mustKey(t, s).reveal(); got != testKey {
			t.Errorf("ParseKey(%q) is %q", s, got)
		}
	}
}

func TestParseKeyRefusesWithoutShowing(t *testing.T) {
	for _, s := range []string{
		"", "\n", " ", " sk-secret", "sk-secret ", "sk secret", "sk-secret\n\n", "sk-secret\r", "sk-secret\nX-Evil: 1",
		"\ufeffsk-secret", "sk-secr\u00e9t", "sk-secret\x00", "sk-secret\x7f", "\"\tsk-secret",
	} {
		key, err := ParseKey(s)
		if s == "sk-secret\r" { // half of a Windows newline
			if err != nil || key.reveal() != "sk-secret" {
				t.Errorf("ParseKey(%q): %v", s, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("ParseKey(%q) is accepted", s)
		} else if strings.Contains(err.Error(), "secr") {
			t.Errorf("ParseKey(%q) shows it: %v", s, err)
		}
		if !key.IsZero() {
			t.Errorf("ParseKey(%q) returns a key", s)
		}
	}
}

func TestRedactFindsTheKeyInEveryForm(t *testing.T) {
	key := mustKey(t, testKey)
	encodings := []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}
	texts := []string{testKey, "Bearer " + testKey + ".", url.QueryEscape(testKey), url.PathEscape(testKey), testKey + testKey}
	texts = append(texts, fmt.Sprintf("%x", "a"+testKey), fmt.Sprintf("%X", testKey))
	for _, encoding := range encodings {
		for _, before := range []string{"", "u", "us", "usr", "user:", "Bearer "} {
			for _, after := range []string{"", ":", ":x", "and more"} {
				texts = append(texts, encoding.EncodeToString([]byte(before+testKey+after)))
			}
		}
	}
	for _, text := range texts {
		got := key.Redact("an error: " + text + " (end)")
		if !strings.Contains(got, hidden) || strings.Contains(got, testKey[3:12]) {
			t.Errorf("Redact(%q) is %q", text, got)
		}
		for _, encoding := range encodings {
			for shift := range 3 {
				if strings.Contains(got, base64Core(encoding.WithPadding(base64.NoPadding), testKey[3:20], (shift+3)%3)) {
					t.Errorf("Redact(%q) leaves base64 of the key: %q", text, got)
				}
			}
		}
	}
}

func TestRedactFindsAKeyThatJSONEscapes(t *testing.T) {
	const text = "sk<one>&two-three"
	quoted, err := json.Marshal("the key is " + text)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustKey(t, text).Redact(string(quoted)); got != `"the key is (sensitive)"` {
		t.Errorf("got %s", got)
	}
}

func TestRedactLeavesOtherTextAlone(t *testing.T) {
	const text = "HTTP 401: Invalid or missing API key"
	for _, key := range []Secret{mustKey(t, testKey), mustKey(t, "key"), {}} {
		if got := key.Redact(text); got != text {
			t.Errorf("got %q", got)
		}
	}
}
