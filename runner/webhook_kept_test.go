package runner_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// leftBehind is what a process that is killed now leaves on disk.
func (w *world) leftBehind() (dir string) {
	w.t.Helper()
	dir = w.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "jobs.state.lock")); err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// The process is killed right after a delivery was answered with 200, which APIXO does
// not repeat. The next run asks for the task that it named, and buys nothing.
func TestWebhookThatWasAnsweredOutlivesTheProcess(t *testing.T) {
	for _, test := range []struct {
		prompt string
		before state.Status
	}{
		{"[sim:accepted504-envelope,times=1]", state.Pending},
		{"[sim:drop,times=1]", state.InDoubt},
	} {
		t.Run(test.prompt, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, resubmitting(test.prompt+"[sim:webhook=lost] a pier", ""), simulator.Config{Seed: 70})
				broken := true
				w.answer(func(r *http.Request, _ []byte) (int, []byte) {
					if !broken || !isStatusCall(r) {
						return 0, nil
					}
					return 500, []byte(`{"code":500,"message":"broken","data":null}`)
				})
				var left string
				taskID := ""
				s := w.while(func() {
					nonce := w.until("task.a", test.before).Nonce
					taskID = w.sim.Ledger()[0].TaskID
					if got := w.hooks.deliver(nonce, ended(taskID)); got != 200 {
						t.Errorf("answered with %d", got)
					}
					left = w.leftBehind()
				})
				if len(s.InDoubt) != 1 || s.Reserved != 30_000 || s.After5xx != 0 || s.Repeated != 0 {
					t.Errorf("what was not killed: %+v", s)
				}
				w.dir, broken = left, false
				if r := w.record("task.a"); r.Status != state.InDoubt || r.Doubt.Named != taskID {
					t.Errorf("left behind: %+v", r)
				}
				if s := w.mustListen(); s.Done != 1 || s.Accepted != 0 || len(w.sim.Ledger()) != 1 {
					t.Errorf("then: %d tasks, %+v", len(w.sim.Ledger()), s)
				}
				w.check()
			})
		})
	}
}

// What is named while the answer to the POST is awaited is on disk at once, whoever
// changes the record meanwhile.
func TestWebhookDuringASubmitOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=2s][sim:stall,times=1][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		var left string
		s := w.while(func() {
			nonce := w.until("task.a", state.Submitting).Nonce
			time.Sleep(5 * time.Second)
			if got := w.hooks.deliver(nonce, ended(w.sim.Ledger()[0].TaskID)); got != 200 {
				t.Errorf("answered with %d", got)
			}
			left = w.leftBehind()
		})
		if s.Done != 1 || s.Accepted != 1 || w.count(runner.Settled) != 1 {
			t.Errorf("%+v", s)
		}
		w.check()
		w.dir = left
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("after a kill: %+v", s)
		}
		w.check()
	})
}

// A delivery names a task whose own submit is still awaiting its answer. Once that has
// come the task is another's, and the name is in nobody's way.
func TestTaskThatTurnsOutToBeAnothersHoldsNothing(t *testing.T) {
	for _, test := range []struct {
		name, prompt string
		before       bool // an earlier run left the doubt
		status       state.Status
	}{
		{"after a 5xx", "[sim:http=503,times=1] a pier", false, state.Pending},
		{"in doubt", "[sim:drop-unaccepted,times=1] a pier", false, state.InDoubt},
		{"about to be given up", "[sim:drop-unaccepted,times=1] a pier", true, state.InDoubt},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListeningWorld(t, image("a", "nano-banana", test.prompt), simulator.Config{Seed: 70})
				if test.before {
					w.mustApply()
				}
				w.write(resubmitting(test.prompt, "") + image("b", "nano-banana", "[sim:latency=60s][sim:slow=20s] a quay"))
				s := w.while(func() {
					w.until("task.b", state.Submitting)
					nonce := w.until("task.a", test.status).Nonce
					time.Sleep(time.Second)
					if got := w.hooks.deliver(nonce, ended(w.sim.Ledger()[0].TaskID)); got != 200 {
						t.Errorf("answered with %d", got)
					}
				})
				if s.Done != 2 || s.Repeated+s.Resubmitted != 1 || w.count(runner.Settled) != 0 {
					t.Errorf("summary: %+v", s)
				}
				if n := len(w.sim.Ledger()); n != 2 {
					t.Errorf("%d tasks were bought", n)
				}
				w.check()
			})
		})
	}
}
