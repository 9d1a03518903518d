package runner_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// callLog is what kinds of calls were made, in order.
type callLog struct {
	mu   sync.Mutex
	made []string
}

func (l *callLog) add(kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, kind)
}

// calls notes what kind of call is made, and lets answer take the place of the
// simulator; it may be nil.
func (w *world) calls(answer func(kind string, r *http.Request) *http.Response) *callLog {
	log := new(callLog)
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		kind := "status"
		if r.Method == http.MethodPost {
			kind = "submit"
		} else if strings.HasSuffix(r.URL.Path, "current-balance") {
			kind = "balance"
		}
		log.add(kind)
		if answer != nil {
			if response := answer(kind, r); response != nil {
				return response, nil
			}
		}
		return w.local.Transport().RoundTrip(r)
	})
	w.api = w.client(testKey)
	return log
}

func (l *callLog) count(kind string) (n int) {
	for _, call := range l.made {
		if call == kind {
			n++
		}
	}
	return n
}

// answered is an HTTP answer with a body.
func answered(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestTheBalanceIsReadBeforeTheFirstSubmitAndAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(20, 4, "[sim:latency=5s] view"), simulator.Config{Seed: 60, Balance: 10_000_000})
		calls := w.calls(nil)
		s := w.mustApply()
		if made := calls.made; made[0] != "balance" || made[len(made)-1] != "balance" || calls.count("balance") != 2 {
			t.Errorf("calls: %v", made)
		}
		fell, ok := s.Charged()
		low, high := s.Expected()
		if want := task.Cost(600_000); !ok || fell != want || low != want || high != want {
			t.Errorf("charged %s (%t), expected %s to %s", fell, ok, low, high)
		}
		wantReadings(t, w, 10_000_000, 9_400_000)

		calls.made = nil
		if w.mustApply(); len(calls.made) > 0 {
			t.Errorf("a run that pays nothing made the calls %v", calls.made)
		}
	})
}

func wantReadings(t *testing.T, w *world, want ...task.Cost) {
	t.Helper()
	var got []task.Cost
	for _, reading := range w.contents().Readings {
		got = append(got, reading.Balance)
		if reading.Run != "run" || reading.At.IsZero() {
			t.Errorf("reading %+v", reading)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the state holds the balances %v, want %v", got, want)
	}
}

func TestTheBalanceIsReadOnceAMinuteWhileSubmitsAreToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(60, 2, "[sim:latency=20s] view"), simulator.Config{Seed: 61})
		calls := w.calls(nil)
		begin := time.Now()
		w.mustApply()
		minutes := int(time.Since(begin) / time.Minute)
		if n := calls.count("balance"); n < minutes*2/3 || n > minutes+2 {
			t.Errorf("%d readings in %d minutes", n, minutes)
		}
		wantReadings(t, w, simulator.DefaultBalance, simulator.DefaultBalance-60*30_000)
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(2, 2, "[sim:latency=150s] view"), simulator.Config{Seed: 62})
		calls := w.calls(nil)
		w.mustApply()
		if n := calls.count("balance"); n != 2 {
			t.Errorf("%d readings, with no submit to come after the first second", n)
		}
	})
}

func TestABalanceThatCannotBeReadStopsNothing(t *testing.T) {
	says := func(status int, body string) func(*http.Request) *http.Response {
		return func(r *http.Request) *http.Response { return answered(r, status, body) }
	}
	for name, failing := range map[string]func(r *http.Request) *http.Response{
		"500":       says(500, `{"code":500,"message":"no","data":null}`),
		"403":       says(403, `{"code":403,"message":"no","data":null}`),
		"429":       says(429, `{"code":429,"message":"no","data":null}`),
		"no number": says(200, `{"code":200,"message":"","data":{}}`),
		"silence": func(r *http.Request) *http.Response {
			<-r.Context().Done()
			return answered(r, 504, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, series(30, 2, "[sim:latency=20s] view"), simulator.Config{Seed: 63})
				begin := time.Now()
				calls := w.calls(func(kind string, r *http.Request) *http.Response {
					if kind == "balance" {
						return failing(r)
					}
					return nil
				})
				s := w.mustApply()
				if s.Done != 30 || s.Balance.Before != nil || s.Balance.After != nil {
					t.Errorf("summary: %+v", s)
				}
				if _, ok := s.Charged(); ok {
					t.Error("a charge was made up")
				}
				minutes := int(time.Since(begin) / time.Minute)
				if n := calls.count("balance"); n < minutes*2/3 || n > minutes+2 {
					t.Errorf("%d readings were tried in %d minutes", n, minutes)
				}
				wantReadings(t, w)
			})
		})
	}
}

func TestAnInterruptedRunReadsTheBalanceWithoutDelay(t *testing.T) {
	for name, silent := range map[string]bool{"answered": false, "silent": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, series(4, 4, "[sim:latency=10m] view"), simulator.Config{Seed: 64})
				const after = 30 * time.Second
				begin := time.Now()
				w.calls(func(kind string, r *http.Request) *http.Response {
					if silent && kind == "balance" && time.Since(begin) >= after {
						<-r.Context().Done()
						return answered(r, 504, "")
					}
					return nil
				})
				ctx, cancel := context.WithTimeout(context.Background(), after)
				defer cancel()
				s, err := w.apply(ctx, nil)
				if !isInterrupted(err) || len(s.Running) != 4 {
					t.Fatalf("summary: %+v, %v", s, err)
				}
				if late := time.Since(begin) - after; late > 4*time.Second {
					t.Errorf("the end came %s after the interruption", late)
				}
				if fell, ok := s.Charged(); ok == silent || ok && fell != 4*30_000 {
					t.Errorf("charged %s (%t)", fell, ok)
				}
			})
		})
	}
}

func TestARefusedKeyIsNotUsedForTheBalance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(8, 2, "[sim:latency=1m] view"), simulator.Config{Seed: 65})
		revoked := false
		calls := w.calls(func(kind string, r *http.Request) *http.Response {
			if revoked = revoked || kind == "status"; revoked {
				return answered(r, 401, `{"code":401,"message":"Invalid or missing API key"}`)
			}
			return nil
		})
		if _, err := w.apply(context.Background(), nil); err == nil {
			t.Fatal("no error")
		}
		if n := calls.count("balance"); n != 1 {
			t.Errorf("%d readings with a key that was refused after the first", n)
		}
	})
}

func TestExpectedIsARangeWhereSubmitsMayHaveBeenCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("lost", "nano-banana", "[sim:drop] a")+image("twice", "nano-banana", "[sim:accepted504-envelope,times=1] b")+
			image("video", "kling-2-6", "c"), simulator.Config{Seed: 66, UnpricedCost: 420_000})
		s := w.mustApply()
		low, high := s.Expected()
		if low != 30_000 || high != 90_000 {
			t.Errorf("expected %s to %s; want $0.03 for what was accepted, and $0.03 each for the doubt and the 504", low, high)
		}
		if fell, ok := s.Charged(); !ok || fell != 3*30_000+420_000 {
			t.Errorf("charged %s (%t)", fell, ok)
		}
		if s.Unpriced != 1 || s.WithoutPrice["kling-2-6"] != 1 {
			t.Errorf("without a price: %d, %v", s.Unpriced, s.WithoutPrice)
		}
		if committed := w.contents().Committed(); committed != high {
			t.Errorf("%s committed, want %s", committed, high)
		}
	})
}

func TestAStateThatCannotBeWrittenEndsTheRunAtItsFirstReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, series(2, 2, "view"), simulator.Config{Seed: 67})
		store := w.open()
		defer store.Close()
		calls := w.calls(func(kind string, r *http.Request) *http.Response {
			if kind == "balance" {
				w.remove("jobs.state.journal")
			}
			return nil
		})
		config, p := w.plan(store, plan.Options{})
		_, err := runner.New(runner.Options{
			API: w.api, Store: store, Files: w.local.Transport(), Dir: config.Dir, Catalog: config.Catalog, Run: "run", Parallelism: 2,
		}).Run(context.Background(), p)
		if n := calls.count("submit"); err == nil || n > 0 {
			t.Errorf("%d submits, error %v", n, err)
		}
	})
}
