package runner_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
)

// What a name holds: submits, money, and the sums of a run.

// slowDisk takes its time to make the journal durable.
type slowDisk struct {
	disk.FS
	sync time.Duration
}

type slowFile struct {
	disk.File
	sync time.Duration
}

func (s slowDisk) OpenFile(name string, flag int, perm os.FileMode) (disk.File, error) {
	f, err := s.FS.OpenFile(name, flag, perm)
	if err != nil || !strings.Contains(name, "journal") {
		return f, err
	}
	return slowFile{f, s.sync}, nil
}

func (f slowFile) SyncData() error {
	time.Sleep(f.sync)
	return f.File.SyncData()
}

// A delivery is answered with 200 while an intent is about to be written: whatever the
// moment, the submit does not leave after that.
func TestNothingIsSubmittedAfterANameWasAnswered(t *testing.T) {
	for at := time.Duration(0); at <= 160*time.Millisecond; at += 5 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=4][sim:webhook=lost][sim:latency=5s] a pier"), simulator.Config{Seed: 70})
			w.mustApply()
			r, before := w.record("task.a"), len(w.sim.Ledger())
			time.Sleep(time.Hour)
			w.disk = slowDisk{disk.OS, 40 * time.Millisecond}
			var answered time.Time
			done, first := make(chan bool), true
			w.answer(func(*http.Request, []byte) (int, []byte) {
				if first {
					first = false
					go func() {
						defer close(done)
						time.Sleep(at)
						if got := w.hooks.deliver(r.Past[0].Nonce, ended(w.sim.Ledger()[0].TaskID)); got == 200 {
							answered = time.Now()
						}
					}()
				}
				return 0, nil
			})
			w.mustListen()
			<-done
			if l := w.sim.Ledger(); len(l) > before && answered.Before(l[before].Time) {
				t.Errorf("named after %s: answered at %s, and bought at %s", at, answered, l[before].Time)
			}
		})
	}
}

// The prompt was edited after a 5xx. The task of the old one is named after the plan was
// made: it is nobody's result, and what uses the instance is bought once, with the new.
func TestTaskOfAnEarlierPromptIsNotTheResultOfTheNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:accepted504-envelope,times=4][sim:webhook=lost][sim:latency=5s] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		r, first := w.record("task.a"), w.sim.Ledger()[0].TaskID
		time.Sleep(time.Hour)
		w.write("batch {\n parallelism = 1\n}\n" + image("a", "nano-banana", "a quay") +
			"task \"d\" {\n  model = \"nano-banana\"\n  input = { mode = \"image-to-image\", prompt = \"of a\", image_urls = task.a.urls }\n}\n")
		named := false
		w.answer(func(*http.Request, []byte) (int, []byte) {
			if !named { // the balance is read before the first submit
				named = true
				w.hooks.deliver(r.Past[0].Nonce, ended(first))
			}
			return 0, nil
		})
		s := w.mustListen()
		if got := w.record("task.a"); s.Done != 2 || got.TaskID == first || !got.Remembers(first) {
			t.Errorf("task %s, past %+v: %+v", got.TaskID, got.Past, s)
		}
		if past := w.record("task.a").Past; len(past[0].Artifacts) != 1 {
			t.Errorf("the earlier task's file is not saved: %+v", past[0])
		}
		if s := w.mustListen(); s.Accepted != 0 || w.bought("quay") != 1 || w.bought("of a") != 1 {
			t.Errorf("then bought %d and %d times: %+v", w.bought("quay"), w.bought("of a"), s)
		}
	})
}

// The API names a task for a submit, and refuses the submit. What it may have charged
// counts, so the budget has no room for another.
func TestRefusalAfterANameGivesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := "batch {\n parallelism = 1\n}\n" + image("a", "nano-banana", "[sim:latency=1s] a pier")
		for _, name := range []string{"b", "c"} {
			config += image(name, "nano-banana", "[sim:latency=1s] "+name)
		}
		w := newListeningWorld(t, config, simulator.Config{Seed: 70})
		budget := task.Cost(60_000)
		refused := false
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if r.Method != http.MethodPost || refused || w.bought("pier") != 1 {
				return 0, nil
			}
			refused = true
			for _, s := range w.contents().Spends {
				if s.TaskID == "" && w.hooks.deliver(s.Nonce, ended(w.first("pier"))) != 200 {
					t.Error("not taken")
				}
			}
			return 429, []byte(`{"code":429,"message":"slow down","data":null}`)
		})
		s, err := w.apply(t.Context(), func(o *runner.Options) { listening(o); o.Budget = &budget })
		if c := w.contents().Committed(); c > budget || !refused {
			t.Errorf("%s committed, the budget is %s: %v, %+v", c, budget, err, s)
		}
	})
}

// A submit is named, and in doubt for that, before the API confirms its task: it counts
// once, as what it is in the end.
func TestSummaryCountsASubmitOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, patient("a", "[sim:accepted504-envelope,times=1][sim:webhook=lost][sim:latency=20s] a pier", "3m")+
			patient("b", "[sim:latency=1700s] a quay", "30m"), simulator.Config{Seed: 70})
		began, down := time.Now(), "nobody"
		w.answer(func(r *http.Request, _ []byte) (int, []byte) {
			if isStatusCall(r) && strings.Contains(r.URL.RawQuery, down) && time.Since(began) < 8*time.Minute {
				return 500, broken
			}
			return 0, nil
		})
		s := w.while(func() {
			r := w.until("task.a", state.Pending)
			down = w.first("pier")
			time.Sleep(25 * time.Second)
			w.hooks.deliver(r.Nonce, ended(down))
		})
		if s.Done != 2 || s.Accepted != 2 || s.Spent != 60_000 || s.SpentLow != 60_000 || s.After5xx != 0 || s.Reserved != 0 || s.Repeated != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A submit was refused by an earlier run and accepted all the same. It is named once its
// repeat has taken its place in the record.
func TestTaskOfARefusedSubmitIsItsInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:latency=20s][sim:webhook=lost] a pier"), simulator.Config{Seed: 70})
		r, first := w.interruptRefused(), w.first("pier")
		w.while(func() {
			w.until("task.a", state.Running)
			time.Sleep(time.Second)
			w.hooks.deliver(r.Nonce, ended(first))
		})
		w.mustApply()
		w.mustApply()
		if got := w.record("task.a"); !got.Remembers(first) || len(got.Past) != 1 || len(got.Past[0].Artifacts) != 1 {
			t.Errorf("its past is %+v", got.Past)
		}
		w.check()
	})
}

// An instance that failed for good is in doubt for a name nobody confirms. Once a person
// settles that, it is what it was.
func TestNotChargedRestoresAFailureForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:http=503,times=1][sim:fail=CONTENT_VIOLATION] a pier"), simulator.Config{Seed: 70})
		w.mustApply()
		before := w.record("task.a")
		w.nameOffline(before.Past[0].Nonce, "task_forged")
		w.mustApply()
		store := w.open()
		must(t, runner.ResolveNotCharged(store, task.Address{Name: "a"}, "me"))
		if _, p := w.plan(store, plan.Options{}); p.Actions[0].Kind.Pays() {
			t.Errorf("it would be bought again: %s", p.Actions[0].Detail)
		}
		must(t, store.Close())
		if r := w.record("task.a"); r.Status != state.Failed || r.TaskID != before.TaskID || *r.Failure != *before.Failure {
			t.Errorf("it is %s with task %s", r.Status, r.TaskID)
		}
	})
}

// What a forged name took back is given back by settling the doubt, whichever submit the
// name was for.
func TestNotChargedGivesBackWhatANameHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, image("a", "nano-banana", "[sim:drop-unaccepted,times=2] a pier"), simulator.Config{Seed: 70})
		earlier := w.notCharged()
		w.mustApply()
		w.nameOffline(earlier, "task_forged")
		if c := w.contents().Committed(); c != 60_000 {
			t.Errorf("%s is committed", c)
		}
		store := w.open()
		must(t, runner.ResolveNotCharged(store, task.Address{Name: "a"}, "me"))
		must(t, store.Close())
		if c := w.contents().Committed(); c != 0 {
			t.Errorf("%s stays committed, and no command gives it back", c)
		}
	})
}

// A status answer about an earlier task quotes the prompt, which is sensitive.
func TestSensitiveInputIsNotInWhatAnEarlierTaskTells(t *testing.T) {
	for _, edited := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const secret, prompt = "canary-5f7712", "[sim:drop,times=1][sim:webhook=lost] canary-5f7712"
			config := func(prompt, ratio string) string {
				return "batch {\n on_in_doubt = \"resubmit\"\n}\ntask \"a\" {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = sensitive(\"" +
					prompt + "\"), aspect_ratio = \"" + ratio + "\" }\n}\n"
			}
			w := newListeningWorld(t, config(prompt, "1:1"), simulator.Config{Seed: 70})
			w.mustApply()
			if edited {
				w.write(config("a quay", "16:9"))
			}
			w.answer(func(r *http.Request, body []byte) (int, []byte) {
				if !isStatusCall(r) || !strings.Contains(r.URL.RawQuery, w.sim.Ledger()[0].TaskID) {
					return 0, nil
				}
				return 200, withData(t, body, func(d map[string]any) {
					d["state"], d["failCode"], d["failMsg"] = "failed", "CONTENT_VIOLATION", "your prompt \""+prompt+"\" violates"
					delete(d, "resultJson")
				})
			})
			w.nameOffline(w.record("task.a").Past[0].Nonce, w.sim.Ledger()[0].TaskID)
			w.mustApply()
			if p := w.record("task.a").Past[0]; p.Status != state.Failed || p.Failure.Code != "CONTENT_VIOLATION" {
				t.Errorf("the past is %+v", p)
			}
			must(t, filepath.WalkDir(w.dir, func(p string, d fs.DirEntry, err error) error {
				if d.IsDir() || !strings.Contains(p, "state") {
					return err
				}
				if text, err := os.ReadFile(p); err != nil || strings.Contains(string(text), secret) {
					t.Errorf("edited %v: %s holds the input, %v", edited, filepath.Base(p), err)
				}
				return err
			}))
			for _, e := range w.events {
				if strings.Contains(e.Detail, secret) {
					t.Errorf("edited %v: told: %s", edited, e.Detail)
				}
			}
		})
	}
}

// Forged names, which the API does not know, keep the true one out for a minute only:
// then its repetition takes the place of one.
func TestForgedNamesMakeRoomForTheTrueOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListeningWorld(t, "batch {\n on_in_doubt = \"hold\"\n}\n"+image("a", "nano-banana", "[sim:drop,times=1][sim:webhook=lost][sim:latency=20s] a pier")+
			patient("b", "[sim:latency=900s] a quay", "30m"), simulator.Config{Seed: 70})
		var first, then int
		s := w.while(func() {
			r := w.until("task.a", state.InDoubt)
			for _, forged := range []string{"f1", "f2", "f3", "f4"} {
				w.hooks.deliver(r.Nonce, ended(forged))
			}
			time.Sleep(30 * time.Second)
			first = w.hooks.deliver(r.Nonce, ended(w.first("pier")))
			time.Sleep(2 * time.Minute)
			then = w.hooks.deliver(r.Nonce, ended(w.first("pier")))
		})
		if first != 503 || then != 200 || s.Done != 2 || s.Accepted != 2 {
			t.Errorf("answered with %d, then %d: %+v", first, then, s)
		}
		w.check()
	})
}
