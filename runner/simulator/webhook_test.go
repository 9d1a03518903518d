package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// receiver takes webhooks; answer says how, by the number of the POST from 1.
type receiver struct {
	t      *testing.T
	answer func(n int, w http.ResponseWriter, r *http.Request)

	mu   sync.Mutex
	seen []posted
}

// posted is one webhook as it came.
type posted struct {
	at     time.Duration // since the start of the bubble
	path   string
	header http.Header
	body   string
	data   taskData
}

var bubble = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when every bubble begins

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		r.t.Error(err)
	}
	var e struct {
		Code    int
		Message string
		Data    taskData
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Code != 200 || e.Message != "success" || request.Method != "POST" {
		r.t.Errorf("%s %s: %v", request.Method, body, err)
	}
	r.mu.Lock()
	r.seen = append(r.seen, posted{time.Since(bubble), request.URL.Path, request.Header, string(body), e.Data})
	n := len(r.seen)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w, request)
	}
}

func (r *receiver) posts() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]posted(nil), r.seen...)
}

// times are when the webhooks came.
func (r *receiver) times() string {
	var all []time.Duration
	for _, p := range r.posts() {
		all = append(all, p.at)
	}
	return fmt.Sprint(all)
}

// newReceiver is a simulator whose webhooks reach a receiver.
func newReceiver(t *testing.T, c Config, answer func(n int, w http.ResponseWriter, r *http.Request)) (*receiver, *client) {
	t.Helper()
	r := &receiver{t: t, answer: answer}
	local := Serve(r)
	c.Webhooks = local.Transport()
	sims := newClient(t, c)
	t.Cleanup(func() {
		sims.sim.Close() // ends what is under way
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, sims
}

func callbackBody(prompt, callback string) string {
	b, err := json.Marshal(map[string]any{"request_type": "callback", "callback_url": callback, "input": map[string]any{"prompt": prompt}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

const hook = "http://127.0.0.1:9/hook/nonce"

func (c *client) submitCallback(prompt string) string {
	c.t.Helper()
	r := c.must("POST", "/api/v1/generateTask/"+testModel, callbackBody(prompt, hook))
	var data struct{ TaskID string }
	if r.status != 200 || json.Unmarshal(r.data, &data) != nil {
		c.t.Fatalf("submit: %s", r.body)
	}
	return data.TaskID
}

func TestWebhookIsTheTerminalStatusAnswer(t *testing.T) {
	for prompt, state := range map[string]string{"a pier": "success", "a pier [sim:fail=NSFW]": "failed"} {
		synctest.Test(t, func(t *testing.T) {
			r, c := newReceiver(t, taking(40*time.Second), nil)
			id := c.submitCallback(prompt)
			time.Sleep(39 * time.Second)
			if n := len(r.posts()); n != 0 {
				t.Errorf("%d webhooks before the end", n)
			}
			time.Sleep(time.Hour)
			posts := r.posts()
			if len(posts) != 1 || posts[0].at != 40*time.Second || posts[0].data.State != state || posts[0].data.TaskID != id {
				t.Fatalf("webhooks %+v", posts)
			}
			p := posts[0]
			if status := c.must("GET", statusPath(id), ""); status.body != p.body {
				t.Errorf("the webhook says\n%s, the status\n%s", p.body, status.body)
			}
			if p.path != "/hook/nonce" || p.header.Get("Content-Type") != contentJSON || p.header.Get("Authorization") != "" {
				t.Errorf("POST %s with %v", p.path, p.header)
			}
			if s := c.sim.Stats(); s.WebhookPosts != 1 || s.WebhooksTaken != 1 || s.WebhooksGivenUp != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestWebhookIsRepeatedUntilItIsTaken(t *testing.T) {
	hang := func(n int, w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, test := range map[string]struct {
		speed  float64
		answer func(n int, w http.ResponseWriter, r *http.Request)
		times  string
		taken  bool
	}{
		"at once": {1, nil, "[10s]", true},
		"second": {1, func(n int, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: 500, false: 200}[n < 2])
		}, "[10s 40s]", true},
		"last": {1, func(n int, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: 503, false: 200}[n < 4])
		}, "[10s 40s 2m40s 12m40s]", true},
		"never":         {1, func(n int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) }, "[10s 40s 2m40s 12m40s]", false},
		"204 is no 200": {1, func(n int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, "[10s 40s 2m40s 12m40s]", false},
		"at speed":      {10, func(n int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) }, "[1s 4s 16s 1m16s]", false},
		"within 30 s":   {1, func(n int, w http.ResponseWriter, r *http.Request) { time.Sleep(29 * time.Second) }, "[10s]", true},
		"after 30 s":    {1, hang, "[10s 1m10s 3m40s 14m10s]", false},
		"not at speed":  {10, func(n int, w http.ResponseWriter, r *http.Request) { time.Sleep(29 * time.Second) }, "[1s]", true},
		"redirect": {1, func(n int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1/elsewhere", http.StatusTemporaryRedirect)
		}, "[10s 40s 2m40s 12m40s]", false},
		"ends in answer": {1, func(n int, w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, "[10s 40s 2m40s 12m40s]", false},
		"long answer": {1, func(n int, w http.ResponseWriter, r *http.Request) {
			for range 100 {
				w.Write(make([]byte, 1<<10))
			}
		}, "[10s]", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := taking(10 * time.Second)
				config.Speed = test.speed
				r, c := newReceiver(t, config, test.answer)
				id := c.submitCallback("a pier")
				time.Sleep(time.Hour)
				if got := r.times(); got != test.times {
					t.Errorf("posted at %s, want %s", got, test.times)
				}
				for _, p := range r.posts() {
					if p.data.TaskID != id || p.path != "/hook/nonce" {
						t.Errorf("webhook %+v", p)
					}
				}
				if s := c.sim.Stats(); (s.WebhooksTaken == 1) != test.taken || s.WebhooksTaken+s.WebhooksGivenUp != 1 {
					t.Errorf("stats %+v", s)
				}
				if d := c.status(id); d.State != "success" {
					t.Errorf("status: %+v", d)
				}
			})
		})
	}
}

func TestWebhooksAreLostLateTwiceAndSwapped(t *testing.T) {
	for marker, want := range map[string]string{
		"":                      "[a b]",
		"[sim:webhook=lost]":    "[b]",
		"[sim:webhook=late]":    "[b a]",
		"[sim:webhook=twice]":   "[a a b]",
		"[sim:webhook=swapped]": "[b a]",
	} {
		synctest.Test(t, func(t *testing.T) {
			r, c := newReceiver(t, Config{}, nil)
			names := map[string]string{}
			names[c.submitCallback("[sim:latency=10s]"+marker)] = "a"
			names[c.submitCallback("[sim:latency=20s]")] = "b"
			time.Sleep(time.Hour)
			var order []string
			for _, p := range r.posts() {
				order = append(order, names[p.data.TaskID])
			}
			if got := fmt.Sprint(order); got != want {
				t.Errorf("%s: %s, want %s", marker, got, want)
			}
		})
	}
}

func TestWebhookFaultsAreDrawnBySeed(t *testing.T) {
	faults, err := ParseFaults("webhook-lost=30%,webhook-twice=30%")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Second)
		config.Faults = faults
		r, c := newReceiver(t, config, nil)
		const tasks = 100
		for i := range tasks {
			c.submitCallback(fmt.Sprint("pier ", i))
		}
		time.Sleep(time.Hour)
		posts := map[string]int{}
		for _, p := range r.posts() {
			posts[p.data.TaskID]++
		}
		count := map[int]int{0: tasks - len(posts)}
		for _, n := range posts {
			count[n]++
		}
		if count[0] < 15 || count[2] < 15 || count[1] < 25 || count[0]+count[1]+count[2] != tasks {
			t.Errorf("tasks by webhooks: %v", count)
		}
	})
}

func TestWebhookTellsOfATaskWhoseAnswerWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c := newReceiver(t, taking(time.Second), nil)
		if _, err := c.do("POST", "/api/v1/generateTask/"+testModel, callbackBody("x [sim:drop]", hook)); err == nil {
			t.Error("the answer came")
		}
		time.Sleep(time.Minute)
		if p := r.posts(); len(p) != 1 || p[0].data.TaskID != c.sim.Ledger()[0].TaskID {
			t.Errorf("webhooks %+v", p)
		}
	})
}

func TestCloseLeavesNoWebhookBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reached := make(chan struct{})
		r, c := newReceiver(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
			close(reached)
			<-r.Context().Done()
		})
		c.submitCallback("[sim:latency=1s]")
		c.submitCallback("[sim:latency=1h]")
		<-reached
		start := time.Now()
		if err := c.sim.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v", d)
		}
		time.Sleep(2 * time.Hour)
		if n := len(r.posts()); n != 1 {
			t.Errorf("%d webhooks", n)
		}
	})
}

func TestCallbackURLs(t *testing.T) {
	for url, want := range map[string]string{
		"https://hooks.example/a?b=c":      "",
		"https://hooks.example:8443/nonce": "",
		"http://127.0.0.1:8080/hook":       "",
		"http://[::1]:8080/hook":           "",
		"http://localhost/hook":            "",
		"":                                 "callback_url is required",
		"http://hooks.example/":            "HTTPS",
		"http://10.0.0.1/":                 "HTTPS",
		"http://127.0.0.1.example/":        "HTTPS",
		"http://169.254.169.254/latest":    "HTTPS",
		"ftp://hooks.example/":             "HTTPS",
		"hooks.example/a":                  "HTTPS",
		"https://":                         "HTTPS",
		"https:///a":                       "HTTPS",
		"https://me:secret@hooks.example/": "HTTPS",
		"https://a b/":                     "HTTPS",
		"https://h/" + strings.Repeat("x", maxCallback): "HTTPS",
	} {
		callback := "callback"
		_, err := callbackOf(&callback, &url)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v", url, err)
		}
	}
	c := newClient(t, instantly())
	for _, text := range []string{callbackBody("x", "http://hooks.example/"), `{"request_type":"callback","input":{"prompt":"x"}}`} {
		if r := c.must("POST", "/api/v1/generateTask/"+testModel, text); r.status != 400 || len(c.sim.Ledger()) != 0 {
			t.Errorf("%s: %s", text, r.body)
		}
	}
	// An async submit is not called back, whatever else it says.
	if r := c.must("POST", "/api/v1/generateTask/"+testModel, `{"request_type":"async","callback_url":"ftp://x","input":{"prompt":"x"}}`); r.status != 200 {
		t.Errorf("async: %s", r.body)
	}
}
