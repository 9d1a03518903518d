package apixo

import (
	"strings"
	"testing"
)

func TestBaseURLWithAndWithoutThePath(t *testing.T) {
	tests := []struct{ given, base, endpoint string }{
		{"", "https://api.apixo.ai/api/v1", "api.apixo.ai"},
		{"https://api.apixo.ai", "https://api.apixo.ai/api/v1", "api.apixo.ai"},
		{"https://api.apixo.ai/", "https://api.apixo.ai/api/v1", "api.apixo.ai"},
		{"https://api.apixo.ai/api/v1", "https://api.apixo.ai/api/v1", "api.apixo.ai"},
		{" https://api.apixo.ai/api/v1//\n", "https://api.apixo.ai/api/v1", "api.apixo.ai"},
		{"HTTPS://API.apixo.ai:443", "https://API.apixo.ai:443/api/v1", "api.apixo.ai"},
		{"https://gate.example:8443/apixo", "https://gate.example:8443/apixo/api/v1", "gate.example:8443"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1", "127.0.0.1:8080"},
		{"http://127.9.9.9:80", "http://127.9.9.9:80/api/v1", "127.9.9.9"},
		{"http://[::1]:8080", "http://[::1]:8080/api/v1", "[::1]:8080"},
		{"http://[::1]", "http://[::1]/api/v1", "[::1]"},
		{"http://LocalHost:1", "http://LocalHost:1/api/v1", "localhost:1"},
	}
	for _, test := range tests {
		c, err := New(Options{BaseURL: test.given, Key: mustKey(t, testKey)})
		if err != nil {
			t.Errorf("%q: %v", test.given, err)
			continue
		}
		if got := c.base.String(); got != test.base {
			t.Errorf("base of %q is %q, want %q", test.given, got, test.base)
		}
		if got := c.Endpoint(); got != test.endpoint {
			t.Errorf("endpoint of %q is %q, want %q", test.given, got, test.endpoint)
		}
	}
}

func TestBaseURLThatWouldLeakTheKeyIsRefused(t *testing.T) {
	tests := []struct{ given, says string }{
		{"http://api.apixo.ai", "unencrypted"},
		{"http://127.0.0.1.example.com", "unencrypted"},
		{"http://localhost.example.com", "unencrypted"},
		{"http://192.168.0.1", "unencrypted"},
		{"http://0.0.0.0", "unencrypted"},
		{"http://2130706433", "unencrypted"},
		{"https://user:hunter2@api.apixo.ai", "user name"},
		{"https://api.apixo.ai?key=hunter2", "query"},
		{"https://api.apixo.ai?", "query"},
		{"https://api.apixo.ai#hunter2", "fragment"},
		{"https://api.apixo.ai#", "fragment"},
		{"ftp://api.apixo.ai", "neither"},
		{"//api.apixo.ai", "neither"},
		{"api.apixo.ai", "no host"},
		{"localhost:8080", "no host"},
		{"https://", "no host"},
		{"https://:443", "no host"},
		{"https://a b:hunter2@", "cannot be read"},
		{"https://api.apixo.ai/\x00", "cannot be read"},
	}
	for _, test := range tests {
		_, err := New(Options{BaseURL: test.given, Key: mustKey(t, testKey)})
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: error %v does not say %q", test.given, err, test.says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error shows the secret: %v", test.given, err)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := New(Options{Key: mustKey(t, testKey), UserAgent: "a\r\nX: y"}); err == nil {
		t.Error("a user agent with a newline is accepted")
	}
}
