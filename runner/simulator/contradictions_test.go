package simulator

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What the vendor's pages say one way and another (API document, section 11), the
// simulator can do in either way.

func TestContradiction1And3EveryRepeatableStatusWithAndWithoutRetryAfter(t *testing.T) {
	c := newClient(t, instantly())
	for _, status := range []int{429, 500, 502, 503, 504} {
		for option, header := range map[string]string{"": "", ",retry-after=60": "60"} {
			r, err := c.submit(fmt.Sprintf("[sim:http=%d%s]", status, option))
			if err != nil || r.status != status || r.header.Get("Retry-After") != header {
				t.Errorf("%d%s: %v, %d, %q", status, option, err, r.status, r.header.Get("Retry-After"))
			}
		}
	}
}

func TestContradiction4EverySpellingOfNoFunds(t *testing.T) {
	for status, message := range map[int]string{402: "Insufficient balance", 400: "Insufficient credits"} {
		c := newClient(t, Config{Balance: -1, FundsStatus: status})
		if r, err := c.submit("x"); err != nil || r.status != status || r.msg != message {
			t.Errorf("%v: %s", err, r.body)
		}
	}
	c := newClient(t, instantly())
	for _, code := range []string{"InsufficientQuota", "INSUFFICIENT_CREDITS"} {
		if d := c.status(c.accepted("[sim:fail=" + code + "]")); d.FailCode != code {
			t.Errorf("%s: %+v", code, d)
		}
	}
}

func TestContradiction5BothKindsOf403(t *testing.T) {
	c := newClient(t, instantly())
	for _, message := range []string{"Content violates usage policy", "This key has no permission for the model"} {
		if r, err := c.submit("[sim:http=403,message=" + message + "]"); err != nil || r.status != 403 || r.msg != message {
			t.Errorf("%v: %s", err, r.body)
		}
	}
}

func TestContradiction10ProviderIsOptional(t *testing.T) {
	c := newClient(t, instantly())
	for _, provider := range []string{"", `"provider":"auto",`, `"provider":"value",`, `"provider":"official",`, `"provider":"some-channel",`} {
		if r := c.must("POST", "/api/v1/generateTask/"+testModel, `{`+provider+`"input":{"prompt":"x"}}`); r.status != 200 {
			t.Errorf("%s: %s", provider, r.body)
		}
	}
	if r := c.must("POST", "/api/v1/generateTask/"+testModel, `{"provider":1,"input":{"prompt":"x"}}`); r.status != 400 {
		t.Errorf("a number: %s", r.body)
	}
}

func TestContradiction11RequestTypeIsAsyncIfLeftOut(t *testing.T) {
	c := newClient(t, instantly())
	for _, requestType := range []string{"", `"request_type":"async",`} {
		if r := c.must("POST", "/api/v1/generateTask/"+testModel, `{`+requestType+`"input":{"prompt":"x"}}`); r.status != 200 {
			t.Errorf("%s: %s", requestType, r.body)
		}
	}
}

func TestContradiction16OldAndNewNamesOfModels(t *testing.T) {
	for id, status := range map[string]int{"flux-2": 200, "flux2": 404, "wan-2-5": 200, "wan-2-5-video": 200, "wan-2-6": 404, "wan-2-6-video": 200, "brand-new": 404} {
		strict, open := newClient(t, instantly()), newClient(t, Config{AnyModel: true})
		if r := strict.must("POST", "/api/v1/generateTask/"+id, `{"input":{"prompt":"x"}}`); r.status != status {
			t.Errorf("%s: %d, want %d", id, r.status, status)
		}
		if r := open.must("POST", "/api/v1/generateTask/"+id, `{"input":{"prompt":"x"}}`); r.status != 200 {
			t.Errorf("%s with any model: %s", id, r.body)
		}
	}
}

func TestContradictions17And18OldNamesAndNumbersAsTextPass(t *testing.T) {
	c := newClient(t, Config{Parameters: KnownParameters})
	for input, model := range map[string]string{
		`{"prompt":"x","nVariants":2}`:                 "gpt-image-1",
		`{"prompt":"x","image_url":"https://a/b"}`:     "flux-kontext",
		`{"prompt":"x","aspect":"1:1","stylize":100}`:  "midjourney",
		`{"prompt":"x","resolution":"1k"}`:             "nano-banana-pro",
		`{"prompt":"x","resolution":"1K"}`:             "nano-banana-2",
		`{"prompt":"x","duration":"5"}`:                "wan-2-5",
		`{"prompt":"x","duration":5,"n_frames":"120"}`: "wan-2-5",
	} {
		if r := c.must("POST", "/api/v1/generateTask/"+model, `{"input":`+input+`}`); r.status != 200 {
			t.Errorf("%s: %s", input, r.body)
		}
	}
}

func TestContradiction20EachModelHasItsOwnPromptLimit(t *testing.T) {
	for model, limit := range map[string]int{"nano-banana": 5000, "nano-banana-2": 20000, "midjourney": 2000} {
		c := newClient(t, Config{Parameters: KnownParameters})
		for length, status := range map[int]int{limit: 200, limit + 1: 400} {
			r := c.must("POST", "/api/v1/generateTask/"+model, body(strings.Repeat("é", length)))
			if r.status != status || status == 400 && r.msg != fmt.Sprintf("Prompt exceeds provider limit (max %d chars)", limit) {
				t.Errorf("%s with %d characters: %d %s", model, length, r.status, r.msg)
			}
		}
	}
}

func TestContradiction21SomePromptsAreCutSilently(t *testing.T) {
	c := newClient(t, Config{Parameters: KnownParameters})
	if r := c.must("POST", "/api/v1/generateTask/wan-2-6-image", `{"input":{"prompt":"`+strings.Repeat("x", 2500)+`"}}`); r.status != 200 {
		t.Errorf("wan: %s", r.body)
	}
	if r := c.must("POST", "/api/v1/generateTask/midjourney", `{"input":{"prompt":"a pier --v 7 [sim:latency=1s]"}}`); r.status != 200 {
		t.Fatalf("midjourney: %s", r.body)
	}
	j, err := jobOf(c.sim.Ledger()[1].TaskID, 0)
	if err != nil || j.words != "a pier" || j.duration != time.Second {
		t.Errorf("midjourney saw %q, runs %v: %v", j.words, j.duration, err)
	}
}

// TestContradiction22CallbackURLIsHTTPS; see TestCallbackURLs for the rest.
func TestContradiction22CallbackURLIsHTTPS(t *testing.T) {
	for url, ok := range map[string]bool{"https://hooks.example/n": true, "http://hooks.example/n": false} {
		if err := checkCallback(url); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestContradiction23TasksMayTakeLongerThanThePagesSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Config{})
		id := c.accepted("x [sim:latency=20m]")
		time.Sleep(20*time.Minute - time.Second)
		if d := c.status(id); d.State != "processing" {
			t.Errorf("a second before: %+v", d)
		}
		time.Sleep(time.Second)
		if d := c.status(id); d.State != "success" {
			t.Errorf("then: %+v", d)
		}
	})
}
