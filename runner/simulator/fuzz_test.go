package simulator

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"apixo-batch/spec/catalog"
)

// FuzzSubmission reads any body as a submit to any model of the catalog, and
// checks its parameters in every way.
func FuzzSubmission(f *testing.F) {
	f.Add(0, body("a pier [sim:latency=3s]"))
	f.Add(8, `{"request_type":"callback","callback_url":"https://a/b","input":{"mode":"upscale","taskId":"x","imageIndex":"1"}}`)
	f.Add(20, `{"input":{"prompt":["x"],"max_images":"4","seed":1e999,"duration":null,"loras":[{}],"image_urls":[1,"x"]}}`)
	f.Add(46, `{"input":{"preview_text":"[sim:tracks]","voice_id_prefix":7}}`)
	models := catalog.Default().Models()
	f.Fuzz(func(t *testing.T, n int, text string) {
		m := knownModel(models[uint(n)%uint(len(models))])
		b, err := parseSubmission(m, []byte(text))
		if err != nil {
			return
		}
		known, strict := m.checkParameters(b.input, KnownParameters), m.checkParameters(b.input, StrictParameters)
		if known != nil && strict == nil || m.checkParameters(b.input, AnyParameters) != nil {
			t.Errorf("known: %v, strict: %v", known, strict)
		}
		if n := m.countResults(b.input); n < 1 || n > maxResults || b.atMost() < 0 {
			t.Errorf("%d results of at most %d", n, b.atMost())
		}
	})
}

func FuzzCallbackURL(f *testing.F) {
	for _, text := range []string{hook, "https://hooks.example/a", "http://localhost:1/", "http://[::1%25eth0]/", "https://a@b/", "HTTP://127.1/", "https://\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkCallback(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.User != nil || u.Hostname() == "" {
			t.Fatalf("%q: %v", text, err)
		}
		host, _, _ := strings.Cut(u.Hostname(), "%") // without the zone
		here := strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
		if u.Scheme != "https" && (u.Scheme != "http" || !here) {
			t.Errorf("%q would be posted to", text)
		}
	})
}
