package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// rewriting changes what the API answers. change gets each request and its answer,
// and gives the body to answer with; nil leaves the answer as it is.
type rewriting struct {
	next   http.RoundTripper
	change func(r *http.Request, body []byte) (status int, changed []byte)
}

func (a rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	if status, changed := a.change(r, body); changed != nil {
		answer.StatusCode, body = status, changed
		answer.ContentLength = int64(len(body))
		answer.Header.Del("Content-Length")
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// answer makes the world's API answer as change says.
func (w *world) answer(change func(r *http.Request, body []byte) (int, []byte)) {
	w.transport = rewriting{w.local.Transport(), change}
	w.api = w.client(testKey)
}

func isStatusCall(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "statusTask")
}

// withData changes the data of a status answer.
func withData(t *testing.T, body []byte, change func(data map[string]any)) []byte {
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Errorf("%s: %v", body, err)
		return nil
	}
	if data, ok := all["data"].(map[string]any); ok {
		change(data)
	}
	changed, err := json.Marshal(all)
	if err != nil {
		t.Error(err)
	}
	return changed
}

// The API does not confirm the task that the true delivery names. It is never taken
// for another's, so nothing is bought for it, and the task ID is not thrown away.
func TestUnconfirmedWebhookIsNeitherBelievedNorForgotten(t *testing.T) {
	disowning := []byte(`{"code":404,"message":"task not found","data":null}`)
	for _, test := range []struct {
		name    string
		answer  func(t *testing.T, call int, body []byte) (int, []byte)
		settled bool
	}{
		{"it was not known at first", func(_ *testing.T, call int, _ []byte) (int, []byte) {
			if call > 3 {
				return 0, nil
			}
			return 404, disowning
		}, true},
		{"no time of creation", func(t *testing.T, _ int, body []byte) (int, []byte) {
			return 200, withData(t, body, func(data map[string]any) { delete(data, "createTime") })
		}, true},
		{"clocks differ", func(t *testing.T, _ int, body []byte) (int, []byte) {
			return 200, withData(t, body, func(data map[string]any) {
				if at, ok := data["createTime"].(float64); ok {
					data["createTime"] = at + float64(time.Hour.Milliseconds())
				}
			})
		}, false},
		{"it is never known", func(*testing.T, int, []byte) (int, []byte) { return 404, disowning }, false},
		{"the API is broken", func(*testing.T, int, []byte) (int, []byte) {
			return 500, []byte(`{"code":500,"message":"broken","data":null}`)
		}, false},
		{"an unknown state", func(t *testing.T, _ int, body []byte) (int, []byte) {
			return 200, withData(t, body, func(data map[string]any) { data["state"] = "archived" })
		}, false},
	} {
		for _, prompt := range []string{"[sim:drop,times=1] a pier", "[sim:accepted504-envelope,times=1] a pier"} {
			t.Run(test.name+" "+prompt, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newListeningWorld(t, resubmitting(prompt, ""), simulator.Config{Seed: 70})
					calls := 0
					w.answer(func(r *http.Request, body []byte) (int, []byte) {
						if !isStatusCall(r) {
							return 0, nil
						}
						calls++
						return test.answer(t, calls, body)
					})
					began := time.Now()
					s := w.mustListen()
					if took := time.Since(began); took > 31*time.Minute {
						t.Errorf("it took %s", took)
					}
					taskID := w.sim.Ledger()[0].TaskID
					if test.settled {
						if s.Done != 1 || w.count(runner.Settled) != 1 {
							t.Errorf("summary: %+v", s)
						}
					} else if len(s.InDoubt) != 1 || s.InDoubt[0].Doubt.Named != taskID || len(s.Failed) != 0 ||
						s.Reserved != 30_000 || s.After5xx != 0 || w.record("task.a").Doubt.Named != taskID || w.count(runner.Warned) != 1 {
						t.Errorf("%d warnings, summary: %+v", w.count(runner.Warned), s)
					}
					if s := w.mustApply(); s.Accepted != 0 { // nor later, without webhooks
						t.Errorf("then: %+v", s)
					}
					if n := len(w.sim.Ledger()); n != 1 {
						t.Errorf("%d tasks were bought", n)
					}
					w.check()
				})
			})
		}
	}
}

// The run is interrupted before the API confirms what a delivery named: the next
// one asks again, though the delivery is not repeated.
func TestWebhookOfAnInterruptedRunIsKept(t *testing.T) {
	for _, prompt := range []string{"[sim:drop,times=1] a pier", "[sim:accepted504-envelope,times=1] a pier"} {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, resubmitting(prompt, "")+image("b", "nano-banana", "[sim:latency=100s] a quay"), simulator.Config{Seed: 70})
			broken := true
			w.answer(func(r *http.Request, _ []byte) (int, []byte) {
				if !broken || !isStatusCall(r) {
					return 0, nil
				}
				return 500, []byte(`{"code":500,"message":"broken","data":null}`)
			})
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			s, err := w.apply(ctx, listening)
			cancel()
			taskID := w.sim.Ledger()[0].TaskID
			if r := w.record("task.a"); !isInterrupted(err) || len(s.InDoubt) != 1 || r.Status != state.InDoubt || r.Doubt.Named == "" {
				t.Fatalf("%v, %s, %+v", err, taskID, s)
			}
			broken = false
			if s := w.mustListen(); s.Done != 2 || s.Accepted != 0 || len(w.sim.Ledger()) != 2 {
				t.Errorf("then: %+v", s)
			}
			w.check()
		})
	}
}

// The API answers with a 5xx, accepts the task, and the delivery is still to come.
func TestNothingIsRepeatedAfterA5xxWhileADeliveryMayCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope][sim:latency=60s] a pier"), simulator.Config{Seed: 70})
		s := w.mustListen()
		if n := len(w.sim.Ledger()); n != 1 || s.Done != 1 || s.Repeated != 0 || s.After5xx != 0 || s.Spent != 30_000 {
			t.Errorf("%d tasks; %+v", n, s)
		}
		w.check()
	})
}

// A run without webhooks bought four tasks and knows of none; a delivery for any of
// them spares the fifth.
func TestWebhookForAnySubmitThatEndedInA5xxSparesTheRetry(t *testing.T) {
	for nth := range 4 {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=4][sim:latency=60s] a pier"), simulator.Config{Seed: 70})
			if s := w.mustApply(); len(s.Failed) != 1 {
				t.Fatalf("%+v", s)
			}
			past := w.record("task.a").Past[nth]
			s := w.while(func() {
				time.Sleep(time.Second)
				w.hooks.deliver(past.Nonce, ended(w.sim.Ledger()[nth].TaskID))
			})
			if n := len(w.sim.Ledger()); n != 4 || s.Done != 1 || s.Accepted != 0 {
				t.Errorf("%d tasks; %+v", n, s)
			}
			w.check()
		})
	}
}

// What is told last agrees with the state: the delivery came after the worker had
// given up.
func TestSummaryKnowsWhatAWebhookSettledAfterTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:http=503] a pier")+
			"task \"b\" {\n  model = \"nano-banana\"\n  timeout = \"60m\"\n  input = { mode = \"text-to-image\", prompt = \"[sim:latency=1800s] a quay\", aspect_ratio = \"1:1\" }\n}\n", simulator.Config{Seed: 70})
		s := w.while(func() {
			time.Sleep(25 * time.Minute) // its worker has waited after each submit
			r := w.record("task.a")
			if r.Status != state.Failed {
				t.Errorf("it is %s", r.Status)
			}
			w.hooks.deliver(r.Nonce, ended(w.submit("nano-banana", "[sim:latency=2s] a pier")))
		})
		if r := w.record("task.a"); r.Status == state.Failed || len(s.Failed) != 0 || len(s.Running)+len(s.InDoubt) != 1 {
			t.Errorf("the record is %s; %+v", r.Status, s)
		}
	})
}

// A proxy answers every submit: webhooks do not let more of them out than the
// breaker allows without.
func TestWebhooksLeaveTheBreakerItsEyes(t *testing.T) {
	doubts := func(adjust func(*runner.Options)) (n int, took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, prompts(100, ""), simulator.Config{Seed: 70})
			w.answer(func(r *http.Request, _ []byte) (int, []byte) {
				if r.Method != http.MethodPost {
					return 0, nil
				}
				return 502, []byte("<html>bad gateway</html>")
			})
			w.hooks.before = func(*http.Request) bool { return false }
			began := time.Now()
			s, err := w.apply(t.Context(), adjust)
			if err != nil {
				t.Fatal(err)
			}
			n, took = len(s.InDoubt), time.Since(began)
		})
		return n, took
	}
	without, _ := doubts(nil)
	with, took := doubts(listening)
	t.Logf("%d doubts without webhooks, %d with, after %s", without, with, took)
	if with > without+8 || took > 10*time.Minute {
		t.Errorf("%d doubts without webhooks, %d with, after %s", without, with, took)
	}
}

// The process was killed while a submit was in doubt, and the next run starts before
// the delivery is repeated.
func TestDoubtOfAnEarlierRunWaitsForItsDeliveryBeforeItIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, resubmitting("[sim:drop,times=1] a pier", ""), simulator.Config{Seed: 70})
		w.interruptUnheard()
		s := w.mustListen()
		if n := len(w.sim.Ledger()); n != 1 || s.Done != 1 || s.Resubmitted != 0 {
			t.Errorf("%d tasks; %+v", n, s)
		}
		w.check()
	})
}

// Once nobody asks for what deliveries name any more, it is on disk for the next run.
func TestWebhookAtTheEndOfARunIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop-unaccepted] a pier"), simulator.Config{Seed: 70})
		var codes []int
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if strings.Contains(strings.ToLower(r.URL.Path), "balance") && len(w.contents().Records) == 1 {
				codes = append(codes, w.hooks.deliver(w.record("task.a").Nonce, ended("task_1")))
			}
			return 0, nil
		})
		w.mustListen()
		if r := w.record("task.a"); len(codes) == 0 || codes[len(codes)-1] != http.StatusOK || r.Doubt.Named != "task_1" {
			t.Errorf("answered with %v; the record is %+v", codes, r)
		}
	})
}

// A delivery that comes again while the first one's task is asked for is no news.
func TestWebhookThatComesTwiceRaisesNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier"), simulator.Config{Seed: 70})
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if a := w.sim.Ledger(); isStatusCall(r) && len(a) == 1 {
				w.hooks.deliver(w.record("task.a").Nonce, ended(a[0].TaskID))
			}
			return 0, nil
		})
		if s := w.mustListen(); s.Done != 1 || w.count(runner.Warned) != 0 {
			t.Errorf("%d warnings; %+v", w.count(runner.Warned), s)
		}
	})
}

// A callback URL that the API refuses fails no instance: it is not what was asked for,
// and everything is had by polling.
func TestRefusedCallbackURLFailsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, prompts(5, "parallelism = 2"), simulator.Config{Seed: 70})
		w.transport = quoting{w.local.Transport(), `"request_type":"callback"`}
		w.api = w.client(testKey)
		var mu sync.Mutex
		var log bytes.Buffer
		s, err := w.apply(t.Context(), func(o *runner.Options) {
			listening(o)
			o.Log = slog.New(slog.NewJSONHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: runner.LevelTrace}))
		})
		if err != nil || s.Done != 5 || s.Accepted != 5 || w.count(runner.Unheard) != 1 {
			t.Errorf("%v, told %d times, %+v", err, w.count(runner.Unheard), s)
		}
		for _, spend := range w.contents().Spends {
			for _, e := range w.events {
				if strings.Contains(log.String()+e.Detail, spend.Nonce) {
					t.Errorf("the nonce of %s is told", spend.Address)
				}
			}
		}
		if !strings.Contains(log.String(), "(nonce)") {
			t.Errorf("the log lacks the answer:\n%s", log.String())
		}
		w.check()
		w.checkFiles()
	})
}

// A 400 quotes a prompt, and all that the submit held, which speak of callbacks: it is
// about the prompt all the same, since the submit is refused without the callback too.
func TestRefusalThatQuotesACallbackIsThatOfItsInstance(t *testing.T) {
	for _, test := range []struct {
		name, config string
		posts        int // of the refused instance
	}{
		{"before another was accepted", image("a", "nano-banana", "callback_url is not public: a phone") + image("b", "nano-banana", "a quay"), 2},
		{"after", image("a", "nano-banana", "a quay") + image("b", "nano-banana", "callback_url is not public: a phone"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, "batch {\n parallelism = 1\n}\n"+test.config, simulator.Config{Seed: 70})
				posts := 0
				w.transport = counting{quoting{w.local.Transport(), "a phone"}, "a phone", &posts}
				w.api = w.client(testKey)
				s := w.mustListen()
				if s.Done != 1 || len(s.Failed) != 1 || s.Failed[0].Failure.Code != "400" || posts != test.posts || w.count(runner.Unheard) != 0 {
					t.Errorf("%d submits of it: %+v", posts, s)
				}
				if committed := w.contents().Committed(); committed != 30_000 {
					t.Errorf("%s is committed", committed)
				}
				w.check()
			})
		})
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to io.Writer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// A doubt that a delivery settles is no failure: it is taken back.
func TestDoubtsThatWebhooksSettleEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := image("a0", "nano-banana", "[sim:drop,times=1] a harbour")
		for i := range 3 { // each after the doubt before it was settled
			config += fmt.Sprintf("task \"a%d\" {\n  model = \"nano-banana\"\n  input = { mode = \"image-to-image\", prompt = \"[sim:drop,times=1] %d\", image_urls = task.a%d.urls }\n}\n", i+1, i, i)
		}
		w := newListeningWorld(t, config, simulator.Config{Seed: 70})
		s, err := w.apply(t.Context(), func(o *runner.Options) {
			listening(o)
			o.Halt = runner.Halt{Equal: 2, Failed: 2}
		})
		if err != nil || s.Done != 4 || s.Stop != "" {
			t.Errorf("%v, %+v", err, s)
		}
		w.check()
	})
}
