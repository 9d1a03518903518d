package runner_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// A change is undone while its task runs: the earlier result is used at once and at no
// price, and the task that runs is paid for, so it is collected beside.

// planned is what a plan has for the first instance, and how many it pays for.
func (w *world) planned() (plan.Action, int) {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	_, p := w.plan(store, plan.Options{})
	return p.Actions[0], p.Totals().Paying()
}

func TestAChangeUndoneWhileItsTaskRunsIsFreeAndItsTaskIsCollected(t *testing.T) {
	for _, lines := range []string{"", "lifecycle {\n  prevent_regenerate = true\n}"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
			w.mustApply()
			first := w.record("task.a").TaskID
			w.write(image("a", "nano-banana", "[sim:latency=100s] P2"))
			w.cut(20*time.Second, plan.Options{})
			second := w.record("task.a").TaskID
			if second == first || w.record("task.a").Status != state.Running {
				t.Fatalf("P2: %+v", w.record("task.a"))
			}

			w.write(guarded("a", "P1", lines) + after("b", "a"))
			a, paying := w.planned()
			if a.Kind != plan.Keep || !a.Restored || paying != 1 || !strings.Contains(a.Detail, first+" was bought for this input earlier") || !strings.Contains(a.Detail, second) {
				t.Errorf("the plan pays for %d and has %s: %s", paying, a.Kind.Word(), a.Detail)
			}
			s := w.cut(20*time.Second, plan.Options{}) // b does not wait for P2
			if r := w.record("task.b"); s.Accepted != 1 || r.Status != state.Succeeded {
				t.Errorf("b: %+v, %+v", s, r)
			}
			r := w.record("task.a")
			if r.TaskID != first || !r.Complete() || len(r.Past) != 1 || r.Past[0].TaskID != second || r.Past[0].Status != state.Running {
				t.Errorf("cut off again: %+v", r)
			}
			if len(s.Running) != 1 || s.Running[0].TaskID != second {
				t.Errorf("what runs is not told: %+v", s)
			}

			store := w.open()
			_, p := w.plan(store, plan.Options{})
			if totals := p.Totals(); !p.Pending() || totals.Followed != 1 || totals.Paying() != 0 {
				t.Errorf("the next plan does not tell what runs: %+v", totals)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}

			if s := w.mustApply(); s.Accepted != 0 || len(s.Running)+len(s.Failed)+len(s.Undelivered) != 0 {
				t.Errorf("to the end: %+v", s)
			}
			past := w.record("task.a").Past[0]
			if past.Status != state.Succeeded || past.Incomplete(nil) || len(past.Result.Raw) == 0 {
				t.Errorf("the task of the change is not all here: %+v", past)
			}
			w.checkIDs()
			w.checkFiles()
			if bill := w.sim.Ledger(); len(bill) != 3 {
				t.Errorf("%d tasks were bought", len(bill))
			}
			if s := w.mustApply(); s.Accepted+s.Done != 0 {
				t.Errorf("again: %+v", s)
			}
		})
	}
}

// Who changes his mind once more, while the task runs, has paid for it.
func TestAChangeThatIsMadeAgainWhileItsTaskRunsIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := image("a", "nano-banana", "P1"), image("a", "nano-banana", "[sim:latency=110s] P2")
		w := newWorld(t, first, simulator.Config{Seed: 2})
		w.mustApply()
		w.write(second)
		w.cut(5*time.Second, plan.Options{})
		id := w.record("task.a").TaskID
		for range 3 {
			w.write(first)
			w.cut(5*time.Second, plan.Options{})
			w.write(second)
			if a, paying := w.planned(); a.Kind != plan.Collect || paying != 0 {
				t.Errorf("the plan pays for %d and has %s: %s", paying, a.Kind.Word(), a.Detail)
			}
			w.cut(5*time.Second, plan.Options{})
			if r := w.record("task.a"); r.TaskID != id || r.Status != state.Running || r.AcceptedAt.IsZero() {
				t.Errorf("the task of the change is not its own again: %+v", r)
			}
		}
		w.mustApply()
		w.check()
		w.checkFiles()
		if n := w.accepted(); n != 2 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}

// Attempts that were made before count, and what was imported is none.
func TestAChangeThatIsMadeAgainHasTheAttemptsItHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := image("a", "nano-banana", "P1"), image("a", "nano-banana", "[sim:latency=100s][sim:fail=Timeout] P2")
		w := newWorld(t, first, simulator.Config{Seed: 2})
		w.mustApply()
		w.write(second)
		w.cut(150*time.Second, plan.Options{})
		if r := w.record("task.a"); r.Attempt != 2 || r.Status != state.Running {
			t.Fatalf("the second attempt does not run: %+v", r)
		}
		w.write(first)
		w.cut(5*time.Second, plan.Options{})
		w.write(second)
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 {
			t.Errorf("%+v", s)
		}
		if r := w.record("task.a"); r.Attempt != 2 || r.Status != state.Failed {
			t.Errorf("%+v", r)
		}
		if n := w.accepted(); n != 3 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}

// What may have been bought in changes that were lost is not bought again, also where
// the task was an earlier one meanwhile.
func TestATaskWithLostChangesKeepsThatInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := image("a", "nano-banana", "P1"), image("a", "nano-banana", "[sim:latency=100s][sim:fail=Timeout] P2")
		w := newWorld(t, first, simulator.Config{Seed: 2})
		w.mustApply()
		w.write(second)
		w.cut(20*time.Second, plan.Options{})
		store := w.open()
		lost := store.Records()[0]
		lost.LostChanges = true
		if err := errors.Join(store.Commit(state.Change{Op: "recovered", Put: []state.Record{lost}}), store.Close()); err != nil {
			t.Fatal(err)
		}
		w.write(first)
		w.cut(5*time.Second, plan.Options{})
		if r := w.record("task.a"); len(r.Past) != 1 || !r.Past[0].LostChanges || r.LostChanges {
			t.Fatalf("%+v", r)
		}
		w.write(second)
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 || s.Failed[0].Failure.Retryable {
			t.Errorf("%+v", s)
		}
	})
}

// A doubt stays at the front, where it is shown and can be settled.
func TestAChangeUndoneWhileItsSubmitIsInDoubtWaitsForThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
		w.mustApply()
		first := w.record("task.a").TaskID
		w.write("batch {\n  on_in_doubt = \"hold\"\n}\n" + image("a", "nano-banana", "[sim:drop][sim:latency=100s] P2"))
		w.mustApply()
		w.write(image("a", "nano-banana", "P1"))
		if s := w.mustApply(); s.Accepted != 0 || len(s.InDoubt) != 1 {
			t.Errorf("%+v", s)
		}
		if r := w.record("task.a"); r.Status != state.InDoubt {
			t.Errorf("the doubt is not at the front: %+v", r)
		}
		if n := w.settleDoubts(); n != 1 {
			t.Errorf("%d doubts were settled", n)
		}
		w.cut(20*time.Second, plan.Options{})
		if r := w.record("task.a"); r.TaskID != first || len(r.Past) != 1 || r.Past[0].Status != state.Running {
			t.Errorf("settled as accepted: %+v", r)
		}
		w.mustApply()
		w.checkIDs()
		if n := w.accepted(); n != 2 {
			t.Errorf("%d tasks were bought", n)
		}
	})
}

// echo is an API that quotes a text in all that it says of a task.
type echo struct {
	http.RoundTripper
	text, task string
}

func (e *echo) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := e.RoundTripper.RoundTrip(r)
	if err != nil || e.task == "" || r.URL.Query().Get("taskId") != e.task {
		return answer, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	for before, quoted := range map[string]string{
		`"message":"`:     e.text + " ",
		`{\"resultUrls\"`: `{\"prompt\":\"` + e.text + `\",\"resultUrls\"`,
		`"failMsg":"`:     e.text + " ",
	} {
		if strings.HasPrefix(before, "{") {
			body = bytes.Replace(body, []byte(before), []byte(quoted), 1)
		} else {
			body = bytes.Replace(body, []byte(before), []byte(before+quoted), 1)
		}
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// What an answer quotes of a sensitive input can be hidden only as long as that input is
// known. Of a task whose input was changed meanwhile, or is declared no more, nothing is
// kept or told that may quote it.
func TestWhatWasSensitiveInAChangedInputIsToldNowhere(t *testing.T) {
	const canary = "canary-5f7712"
	changed := map[string]string{
		"undone":     image("a", "nano-banana", "P1"),
		"changed":    strings.Replace(image("a", "nano-banana", "P"), `"P"`, `sensitive("[sim:latency=100s] P3")`, 1),
		"undeclared": image("b", "nano-banana", "B"),
	}
	for name, after := range changed {
		for _, fails := range []string{"", "[sim:fail=NSFW]", "[sim:fail=Timeout]"} {
			t.Run(name+fails, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 2})
					quoting := &echo{RoundTripper: w.transport, text: canary}
					w.transport = quoting
					w.api = w.client(testKey)
					w.mustApply()
					w.write(strings.Replace(image("a", "nano-banana", "P"), `"P"`, `sensitive("[sim:latency=100s]`+fails+canary+`")`, 1))
					w.cut(20*time.Second, plan.Options{})
					second := w.record("task.a").TaskID
					quoting.task = second
					w.write(after)
					w.cut(20*time.Second, plan.Options{})
					w.mustApply()
					if r := w.record("task.a"); !r.Remembers(second) {
						t.Errorf("it is forgotten: %+v", r)
					}
					for _, e := range w.events {
						if strings.Contains(fmt.Sprintf("%+v", e), canary) {
							t.Errorf("told: %+v", e)
						}
					}
					if found := w.filesWith(canary); len(found) > 0 {
						t.Errorf("written: %s", found)
					}
					if n := w.accepted(); n < 2 {
						t.Errorf("%d tasks were bought", n)
					}
					w.checkIDs()
				})
			})
		}
	}
}

// filesWith lists the files below the batch that hold a text.
func (w *world) filesWith(text string) (found []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".hcl" {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	return found
}

// A request that is known late may be that of an earlier task which runs. If that fails,
// the run goes on as after any failure.
func TestARequestThatIsKnownLateHasItsEarlierTaskThatRuns(t *testing.T) {
	for _, c := range []struct {
		marker                         string
		bought, attempts               int
		done, failed, skipped, retried int
	}{
		{"[sim:latency=100s]", 4, 1, 3, 0, 0, 0},
		{"[sim:latency=100s][sim:fail=NSFW]", 3, 1, 1, 1, 1, 0},
		{"[sim:latency=100s][sim:fail=Timeout,times=1]", 5, 2, 3, 0, 0, 0},
		{"[sim:latency=100s][sim:fail=Timeout]", 5, 3, 1, 1, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, image("b", "nano-banana", "B1"), simulator.Config{Seed: 3})
			w.mustApply()
			change := image("b", "nano-banana", c.marker+" B2")
			w.write(change)
			w.cut(20*time.Second, plan.Options{})
			second := w.record("task.b").TaskID
			w.write(image("b", "nano-banana", "B1"))
			w.cut(10*time.Second, plan.Options{})
			late := strings.Replace(change, ` B2"`, ` B${task.c.urls[0] == "" ? 1 : 2}"`, 1)
			w.write(image("c", "nano-banana", "C") + late + after("d", "b"))
			s := w.mustApply()
			r := w.record("task.b")
			if !r.Remembers(second) || r.Attempt != c.attempts {
				t.Errorf("%s: %+v", c.marker, r)
			}
			if s.Done != c.done || len(s.Failed) != c.failed || len(s.Skipped) != c.skipped || s.Retried != c.retried {
				t.Errorf("%s: %+v", c.marker, s)
			}
			if n := w.accepted(); n != c.bought {
				t.Errorf("%s: %d tasks were bought", c.marker, n)
			}
			w.checkIDs()
		})
	}
}
