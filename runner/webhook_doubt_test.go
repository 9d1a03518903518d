package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// The POST's own answer comes after the delivery, and wins: nothing is in doubt.
func TestWebhookBeforeTheAnswerChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=1s][sim:slow=20s] a pier"), simulator.Config{Seed: 70})
		s := w.mustListen()
		if s.Done != 1 || w.count(runner.Doubted)+w.count(runner.Settled) != 0 || w.sim.Stats().Polls != 1 {
			t.Errorf("%+v, %d polls", s, w.sim.Stats().Polls)
		}
		w.check()
	})
}

// A status answer that cannot be read settles nothing, and does not use up the
// delivery.
func TestWebhookIsConfirmedOnceTheAPIAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:status=500,times=3] a pier"), simulator.Config{Seed: 70})
		if s := w.mustListen(); s.Done != 1 || s.Accepted != 1 || w.count(runner.Settled) != 1 {
			t.Errorf("summary: %+v", s)
		}
		w.check()
	})
}

// The delivery comes after the doubt was given up and its successor paid for: the
// task is not lost from the books, and nothing is bought for it.
func TestWebhookForADoubtThatWasGivenUpIsCounted(t *testing.T) {
	for _, test := range []struct{ name, first string }{
		{"a doubt", "[sim:drop,times=1]"},
		{"a submit that ended in a 5xx", "[sim:accepted504-envelope,times=1]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, resubmitting(test.first+"[sim:webhook=late] a pier", "")+
					"task \"b\" {\n  model = \"nano-banana\"\n  timeout = \"30m\"\n  input = { mode = \"text-to-image\", prompt = \"[sim:latency=900s] a quay\", aspect_ratio = \"1:1\" }\n}\n", simulator.Config{Seed: 70})
				s := w.mustListen()
				if s.Done != 2 || w.count(runner.Settled) != 1 {
					t.Fatalf("summary: %+v", s)
				}
				if past := w.record("task.a").Past; len(past) != 1 || past[0].TaskID == "" {
					t.Errorf("the past is %+v", past)
				}
				if committed := w.contents().Committed(); committed != 90_000 {
					t.Errorf("%s is committed for three tasks", committed)
				}
				w.check()
				if s := w.mustListen(); s.Accepted != 0 {
					t.Errorf("then: %+v", s)
				}
			})
		})
	}
}

// The run is interrupted while the answer to a POST is awaited; it is lost, and the
// next run asks for what the delivery had named.
func TestWebhookSettlesADoubtOfAnInterruptedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=2s][sim:stall,times=1] a pier"), simulator.Config{Seed: 70})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s, err := w.apply(ctx, listening)
		if !isInterrupted(err) || len(s.InDoubt) != 1 || s.InDoubt[0].Doubt.Named != w.sim.Ledger()[0].TaskID {
			t.Errorf("%+v, %v", s, err)
		}
		if s := w.mustListen(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("then: %+v", s)
		}
		w.check()
	})
}

// The state breaks while a doubt is open: what the delivery tells is kept elsewhere.
func TestTaskOfAWebhookIsKeptWhereTheStateCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier"), simulator.Config{Seed: 70})
		w.wantKeptElsewhere(runner.Doubted)
	})
}

// wantKeptElsewhere applies with webhooks to a state that is full from such an event on.
// The first task, which a delivery tells of after that, must be in an errored file.
func (w *world) wantKeptElsewhere(after runner.EventKind) {
	w.t.Helper()
	full := newFullDisk("journal", "state.json")
	w.disk = full
	place := filepath.Join(w.dir, "errored.jsonl")
	_, err := w.apply(w.t.Context(), func(o *runner.Options) {
		listening(o)
		o.Errored = []string{place}
		observe := o.Observe
		o.Observe = func(e runner.Event) {
			observe(e)
			full.full.Store(full.full.Load() || e.Kind == after)
		}
	})
	var broken *runner.StateError
	id := w.first("pier")
	if !errors.As(err, &broken) || len(broken.Unrecorded) != 1 || broken.Unrecorded[0].TaskID != id {
		w.t.Fatalf("%v", err)
	}
	if text, err := os.ReadFile(place); err != nil || !strings.Contains(string(text), id) {
		w.t.Errorf("%s, %v", text, err)
	}
}

// At each step of each submit's life, deliveries name for it every task that has been
// recorded as another's so far, and none of them is believed.
func TestWebhooksAtAnyMomentChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := resubmitting("[sim:drop,times=1] a pier", "") + image("b", "nano-banana", "[sim:fail=Timeout,times=1] a quay") +
			image("c", "nano-banana", "[sim:http=503,times=2] a bridge")
		w := newListeningWorld(t, config, simulator.Config{Seed: 71})
		recorded := make(map[string]bool)
		s, err := w.apply(t.Context(), func(o *runner.Options) {
			listening(o)
			observe := o.Observe
			o.Observe = func(e runner.Event) {
				observe(e)
				if e.Record.Nonce == "" {
					return
				}
				if e.Record.TaskID != "" {
					recorded[e.Record.TaskID] = true
				}
				for taskID := range recorded {
					if got := w.hooks.deliver(e.Record.Nonce, ended(taskID)); got != 200 {
						t.Errorf("%s: %d", e.Kind, got)
					}
				}
			}
		})
		if err != nil || s.Done != 3 || len(s.InDoubt) != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		ids := make(map[string]bool)
		for _, r := range w.contents().Records {
			if ids[r.TaskID] {
				t.Errorf("%s has the task of another", r.Address)
			}
			ids[r.TaskID] = true
			i := slices.IndexFunc(w.sim.Ledger(), func(a simulator.Accepted) bool { return a.TaskID == r.TaskID })
			if i < 0 || string(w.sim.Ledger()[i].Input) != string(r.Request.Input) {
				t.Errorf("%s has a task that was made of something else", r.Address)
			}
			if r.Status != state.Succeeded {
				t.Errorf("%s is %s", r.Address, r.Status)
			}
		}
		w.check()
	})
}

// quoting refuses every submit whose body has a text in it, and quotes the body.
type quoting struct {
	next http.RoundTripper
	text string
}

func (q quoting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return q.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(body), q.text) {
		return q.next.RoundTrip(withBody(r, body))
	}
	message, err := json.Marshal(map[string]any{"code": 400, "message": "not a public URL in " + string(body), "data": nil})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: 400, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(message)), Body: io.NopCloser(bytes.NewReader(message)), Request: r,
	}, nil
}

func withBody(r *http.Request, body []byte) *http.Request {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}

// counting counts the submits whose body has a text in it.
type counting struct {
	next http.RoundTripper
	text string
	n    *int
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return c.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), c.text) {
		*c.n++
	}
	return c.next.RoundTrip(withBody(r, body))
}

// A doubt of an earlier run is about to be given up for another submit; a delivery
// that comes while its job waits for a slot spares that.
func TestWebhookSettlesADoubtBeforeItIsSubmittedAgain(t *testing.T) {
	for _, status := range []string{"", "[sim:status=500,times=3]"} {
		synctest.Test(t, func(t *testing.T) { settleBeforeResubmitting(t, "[sim:drop,times=1]"+status+" a quay") })
	}
}

func settleBeforeResubmitting(t *testing.T, prompt string) {
	t.Helper()
	doubt := image("b", "nano-banana", prompt)
	w := newListeningWorld(t, doubt, simulator.Config{Seed: 70})
	w.mustApply() // without webhooks
	nonce := w.record("task.b").Nonce
	w.write("batch {\n on_in_doubt = \"resubmit\"\n parallelism = 1\n}\n" + image("a", "nano-banana", "[sim:latency=60s] a pier") + doubt)
	s := w.while(func() {
		w.until("task.a", state.Running)
		w.hooks.deliver(nonce, ended(w.sim.Ledger()[0].TaskID))
	})
	if s.Done != 2 || s.Accepted != 1 || s.Spent != 30_000 || s.Reserved != 0 || s.Resubmitted != 0 || w.count(runner.Settled) != 1 {
		t.Errorf("summary: %+v", s)
	}
	if n := len(w.sim.Ledger()); n != 2 {
		t.Errorf("%d tasks were accepted, want one each", n)
	}
	w.check()
	w.checkFiles()
}

// A submit that ended in a 5xx is about to be repeated, when a delivery tells that
// it was accepted after all.
func TestWebhookSparesTheRepeatAfterA5xx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=1][sim:latency=100ms] a pier"), simulator.Config{Seed: 70})
		s := w.mustListen()
		if s.Done != 1 || s.Accepted != 1 || s.Repeated != 0 || s.After5xx != 0 || s.Spent != 30_000 || len(w.sim.Ledger()) != 1 {
			t.Errorf("%d tasks; %+v", len(w.sim.Ledger()), s)
		}
		if r := w.record("task.a"); len(r.Past) != 0 || r.Attempt != 1 {
			t.Errorf("the record is %+v", r)
		}
		if committed := w.contents().Committed(); committed != 30_000 {
			t.Errorf("%s is committed for one task", committed)
		}
		w.check()
		w.checkFiles()
	})
}
