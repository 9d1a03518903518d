package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// patient is an image task with a timeout of its own.
func patient(name, prompt, timeout string) string {
	return fmt.Sprintf("task %q {\n  model = \"nano-banana\"\n  timeout = %q\n  input = { mode = \"text-to-image\", prompt = %q, aspect_ratio = \"1:1\" }\n}\n", name, timeout, prompt)
}

var broken = []byte(`{"code":500,"message":"broken","data":null}`)

// bought counts the tasks whose prompt has a text in it.
func (w *world) bought(text string) (n int) {
	for _, a := range w.sim.Ledger() {
		if strings.Contains(string(a.Input), text) {
			n++
		}
	}
	return n
}

// waitsFor reports what a run would do for task.a beside its plan.
func (w *world) waitsFor() (asks, awaits bool) {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	_, p := w.plan(store, plan.Options{})
	return runner.Asks(store, &p.Actions[0]), runner.AwaitsUntil(&p.Actions[0]).After(time.Now())
}

// first is the first task whose prompt has a text in it.
func (w *world) first(text string) string {
	for _, a := range w.sim.Ledger() {
		if strings.Contains(string(a.Input), text) {
			return a.TaskID
		}
	}
	return "none"
}

// notCharged applies without webhooks, and settles the doubt of task.a as not charged.
func (w *world) notCharged() (nonce string) {
	w.t.Helper()
	w.mustApply()
	r := w.record("task.a")
	store := w.open()
	must(w.t, runner.ResolveNotCharged(store, r.Address, "me"))
	must(w.t, store.Close())
	return r.Nonce
}

// Submits that created nothing bring no delivery, which says nothing about deliveries.
func TestWaitsForNothingDoNotCutOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := patient("u", "[sim:latency=100s] up", "10m") +
			"task \"a\" {\n  model = \"nano-banana\"\n  input = { mode = \"image-to-image\", prompt = \"[sim:accepted504-envelope,times=1][sim:latency=110s] a\", image_urls = task.u.urls }\n}\n"
		for _, name := range []string{"b", "c", "d"} {
			config += image(name, "nano-banana", "[sim:http=503,times=1] "+name)
		}
		w := newListeningWorld(t, config, simulator.Config{Seed: 70})
		s := w.mustListen()
		if n := w.bought("accepted504"); n != 1 || s.Done != 5 || w.count(runner.Unheard) != 0 {
			t.Errorf("bought %d times; %+v", n, s)
		}
		w.check()
	})
}

// A delivery names the task of a submit that was given up, and the run ends before the
// API confirms it: the ID is on disk, and the next run collects it.
func TestNameOfAGivenUpSubmitOutlivesTheRun(t *testing.T) {
	for _, how := range []string{"interrupt", "broken API"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=late] a pier", "")+patient("b", "[sim:latency=900s] a quay", "30m"), simulator.Config{Seed: 70})
				ctx, cancel := context.WithTimeout(t.Context(), 800*time.Second)
				defer cancel()
				began := time.Now()
				if how == "broken API" {
					ctx = t.Context()
					w.answer(func(r *http.Request, _ []byte) (int, []byte) {
						if isStatusCall(r) && strings.Contains(r.URL.RawQuery, w.first("pier")) && time.Since(began) < time.Hour {
							return 500, broken
						}
						return 0, nil
					})
				}
				if _, err := w.apply(ctx, listening); err != nil && !isInterrupted(err) {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				w.mustApply()
				past := w.record("task.a").Past
				if len(past) != 1 || past[0].TaskID == "" || past[0].Status != state.Succeeded || len(past[0].Artifacts) != 1 {
					t.Fatalf("the past is %+v", past)
				}
				w.wantFile(past[0].Artifacts[0].Path)
				w.check()
			})
		})
	}
}

// The process is killed while the job of a submit that was named waits for a slot.
func TestNameOutlivesAKillBeforeItsJobStarts(t *testing.T) {
	for _, prompt := range []string{"[sim:drop,times=1] a", "[sim:accepted504-envelope,times=4] a"} {
		synctest.Test(t, func(t *testing.T) {
			config := image("z", "nano-banana", prompt)
			w := newListeningWorld(t, config, simulator.Config{Seed: 70})
			w.mustApply()
			before := len(w.sim.Ledger())
			nonce, id := w.record("task.z").Nonce, w.sim.Ledger()[before-1].TaskID
			w.write("batch {\n on_in_doubt = \"resubmit\"\n parallelism = 1\n}\n" + patient("b", "[sim:latency=3600s] long", "2h") + config)
			var left string
			w.while(func() {
				time.Sleep(5 * time.Second)
				if got := w.hooks.deliver(nonce, ended(id)); got != 200 {
					t.Errorf("answered with %d", got)
				}
				left = w.leftBehind()
			})
			if n := len(w.sim.Ledger()); n != before+1 {
				t.Errorf("%d tasks were bought", n-before)
			}
			w.dir = left
			w.mustListen()
			if n := len(w.sim.Ledger()); n != before+1 {
				t.Errorf("%s: after the kill %d tasks were bought", prompt, n-before-1)
			}
			w.check()
		})
	}
}

// A run with nothing but a held doubt waits for its delivery, as long as one may come.
func TestHeldDoubtIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier"), simulator.Config{Seed: 70})
		w.interruptUnheard()
		if _, awaits := w.waitsFor(); !awaits {
			t.Error("no delivery is awaited")
		}
		if s := w.mustListen(); len(s.InDoubt) != 0 || s.Done != 1 || s.Accepted != 0 {
			t.Errorf("the redelivery, 30 s after the first, found nobody: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

func TestHeldDoubtIsNotWaitedForWhereNoDeliveryMayCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		began := time.Now()
		if s := w.mustApply(); len(s.InDoubt) != 1 || time.Since(began) > time.Second { // without webhooks
			t.Errorf("it took %s: %+v", time.Since(began), s)
		}
		time.Sleep(time.Hour)
		if asks, awaits := w.waitsFor(); asks || awaits {
			t.Error("a delivery is awaited")
		}
		began = time.Now()
		if s := w.mustListen(); len(s.InDoubt) != 1 || time.Since(began) > time.Second { // too old
			t.Errorf("it took %s: %+v", time.Since(began), s)
		}
	})
}

// What was named is asked for by whatever run comes next, and collected by it.
func TestNamedTaskIsCollectedWithoutWebhooks(t *testing.T) {
	for _, options := range []plan.Options{{}, {Resume: true}, {Download: true}} {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
			w.mustApply()
			nonce := w.record("task.a").Nonce
			time.Sleep(time.Minute)
			w.nameOffline(nonce, w.sim.Ledger()[0].TaskID)
			if asks, _ := w.waitsFor(); !asks {
				t.Error("nothing is to be asked for")
			}
			s, err := w.applyPlan(t.Context(), options, nil)
			if err != nil || s.Done != 1 || s.Accepted != 0 || !w.record("task.a").Complete() {
				t.Errorf("%+v: %v, %+v", options, err, s)
			}
			w.check()
			w.checkFiles()
		})
	}
}

// The doubt is of a request that has changed since: its task is collected all the same,
// and then the new request has its turn.
func TestNamedTaskOfAnEarlierRequestIsCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		nonce := w.record("task.a").Nonce
		w.write(image("a", "nano-banana", "a quay"))
		s := w.while(func() {
			time.Sleep(30 * time.Second)
			w.hooks.deliver(nonce, ended(w.first("pier")))
		})
		if r := w.record("task.a"); len(s.InDoubt) != 0 || s.Done != 1 || s.Accepted != 0 || r.TaskID != w.first("pier") || !r.Complete() {
			t.Errorf("%+v; the record is %+v", s, r)
		}
		if s := w.mustListen(); s.Done != 1 || s.Accepted != 1 {
			t.Errorf("then: %+v", s)
		}
		w.check()
		w.checkFiles()
	})
}

// A task was named for a submit whose record is gone since: it counts as spent.
func TestNameOfARemovedRecordIsCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		nonce := w.record("task.a").Nonce
		time.Sleep(time.Minute)
		w.write(image("b", "nano-banana", "[sim:latency=20s] b"))
		store := w.open()
		must(t, store.Commit(state.Change{Op: "rm", Remove: []task.Address{{Name: "a"}}}))
		must(t, store.Commit(state.Change{Op: "named", Money: []state.Entry{{
			Kind: state.Name, Nonce: nonce, Address: task.Address{Name: "a"}, TaskID: w.first("pier"), At: time.Now(),
		}}}))
		must(t, store.Close())
		w.mustApply()
		for _, s := range w.contents().Spends {
			if s.TaskID == "" || s.ChargedAt.IsZero() {
				t.Errorf("%+v", s)
			}
		}
		if w.count(runner.Settled) != 1 {
			t.Errorf("told %d times", w.count(runner.Settled))
		}
	})
}

// A delivery charges what a person had taken for not charged: the budget knows.
func TestChargesOfDeliveriesCountForTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := image("a", "nano-banana", "[sim:drop,times=1][sim:latency=1s] a pier")
		w := newListeningWorld(t, config, simulator.Config{Seed: 70})
		nonce := w.notCharged()
		budget := task.Cost(60_000)
		first := sync.OnceFunc(func() { w.hooks.deliver(nonce, ended(w.sim.Ledger()[0].TaskID)) })
		w.answer(func(*http.Request, []byte) (int, []byte) { first(); return 0, nil })
		w.write("batch {\n parallelism = 1\n}\n" + config + image("b", "nano-banana", "b") + image("c", "nano-banana", "c") + image("d", "nano-banana", "d"))
		s, err := w.apply(t.Context(), func(o *runner.Options) { listening(o); o.Budget = &budget })
		if c := w.contents().Committed(); err != nil || c != budget || s.Done != 2 {
			t.Errorf("%s committed, the budget is %s: %v, %+v", c, budget, err, s)
		}
		w.check()
	})
}

// What a delivery named before the POST's answer is no matter once that has come.
func TestNameOfAnAcceptedSubmitDelaysNothing(t *testing.T) {
	took := func(slow string) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=1s]"+slow+"[sim:fail=Timeout,times=1] a pier"), simulator.Config{Seed: 70})
			began := time.Now()
			if s := w.mustListen(); s.Done != 1 {
				t.Errorf("%+v", s)
			}
			d = time.Since(began)
		})
		return d
	}
	if fast, slow := took(""), took("[sim:slow=20s]"); slow > fast+45*time.Second {
		t.Errorf("%s, and with late answers %s", fast, slow)
	}
}

// A person took a submit for not charged; a delivery names its task, and the API does
// not answer.
func TestNameHoldsWhatWasTakenForNotCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:latency=1s] a pier"), simulator.Config{Seed: 70})
		nonce := w.notCharged()
		first, down := sync.OnceFunc(func() { w.hooks.deliver(nonce, ended(w.sim.Ledger()[0].TaskID)) }), true
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if first(); down && isStatusCall(r) {
				return 500, broken
			}
			return 0, nil
		})
		if s := w.mustListen(); len(s.InDoubt) != 1 || s.Accepted != 0 {
			t.Errorf("%+v", s)
		}
		if r := w.record("task.a"); r.Status != state.InDoubt || w.contents().Committed() != 30_000 {
			t.Errorf("%s is committed for %+v", w.contents().Committed(), r)
		}
		down = false
		if s := w.mustListen(); s.Done != 1 || len(w.sim.Ledger()) != 1 {
			t.Errorf("%d tasks; %+v", len(w.sim.Ledger()), s)
		}
		w.check()
	})
}

// A person settles a doubt in spite of a name, and that stands.
func TestNameThatAPersonDismissedHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop-unaccepted,times=1] a pier"), simulator.Config{Seed: 70})
		s := w.while(func() { w.hooks.deliver(w.until("task.a", state.InDoubt).Nonce, ended("task_of_nobody")) })
		if r := w.record("task.a"); len(s.InDoubt) != 1 || r.Doubt.Named != "task_of_nobody" {
			t.Fatalf("%+v", r)
		}
		store := w.open()
		must(t, runner.ResolveNotCharged(store, task.Address{Name: "a"}, "me"))
		must(t, store.Close())
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
			t.Errorf("%+v", s)
		}
		w.check()
	})
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("i/o timeout") }

func TestUnreadableWebhookIsToBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		w.while(func() {
			r := w.until("task.a", state.InDoubt)
			for _, body := range []io.Reader{
				io.MultiReader(strings.NewReader(`{"code":200,"data":{"sta`), brokenBody{}),
				strings.NewReader("\x1f\x8b gz"),
				strings.NewReader(`{"code":200,"data":{"task_id":"x","state":"success"}}`),
			} {
				answer := httptest.NewRecorder()
				w.hooks.to.ServeHTTP(answer, httptest.NewRequest("POST", "/hooks/"+r.Nonce, body))
				if answer.Code != http.StatusServiceUnavailable {
					t.Errorf("answered with %d", answer.Code)
				}
			}
		})
		if n := w.count(runner.Warned); n != 1 {
			t.Errorf("%d warnings, want one", n)
		}
	})
}

// hanging never answers status calls about some tasks.
type hanging struct {
	next  http.RoundTripper
	about string
}

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if isStatusCall(r) && strings.Contains(r.URL.RawQuery, h.about) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.next.RoundTrip(r)
}

func (w *world) hang(about string) {
	w.transport = hanging{w.local.Transport(), about}
	w.api = w.client(testKey)
}

func TestInterruptDoesNotWaitForQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=4][sim:latency=60s] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		past := w.record("task.a").Past
		w.hang("taskId")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		began := time.Now()
		var beside sync.WaitGroup
		beside.Go(func() {
			time.Sleep(time.Second)
			for i, p := range past {
				w.hooks.deliver(p.Nonce, ended(w.sim.Ledger()[i].TaskID))
			}
		})
		_, err := w.apply(ctx, listening)
		beside.Wait()
		if took := time.Since(began) - 20*time.Second; !isInterrupted(err) || took > 10*time.Second {
			t.Errorf("%v; it ended %s after the interrupt", err, took)
		}
	})
}

// Eighty names that the API does not answer for hold up no run whose work is done.
func TestEndOfARunIsNotHeldUpByQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, strings.Replace(prompts(20, ""), "a harbour", "[sim:accepted504-envelope,times=4][sim:webhook=lost] a harbour", 1), simulator.Config{Seed: 70})
		w.mustApply() // 20 failed, 80 are paid for, none is known
		records := w.contents().Records
		time.Sleep(time.Hour)
		w.write(patient("z", "[sim:latency=100s] z", "10m"))
		w.hang("taskId=task_")
		began := time.Now()
		s := w.while(func() {
			time.Sleep(time.Second)
			for _, r := range records {
				for _, p := range r.Past {
					w.hooks.deliver(p.Nonce, ended("task_"+p.Nonce))
				}
			}
		})
		if took := time.Since(began); s.Done != 1 || took > 8*time.Minute {
			t.Errorf("the run took %s: %+v", took, s)
		}
	})
}

// A submit was accepted, and refused with 429 all the same. What is named before the
// repeat, after 50 ms, spares it; what is named later is among what was paid for.
func TestNameOfASubmitThatWasRefusedIsKnown(t *testing.T) {
	for latency, tasks := range map[string]int{"10ms": 1, "100ms": 2} {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency="+latency+"] a pier")+patient("b", "[sim:latency=100s] b", "10m"), simulator.Config{Seed: 70})
			refused := false
			w.answer(func(r *http.Request, body []byte) (int, []byte) {
				if r.Method == http.MethodPost && !refused && w.bought("pier") == 1 {
					refused = true
					return 429, []byte(`{"code":429,"message":"slow down","data":null}`)
				}
				return 0, nil
			})
			if s := w.mustListen(); s.Done != 2 || s.Accepted != tasks+1 || w.bought("pier") != tasks {
				t.Errorf("%s: %d tasks; %+v", latency, w.bought("pier"), s)
			}
			w.check()
			w.checkFiles()
		})
	}
}

// A run ended after a 429, with nothing else to tell of that submit; what is named for it
// in the next run spares the repeat.
func TestNameOfASubmitThatAnEarlierRunHadRefusedIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=1s] a pier"), simulator.Config{Seed: 70})
		r := w.interruptRefused()
		first := sync.OnceFunc(func() { w.hooks.deliver(r.Nonce, ended(w.first("pier"))) })
		w.answer(func(*http.Request, []byte) (int, []byte) { first(); return 0, nil })
		if s := w.mustListen(); s.Done != 1 || w.bought("pier") != 1 {
			t.Errorf("%d tasks; %+v", w.bought("pier"), s)
		}
		w.check()
	})
}

// One task is named for two doubts at the same moment: one of them has it.
func TestTaskNamedForTwoDoubtsSettlesOne(t *testing.T) {
	for i := range 10 {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] a pier")+image("b", "nano-banana", "[sim:drop,times=1][sim:webhook=lost] b pier"), simulator.Config{Seed: uint64(70 + i)})
			w.while(func() {
				a, b := w.until("task.a", state.InDoubt), w.until("task.b", state.InDoubt)
				time.Sleep(20 * time.Second)
				id := w.sim.Ledger()[0].TaskID
				var both sync.WaitGroup
				both.Go(func() { w.hooks.deliver(a.Nonce, ended(id)) })
				both.Go(func() { w.hooks.deliver(b.Nonce, ended(id)) })
				both.Wait()
			})
			if a, b := w.record("task.a"), w.record("task.b"); (a.TaskID == "") == (b.TaskID == "") {
				t.Errorf("%q and %q", a.TaskID, b.TaskID)
			}
		})
	}
}

func TestLateAnswersSettleOneSubmitWithATask(t *testing.T) {
	for i := range 10 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("a", "nano-banana", "[sim:drop,times=1] a pier")+image("b", "nano-banana", "[sim:drop,times=1] b pier"), simulator.Config{Seed: uint64(70 + i)})
			w.mustApply()
			id := w.sim.Ledger()[0].TaskID
			store := w.open()
			defer store.Close()
			var errs [2]error
			var both sync.WaitGroup
			for n, address := range []string{"task.a", "task.b"} {
				late := runner.Late{Nonce: w.record(address).Nonce, TaskID: id, By: "x"}
				both.Go(func() { _, _, errs[n] = runner.SettleLate(store, late) })
			}
			both.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("%v, %v", errs[0], errs[1])
			}
		})
	}
}

// A doubt of an earlier run is settled early in a run that outlives its result.
func TestTaskThatAWebhookSettlesIsCollectedInTheSameRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doubt := image("a", "nano-banana", "[sim:drop,times=1][sim:latency=20s] a pier")
		w := newListeningWorld(t, doubt, simulator.Config{Seed: 70})
		w.interruptUnheard()
		w.write("batch {\n parallelism = 1\n}\n" + doubt +
			"task \"long\" {\n  model = \"nano-banana\"\n  count = 26\n  timeout = \"2h\"\n  input = { mode = \"text-to-image\", prompt = \"[sim:latency=3600s] ${count.index}\", aspect_ratio = \"1:1\" }\n}\n")
		if s := w.mustListen(); s.Done != 27 || !w.record("task.a").Complete() {
			t.Errorf("it is %s; %+v", w.record("task.a").Status, s)
		}
		w.check()
		w.checkFiles()
	})
}

// All that was paid for a request and named is known in the end, and on disk.
func TestEveryNameOfARequestIsSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=4][sim:latency=60s] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		past, down := w.record("task.a").Past, true
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if down && isStatusCall(r) {
				return 500, broken
			}
			return 0, nil
		})
		w.while(func() {
			time.Sleep(time.Second)
			for i, p := range past {
				w.hooks.deliver(p.Nonce, ended(w.sim.Ledger()[i].TaskID))
			}
		})
		down = false
		w.mustListen()
		r := w.record("task.a")
		if r.Status != state.Succeeded || len(r.Past) != 3 {
			t.Fatalf("%+v", r)
		}
		for _, p := range r.Past {
			if p.TaskID == "" || p.Status != state.Succeeded || len(p.Artifacts) != 1 {
				t.Errorf("%+v", p)
			}
		}
		w.check()
		w.checkFiles()
	})
}

// The state is full when the task of a submit that was given up is confirmed.
func TestTaskOfAGivenUpSubmitIsKeptWhereTheStateCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=late] a pier", "")+patient("b", "[sim:latency=900s] a quay", "30m"), simulator.Config{Seed: 70})
		w.wantKeptElsewhere(runner.Saved)
	})
}

// Submits that wait for a delivery after a 5xx hold up no others.
func TestWaitsForDeliveriesHoldNoSlot(t *testing.T) {
	timed(t)
	took := func(adjust func(*runner.Options)) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			faults, err := simulator.ParseFaults("503=10%")
			must(t, err)
			w := newListeningWorld(t, prompts(200, "parallelism = 10"), simulator.Config{Seed: 7, Faults: faults})
			began := time.Now()
			if s, err := w.apply(t.Context(), adjust); err != nil || s.Done != 200 {
				t.Errorf("%v, %+v", err, s)
			}
			d = time.Since(began)
		})
		return d
	}
	without, with := took(nil), took(listening)
	t.Logf("%s without webhooks, %s with", without, with)
	if with > without+2*3*time.Minute+time.Minute { // a submit and its repeat may both get a 503
		t.Errorf("%s without webhooks, %s with", without, with)
	}
}
