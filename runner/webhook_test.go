package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/apixo"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// hooks are the address that webhooks go to. They lead to the run that is under
// way, and answer with 503 as a tunnel without one does. before, which may be nil,
// sees each delivery and says whether it is to go on.
type hooks struct {
	mu     sync.Mutex
	to     http.Handler
	before func(r *http.Request) bool
	last   string // path of the latest delivery
}

func (h *hooks) lead(to http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.to = to
}

// filter lets a delivery by only if before says so; nil lets all by.
func (h *hooks) filter(before func(r *http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before = before
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	to, before := h.to, h.before
	h.last = r.URL.Path
	h.mu.Unlock()
	if to == nil || before != nil && !before(r) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	to.ServeHTTP(w, r)
}

// deliver posts a delivery that the API did not send, and gives the status.
func (h *hooks) deliver(nonce, body string) int {
	h.mu.Lock()
	to := h.to
	h.mu.Unlock()
	answer := httptest.NewRecorder()
	to.ServeHTTP(answer, httptest.NewRequest("POST", "/hooks/"+nonce, strings.NewReader(body)))
	return answer.Code
}

func ended(taskID string) string {
	return fmt.Sprintf(`{"code":200,"message":"success","data":{"taskId":%q,"state":"success"}}`, taskID)
}

const callbackURL = "http://127.0.0.1/hooks/"

func listening(o *runner.Options) { o.CallbackURL = callbackURL }

// newListeningWorld is a world whose API reaches the runs by webhooks.
func newListeningWorld(t *testing.T, config string, c simulator.Config) *world {
	t.Helper()
	h := new(hooks)
	local := simulator.Serve(h)
	c.Webhooks = local.Transport()
	w := newWorld(t, config, c)
	w.hooks = h
	t.Cleanup(func() { w.sim.Close(); local.Close() })
	return w
}

func (w *world) mustListen() runner.Summary {
	w.t.Helper()
	s, err := w.apply(context.Background(), listening)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// while runs an apply with webhooks, and f beside it.
func (w *world) while(f func()) runner.Summary {
	w.t.Helper()
	var beside sync.WaitGroup
	beside.Go(f)
	defer beside.Wait()
	return w.mustListen()
}

// interruptUnheard begins an apply with webhooks and ends it after 8 s. No delivery
// arrives while it runs, and those of its tasks are repeated later.
func (w *world) interruptUnheard() {
	w.t.Helper()
	w.hooks.filter(func(*http.Request) bool { return false })
	defer w.hooks.filter(nil)
	short, cancel := context.WithTimeout(w.t.Context(), 8*time.Second)
	defer cancel()
	if _, err := w.apply(short, listening); !isInterrupted(err) {
		w.t.Fatal(err)
	}
}

// interruptRefused begins an apply without webhooks, and ends it after 30 ms. The submit
// of task.a is accepted, and refused with 429 all the same. A minute later its record is
// given.
func (w *world) interruptRefused() state.Record {
	w.t.Helper()
	refusing := true
	w.answer(func(r *http.Request, _ []byte) (int, []byte) {
		if r.Method == http.MethodPost && refusing {
			return 429, []byte(`{"code":429,"message":"slow down","data":null}`)
		}
		return 0, nil
	})
	short, cancel := context.WithTimeout(w.t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := w.apply(short, nil)
	refusing = false
	r := w.record("task.a")
	if n := len(w.sim.Ledger()); !isInterrupted(err) || r.Status != state.Pending || n != 1 {
		w.t.Fatalf("%v, %d tasks, %+v", err, n, r)
	}
	time.Sleep(time.Minute)
	return r
}

// until waits until the state has a record with this status, and gives it.
func (w *world) until(address string, status state.Status) state.Record {
	for range 10_000 {
		contents, err := state.Read(w.statePath())
		if err == nil {
			for _, r := range contents.Records {
				if r.Address.String() == address && r.Status == status {
					return r
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Errorf("%s never was %s", address, status)
	return state.Record{}
}

func (w *world) count(kind runner.EventKind) (n int) {
	for _, e := range w.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestWebhooksMakeOnePollForEachTask(t *testing.T) {
	timed(t)
	polls := func(t *testing.T, adjust func(*runner.Options)) (perTask float64, took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, prompts(60, ""), simulator.Config{Seed: 7})
			began := time.Now()
			s, err := w.apply(t.Context(), adjust)
			if err != nil || s.Done < 60 {
				t.Fatalf("%+v, %v", s, err)
			}
			took = time.Since(began)
			stats := w.sim.Stats()
			perTask = float64(stats.Polls) / float64(stats.Accepted)
			w.check()
			w.checkFiles()
		})
		return perTask, took
	}
	without, slow := polls(t, nil)
	with, fast := polls(t, listening)
	t.Logf("polls per task: %.2f without webhooks, %.2f with; %s and %s", without, with, slow, fast)
	if with > 1.1 || without < 2 {
		t.Errorf("%.2f polls per task without webhooks, %.2f with: want at least 2, and about one", without, with)
	}
	if fast > slow {
		t.Errorf("it took %s with webhooks and %s without", fast, slow)
	}
}

func TestWebhooksThatAreLostOnlySlowTheRun(t *testing.T) {
	timed(t)
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, prompts(100, "parallelism = 10"), simulator.Config{Seed: 7})
		w.hooks.before = func(*http.Request) bool { return false }
		if s := w.mustListen(); s.Done != 100 {
			t.Fatalf("summary: %+v", s)
		}
		if n := w.count(runner.Unheard); n != 1 {
			t.Errorf("it was said %d times that no delivery comes", n)
		}
		// 10 tasks wait for the safety net, the rest is polled as usual.
		if stats := w.sim.Stats(); stats.Polls < 200 {
			t.Errorf("%d polls: deliveries are still counted on", stats.Polls)
		}
		w.check()
	})
}

// A delivery that is only late, or comes twice, changes nothing.
func TestWebhooksMayComeLateAndTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := simulator.ParseFaults("webhook-lost=10%,webhook-late=10%,webhook-twice=40%")
		must(t, err)
		w := newListeningWorld(t, prompts(60, ""), simulator.Config{Seed: 8, Faults: faults})
		if s := w.mustListen(); s.Done != 60 || s.Accepted != 60 {
			t.Fatalf("summary: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

// The answer to the POST is lost; the delivery says what came of it.
func TestWebhookSettlesADoubt(t *testing.T) {
	for _, test := range []struct{ name, prompt, batch string }{
		{"held", "[sim:drop,times=1] a pier", ""},
		{"resubmitted", "[sim:drop,times=1] a pier", "on_in_doubt = \"resubmit\""},
		{"delivered before the answer is lost", "[sim:latency=2s][sim:stall,times=1] a pier", ""},
		{"a failed task", "[sim:drop,times=1][sim:fail=NSFW] a pier", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, "batch {\n"+test.batch+"\n}\n"+image("a", "nano-banana", test.prompt), simulator.Config{Seed: 70})
				s := w.mustListen()
				failed := strings.Contains(test.prompt, "fail=")
				if len(s.InDoubt) != 0 || s.Accepted != 1 || s.Reserved != 0 || s.Spent != 30_000 || (s.Done == 1) == failed {
					t.Fatalf("summary: %+v", s)
				}
				if n := len(w.sim.Ledger()); n != 1 {
					t.Errorf("%d tasks were accepted", n)
				}
				spend := w.contents().Spends[0]
				if spend.Settled == nil || spend.Settled.By != "webhook" || spend.TaskID != w.sim.Ledger()[0].TaskID {
					t.Errorf("the ledger says %+v", spend)
				}
				if w.count(runner.Settled) != 1 || w.count(runner.Doubted) != 1 {
					t.Errorf("told %d times that it is settled", w.count(runner.Settled))
				}
				w.check()
				w.checkFiles()
			})
		})
	}
}

// Nothing was created, so no delivery comes: the doubt is left in the time that a
// task may take.
func TestDoubtIsHeldOpenForADeliveryNoLongerThanATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop-unaccepted] a pier"), simulator.Config{Seed: 70})
		began := time.Now()
		s := w.mustListen()
		if took := time.Since(began); len(s.InDoubt) != 1 || took > 5*time.Minute {
			t.Errorf("%+v after %s", s, took)
		}
		w.check()
	})
}

// A delivery that comes when nobody waits for it: in the next run, or in the same
// one after the worker has gone.
func TestWebhookSettlesADoubtOfAnEarlierRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier")+
			image("b", "nano-banana", "[sim:latency=100s] a quay"), simulator.Config{Seed: 70})
		w.interruptUnheard()
		s := w.mustListen() // the redelivery comes 30 s after the first
		if len(s.InDoubt) != 0 || s.Done != 2 || s.Accepted != 0 || w.count(runner.Settled) != 1 {
			t.Fatalf("summary: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

// Deliveries that name another task than that of the submit change nothing.
func TestForgedWebhooksSettleNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("old", "nano-banana", "a bridge"), simulator.Config{Seed: 70})
		w.mustApply()
		old := w.record("task.old").TaskID
		foreign := w.submit("nano-banana", "somebody else's, earlier")
		other := w.submit("veo-3-1", "of another model")
		time.Sleep(20 * time.Minute)
		w.write(image("old", "nano-banana", "a bridge") + image("a", "nano-banana", "[sim:drop,times=1][sim:latency=150s][sim:webhook=lost] a pier"))
		s := w.while(func() {
			r := w.until("task.a", state.InDoubt)
			unended := w.submit("nano-banana", "[sim:latency=1h] runs")
			for _, forged := range []struct {
				id   string
				want int
			}{
				{old, 200}, // belongs to another: of no use
				{foreign, 200},
				{other, 200},
				{unended, 200},
				{"task_of_nobody", 200},
				{"one_too_many", 503},
				{other, 200}, // known
				{"", 503},
				{"\x00", 503},
				{strings.Repeat("x", 5000), 503},
			} {
				if got := w.hooks.deliver(r.Nonce, ended(forged.id)); got != forged.want {
					t.Errorf("%.20q: %d, want %d", forged.id, got, forged.want)
				}
				time.Sleep(12 * time.Second)
			}
		})
		if len(s.InDoubt) != 1 || w.count(runner.Settled) != 0 || w.record("task.a").Status != state.InDoubt {
			t.Errorf("summary: %+v", s)
		}
		if n := w.count(runner.Warned); n != 1 {
			t.Errorf("%d warnings, want one for the submit", n)
		}
	})
}

// submit makes a task that no run of the world knows.
func (w *world) submit(model, prompt string) (taskID string) {
	w.t.Helper()
	input := fmt.Sprintf(`{"mode":"text-to-image","prompt":%q,"aspect_ratio":"1:1"}`, prompt)
	if model != "nano-banana" {
		input = fmt.Sprintf(`{"mode":"fast","prompt":%q}`, prompt)
	}
	answer := w.api.Submit(w.t.Context(), model, apixo.Submission{Input: []byte(input)})
	if answer.TaskID == "" {
		w.t.Fatalf("%+v", answer)
	}
	return answer.TaskID
}

func TestWebhooksAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=60s] a pier"), simulator.Config{Seed: 70})
		w.while(func() {
			nonce := w.until("task.a", state.Running).Nonce
			for _, test := range []struct {
				method, path string
				want         int
			}{
				{"POST", "/hooks/" + nonce, 200},
				{"POST", "/" + nonce, 200}, // a proxy may have cut the path
				{"POST", "/hooks/" + nonce + "?x=y", 200},
				{"GET", "/hooks/" + nonce, 405},
				{"PUT", "/hooks/" + nonce, 405},
				{"GET", "/hooks/", 404},
				{"GET", "/", 404},
				{"POST", "/", 404},
				{"POST", "/hooks", 404},
				{"POST", "/hooks/" + strings.ToLower(nonce), 404},
				{"POST", "/hooks/" + nonce + "/x", 404},
				{"POST", "/hooks/" + strings.Repeat("A", 26), 404},
			} {
				answer := httptest.NewRecorder()
				w.hooks.to.ServeHTTP(answer, httptest.NewRequest(test.method, test.path, strings.NewReader("{}")))
				if answer.Code != test.want || answer.Body.Len() > 0 {
					t.Errorf("%s %s: %d %s, want %d", test.method, test.path, answer.Code, answer.Body, test.want)
				}
			}
		})
	})
}

// Thousands of deliveries, early and forged, make few more polls than none.
func TestFloodOfWebhooksMakesFewPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=100s] a pier"), simulator.Config{Seed: 70})
		s := w.while(func() {
			nonce := w.until("task.a", state.Running).Nonce
			for range 5000 { // for 50 s
				w.hooks.deliver(nonce, ended("task_of_nobody"))
				time.Sleep(10 * time.Millisecond)
			}
		})
		// The interval of the model is 3 s.
		if stats := w.sim.Stats(); s.Done != 1 || stats.Polls > 50/3+6 || stats.MinPollGap < 3*time.Second {
			t.Errorf("%d polls, %s apart; %+v", stats.Polls, stats.MinPollGap, s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=100s] a pier"), simulator.Config{Seed: 70})
		w.while(func() {
			nonce := w.until("task.a", state.Running).Nonce
			for range 1000 { // at once
				w.hooks.deliver(nonce, ended("task_of_nobody"))
			}
		})
		if polls := w.sim.Stats().Polls; polls > 6 {
			t.Errorf("%d polls: a burst makes one", polls)
		}
	})
}

// Deliveries for doubts of earlier runs, be there many of them and more forged
// ones, are looked into at a bounded rate.
func TestFloodForADoubtMakesFewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop-unaccepted] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		nonce := w.record("task.a").Nonce
		w.write(image("a", "nano-banana", "[sim:drop-unaccepted] a pier") + image("b", "nano-banana", "[sim:latency=100s] a quay"))
		s := w.while(func() {
			w.until("task.b", state.Running)
			for i := range 5000 {
				w.hooks.deliver(nonce, ended(fmt.Sprint("task_", i)))
				time.Sleep(10 * time.Millisecond)
			}
		})
		// Four names are kept, and asked for ever more seldom in three minutes.
		if polls := w.sim.Stats().Polls; polls > 4*7+3 || len(s.InDoubt) != 1 || w.count(runner.Warned) != 1 {
			t.Errorf("%d polls, %d warnings; %+v", polls, w.count(runner.Warned), s)
		}
	})
}

// Any request by anybody is answered, and only those for a submit that is known
// with anything but 404.
func FuzzWebhook(f *testing.F) {
	store, err := state.Open(filepath.Join(f.TempDir(), "jobs.state.json"), state.OpenOptions{Operation: "test", Tool: "test"})
	if err != nil {
		f.Fatal(err)
	}
	defer store.Close()
	request := task.Request{Model: "nano-banana", Input: []byte(`{}`)}
	r := state.Record{Address: task.Address{Name: "a"}, Status: state.Submitting, Request: request, Fingerprint: request.Fingerprint(), Nonce: "NONCE"}
	err = store.Commit(state.Change{Op: "submitting", Put: []state.Record{r}, Money: []state.Entry{{
		Kind: state.Reserve, Nonce: r.Nonce, Address: r.Address, Model: request.Model, At: time.Now(),
	}}})
	if err != nil {
		f.Fatal(err)
	}
	handler := runner.New(runner.Options{Store: store, CallbackURL: callbackURL}).Webhooks()
	f.Add("POST", "/hooks/NONCE", []byte(ended("task_1")))
	f.Add("GET", "/NONCE", []byte("{"))
	f.Add("POST", "//NONCE/", bytes.Repeat([]byte("[{"), apixo.MaxDelivery))
	f.Add("", "", []byte("\xff"))
	f.Fuzz(func(t *testing.T, method, path string, body []byte) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, &http.Request{Method: method, URL: &url.URL{Path: path}, Body: io.NopCloser(bytes.NewReader(body))})
		known := path == "NONCE" || strings.HasSuffix(strings.TrimRight(path, "/"), "/NONCE")
		want := http.StatusNotFound
		switch {
		case known && method == http.MethodPost && len(store.Names("NONCE")) > 0 && slices.Contains(store.Names("NONCE"), apixo.DeliveredTaskID(body)):
			want = http.StatusOK
		case known && method == http.MethodPost:
			want = http.StatusServiceUnavailable // it names nothing, or too much was named
		case known:
			want = http.StatusMethodNotAllowed
		}
		if answer.Code != want || answer.Body.Len() > 0 {
			t.Errorf("%s %q: %d, want %d", method, path, answer.Code, want)
		}
	})
}
