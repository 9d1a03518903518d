package runner_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// What webhooks name for earlier submits of an instance that goes on with another.

// nameOffline has a delivery name a task while no run is on.
func (w *world) nameOffline(nonce, id string) {
	w.t.Helper()
	store := w.open()
	hooks := runner.New(runner.Options{Store: store, CallbackURL: callbackURL}).Webhooks()
	answer := httptest.NewRecorder()
	hooks.ServeHTTP(answer, httptest.NewRequest("POST", "/"+nonce, strings.NewReader(ended(id))))
	if answer.Code != 200 {
		w.t.Errorf("answered %d", answer.Code)
	}
	must(w.t, store.Close())
}

// settleOffline records that a submit was accepted as a task.
func (w *world) settleOffline(nonce, id string) {
	w.t.Helper()
	store := w.open()
	_, _, err := runner.SettleLate(store, runner.Late{Nonce: nonce, TaskID: id, By: "me"})
	must(w.t, err)
	must(w.t, store.Close())
}

// A task runs longer than it is waited for, and one of an earlier submit is named or
// runs as well. Each is asked for a few times, and the run ends.
func TestRunEndsWhileEarlierTasksRun(t *testing.T) {
	for _, how := range []string{"download", "resume", "apply"} {
		for _, earlier := range []string{"named", "settled"} {
			t.Run(how+" "+earlier, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newListeningWorld(t, "batch {\n on_in_doubt = \"resubmit\"\n}\n"+
						patient("a", "[sim:drop,times=1][sim:webhook=lost][sim:latency=6h] a pier", "5m"), simulator.Config{Seed: 70})
					w.mustApply()
					past, first := w.record("task.a").Past[0], w.first("pier")
					if earlier == "named" {
						w.nameOffline(past.Nonce, first)
					} else {
						w.settleOffline(past.Nonce, first)
					}
					ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
					defer cancel()
					calls, ofFirst := 0, 0
					w.answer(func(r *http.Request, _ []byte) (int, []byte) {
						if isStatusCall(r) {
							if calls++; calls > 1000 {
								cancel()
							}
							if strings.Contains(r.URL.RawQuery, first) {
								ofFirst++
							}
						}
						return 0, nil
					})
					_, err := w.applyPlan(ctx, plan.Options{Download: how == "download", Resume: how == "resume"},
						func(o *runner.Options) { o.AskOnce = how == "download" })
					if err != nil || ofFirst == 0 || calls > 100 || how == "download" && calls > 4 {
						t.Errorf("%v after %d calls, %d of them about the earlier task", err, calls, ofFirst)
					}
				})
			})
		}
	}
}

// A delivery names the task of an earlier submit while the one that followed runs, which
// then fails for good. The earlier one is the instance's, and collected in this run.
func TestEarlierTaskIsCollectedWhereItsSuccessorFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, patient("a", "[sim:accepted504-envelope,times=1][sim:webhook=lost][sim:latency=100s][sim:fail=CONTENT_VIOLATION] a pier", "5m")+
			patient("b", "[sim:latency=900s] a quay", "30m"), simulator.Config{Seed: 70})
		s := w.while(func() {
			r := w.until("task.a", state.Running)
			time.Sleep(10 * time.Second)
			if got := w.hooks.deliver(r.Past[0].Nonce, ended(w.first("pier"))); got != 200 {
				t.Errorf("answered %d", got)
			}
		})
		if r := w.record("task.a"); r.Status != state.Failed || r.TaskID != w.first("pier") || len(s.Running) != 0 || len(s.Failed) != 1 {
			t.Errorf("it is %s with task %s: %+v", r.Status, r.TaskID, s)
		}
		w.check()
	})
}

// The URLs of an earlier task come a minute after its success.
func TestEarlierResultIsFetchedOnceItHasURLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=late] a pier", "")+patient("b", "[sim:latency=1500s] a quay", "30m"), simulator.Config{Seed: 70})
		var since time.Time
		w.answer(func(r *http.Request, body []byte) (int, []byte) {
			if !isStatusCall(r) || !strings.Contains(r.URL.RawQuery, w.first("pier")) {
				return 0, nil
			}
			if since.IsZero() {
				since = time.Now()
			}
			if time.Since(since) >= time.Minute {
				return 0, nil
			}
			return 200, withData(t, body, func(d map[string]any) {
				if d["state"] == "success" {
					d["resultJson"] = `{"resultUrls":[]}`
				}
			})
		})
		w.mustListen()
		w.mustApply()
		if past := w.record("task.a").Past; len(past) != 1 || past[0].TaskID == "" || len(past[0].Artifacts) != 1 {
			t.Errorf("the past is %+v", past)
		}
	})
}

// failing answers no request for a file while fail says so.
type failing struct {
	next http.RoundTripper
	fail func() bool
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.fail() {
		return nil, fmt.Errorf("no route")
	}
	return f.next.RoundTrip(r)
}

// files counts those in the world's directory that results are saved in.
func (w *world) files() (names []string) {
	w.t.Helper()
	must(w.t, filepath.WalkDir(w.dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(p, ".jpg") {
			names = append(names, filepath.Base(p))
		}
		return err
	}))
	return names
}

// One request for a file fails, or a few: the others are kept, none is saved twice, and
// the summary does not say that all is done while one is missing.
func TestFilesOfAnEarlierTaskAreEachSavedOnce(t *testing.T) {
	for _, failures := range []int{1, 6} {
		synctest.Test(t, func(t *testing.T) {
			config := "batch {\n on_in_doubt = \"resubmit\"\n}\n" + image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost][sim:results=3] a pier")
			w := newListeningWorld(t, config, simulator.Config{Seed: 70})
			w.mustApply()
			before := len(w.files())
			w.nameOffline(w.record("task.a").Past[0].Nonce, w.first("pier"))
			n := 0
			s, err := w.apply(t.Context(), func(o *runner.Options) {
				o.Files = failing{w.local.Transport(), func() bool { n++; return n > 2 && n <= 2+failures }}
			})
			p := w.record("task.a").Past[0]
			if failures == 1 && (err != nil || len(p.Artifacts) != 3 || len(s.Undelivered) != 0) || failures > 1 && (len(p.Artifacts) != 2 || s.Done != 0 || len(s.Undelivered) != 1) {
				t.Errorf("%d failures: %v, %d are on disk, %+v", failures, err, len(p.Artifacts), s)
			}
			w.mustApply()
			if p := w.record("task.a").Past[0]; len(p.Artifacts) != 3 || len(w.files()) != before+3 {
				t.Errorf("%d failures: then %+v of %q", failures, p.Artifacts, w.files())
			}
		})
	}
}

// A file of an earlier task got its name, and the process was killed before that was
// recorded: the next run takes it for its own.
func TestFileOfAnEarlierTaskThatWasNotRecordedIsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=lost] a pier", ""), simulator.Config{Seed: 70})
		w.mustApply()
		w.nameOffline(w.record("task.a").Past[0].Nonce, w.first("pier"))
		left := t.TempDir()
		must(t, os.CopyFS(left, os.DirFS(w.dir)))
		w.mustApply()
		saved := w.record("task.a").Past[0].Artifacts[0].Path
		text := w.get(saved)
		w.dir = left
		w.put(saved, text)
		n := len(w.files())
		w.mustApply()
		if p := w.record("task.a").Past[0]; len(p.Artifacts) != 1 || p.Artifacts[0].Path != saved || len(w.files()) != n {
			t.Errorf("saved as %+v of %q", p.Artifacts, w.files())
		}
	})
}

// An earlier task that the API does not know is lost after ten minutes, as any other.
func TestEarlierTaskThatTheAPIForgotIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=lost] a pier", ""), simulator.Config{Seed: 70})
		w.mustApply()
		w.settleOffline(w.record("task.a").Past[0].Nonce, "gone")
		time.Sleep(240 * time.Hour)
		s := w.mustApply()
		if took := s.Ended.Sub(s.Started); took > 15*time.Minute {
			t.Errorf("it took %s", took)
		}
		if p := w.record("task.a").Past[0]; p.Status != state.Failed || p.Failure.Code != "404" {
			t.Errorf("the past is %+v", p)
		}
		if asks, _ := w.waitsFor(); asks {
			t.Error("every run asks for it")
		}
	})
}

// The key is refused when what was named is asked for, or an earlier task.
func TestKeyThatIsRefusedAboutAnEarlierTaskEndsTheRun(t *testing.T) {
	for _, how := range []string{"named", "settled"} {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, resubmitting("[sim:drop,times=1][sim:webhook=lost] a pier", ""), simulator.Config{Seed: 70})
			w.mustApply()
			if past := w.record("task.a").Past[0]; how == "named" {
				w.nameOffline(past.Nonce, w.first("pier"))
			} else {
				w.settleOffline(past.Nonce, w.first("pier"))
			}
			w.answer(func(*http.Request, []byte) (int, []byte) {
				return 401, []byte(`{"code":401,"message":"Invalid key","data":null}`)
			})
			if s, err := w.apply(t.Context(), nil); err == nil {
				t.Errorf("%s: %+v", how, s)
			}
		})
	}
}
