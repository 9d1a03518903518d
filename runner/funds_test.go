package runner_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// Every spelling of "no money left" (API document, section 11, row 4) ends
// submitting at once and nothing else: POSTs that are out finish and are
// recorded, tasks that run are collected.
func TestEverySpellingOfNoMoneyStopsSubmittingOnly(t *testing.T) {
	for _, test := range []struct {
		name   string
		marker string // of the task that is told so
		answer string // to its submit, in place of the simulator's
		failed int
		kept   int // reservations of submits that may have been charged all the same
	}{
		{name: "402", marker: "[sim:slow=3s][sim:http=402]"},
		{name: "402 in the envelope", marker: "[sim:slow=3s][sim:code=402]"},
		{name: "400 with a message", marker: "[sim:slow=3s][sim:http=400,message=Insufficient credits]"},
		{name: "400 with InsufficientQuota", answer: `{"code":400,"message":"Bad Request","data":{"failCode":"InsufficientQuota"}}`},
		{name: "403 with INSUFFICIENT_CREDITS", answer: `{"code":403,"message":"Forbidden","data":null,"failCode":"INSUFFICIENT_CREDITS"}`},
		{name: "failed with InsufficientQuota", marker: "[sim:fail=InsufficientQuota][sim:latency=8s]", failed: 1},
		{name: "failed with INSUFFICIENT_CREDITS", marker: "[sim:fail=INSUFFICIENT_CREDITS][sim:latency=8s]", failed: 1},
		{name: "failed with its words in other case", marker: "[sim:fail=insufficient credits][sim:latency=8s]", failed: 1},
		{name: "500 with INSUFFICIENT_CREDITS", marker: "[sim:slow=3s][sim:http=500,failcode=INSUFFICIENT_CREDITS]", kept: 1},
		{name: "503 with InsufficientQuota", marker: "[sim:slow=3s][sim:http=503,failcode=InsufficientQuota]", kept: 1},
		{name: "402 to a status call", marker: "[sim:status=402,times=2]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// Six tasks at a time: the fourth is told, when the others wait
				// for the answer to their POST, or run.
				w := newWorld(t, series(60, 6, `${count.index == 3 ? "TOLD `+test.marker+`" : "[sim:slow=12s][sim:latency=2m]"} view`), simulator.Config{Seed: 50})
				w.transport = roundTrip(func(r *http.Request) (*http.Response, error) { return w.answerTold(r, test.answer) })
				w.api = w.client(testKey)
				s := w.mustApply()
				if s.Stop != task.InsufficientFunds || !strings.Contains(s.StopDetail, "balance is too low") {
					t.Fatalf("stop %q: %s", s.Stop, s.StopDetail)
				}
				accepted := len(w.sim.Ledger())
				if accepted < 5 || accepted > 7 || s.Accepted != accepted {
					t.Errorf("%d accepted, of which %d were recorded", accepted, s.Accepted)
				}
				if s.Done != accepted-test.failed || len(s.Failed) != test.failed || len(s.Running)+len(s.InDoubt) > 0 {
					t.Errorf("done %d, failed %d, running %d, in doubt %d", s.Done, len(s.Failed), len(s.Running), len(s.InDoubt))
				}
				if committed := w.contents().Committed(); committed != task.Cost(accepted+test.kept)*30_000 {
					t.Errorf("%s committed for %d accepted tasks", committed, accepted)
				}
				w.check()
			})
		})
	}
}

// answerTold gives the submit whose prompt says TOLD an answer of ours, if there is one.
func (w *world) answerTold(r *http.Request, answer string) (*http.Response, error) {
	if r.Method != http.MethodPost || answer == "" {
		return w.local.Transport().RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(body), "TOLD") {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return w.local.Transport().RoundTrip(r)
	}
	time.Sleep(3 * time.Second)
	return answered(r, http.StatusBadRequest, answer), nil
}

func TestWordsAboutBalanceAloneStopNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(20, 2, `${count.index == 3 ? "[sim:http=400,message=white_balance is out of range]" : ""} view`), simulator.Config{Seed: 51})
		if s := w.mustApply(); s.Stop != "" || s.Done != 19 || len(s.Failed) != 1 {
			t.Errorf("stop %q, done %d, failed %d", s.Stop, s.Done, len(s.Failed))
		}
	})
}

func TestAShrinkingBalanceStopsSubmittingBeforeTheAPIDoes(t *testing.T) {
	config := series(200, 2, "[sim:latency=20s] view")
	synctest.Test(t, func(t *testing.T) {
		// Somebody else spends from the same key: after two minutes nearly all is gone.
		w := newWorld(t, config, simulator.Config{Seed: 52})
		left, begin := "100.00", time.Now()
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "current-balance") {
				return w.local.Transport().RoundTrip(r)
			}
			if time.Since(begin) > 2*time.Minute {
				left = "0.02"
			}
			body := `{"code":200,"message":"success","data":` + left + `}`
			return answered(r, http.StatusOK, body), nil
		})
		w.api = w.client(testKey)
		s := w.mustApply()
		if s.Stop != task.InsufficientFunds || !strings.Contains(s.StopDetail, "the balance is $0.02") {
			t.Errorf("stop %q: %s", s.Stop, s.StopDetail)
		}
		if s.Accepted < 12 || s.Accepted > 24 || s.Done != s.Accepted {
			t.Errorf("%d accepted and %d done in about three minutes", s.Accepted, s.Done)
		}
		if n := w.sim.Stats().Answers["submit"][402]; n > 0 {
			t.Errorf("%d submits were refused for lack of money", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config, simulator.Config{Seed: 52, Balance: 50_000})
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.AllowInsufficientBalance = true })
		if err != nil || s.Stop != task.InsufficientFunds || s.Accepted != 1 {
			t.Errorf("told to go as far as the money does: stop %q, %d accepted, %v", s.Stop, s.Accepted, err)
		}
		if n := w.sim.Stats().Answers["submit"][402]; n == 0 {
			t.Error("the API was not asked")
		}
	})
}

// A fail code that no resubmit mends ends a submit at once, whatever status it
// comes with, and a rerun does not try again. After a 5xx the task may exist all
// the same, so that its reservation stays; a 429 created nothing.
func TestSubmitWithAFailCodeThatSaysNeverIsSentOnce(t *testing.T) {
	for _, test := range []struct {
		status string
		kept   task.Cost
	}{{"500", 30_000}, {"503", 30_000}, {"504", 30_000}, {"429", 0}, {"400", 0}} {
		t.Run(test.status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				w := newWorld(t, image("a", "nano-banana", "[sim:http="+test.status+",failcode=CONTENT_VIOLATION] a pier"), simulator.Config{Seed: 53})
				w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodPost {
						posts++
					}
					return w.local.Transport().RoundTrip(r)
				})
				w.api = w.client(testKey)
				for range 2 {
					w.mustApply()
				}
				r := w.record("task.a")
				if posts != 1 || r.Failure == nil || r.Failure.Reason != task.ContentPolicy || r.Failure.Retryable {
					t.Errorf("%d submits, failure %+v", posts, r.Failure)
				}
				if committed := w.contents().Committed(); committed != test.kept {
					t.Errorf("%s committed, want %s", committed, test.kept)
				}
			})
		})
	}
}
