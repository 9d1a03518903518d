package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
	"apixo-batch/state/disk/disktest"
)

// fullDisk has no room left for the files whose names contain one of some texts,
// from the moment that it is full. before is told of every write to such a file.
type fullDisk struct {
	disk.FS
	names  []string
	full   atomic.Bool
	before func(written []byte)
}

func newFullDisk(names ...string) *fullDisk { return &fullDisk{FS: disktest.Unsynced, names: names} }

func (d *fullDisk) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	for _, part := range d.names {
		if !strings.Contains(name, part) {
			continue
		}
		if d.full.Load() && flag&os.O_CREATE != 0 {
			return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
		}
		file, err := d.FS.OpenFile(name, flag, perm)
		if err != nil {
			return nil, err
		}
		return &fullFile{file, d}, nil
	}
	return d.FS.OpenFile(name, flag, perm)
}

type fullFile struct {
	disk.File
	disk *fullDisk
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.disk.before != nil {
		f.disk.before(b)
	}
	if f.disk.full.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.Write(b)
}

// gate lets requests by, and counts and holds the POSTs.
type gate struct {
	http.RoundTripper
	posts  atomic.Int64
	onPost func(n int64)
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		n := g.posts.Add(1)
		if g.onPost != nil {
			g.onPost(n)
		}
	}
	return g.RoundTripper.RoundTrip(r)
}

// applyTo is apply with errored files.
func (w *world) applyTo(places ...string) (runner.Summary, error) {
	w.t.Helper()
	return w.apply(context.Background(), func(o *runner.Options) { o.Errored = places })
}

func TestUnwritableStateStopsSubmittingAndCollectsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(30, "parallelism = 6"), simulator.Config{Seed: 60, Latency: &simulator.Latency{Min: time.Minute, Max: 2 * time.Minute}})
		full := newFullDisk(".journal")
		w.disk = full
		g := &gate{RoundTripper: w.transport}
		g.onPost = func(n int64) {
			if full.full.Load() {
				t.Errorf("POST %d was sent after the disk was full", n)
			}
		}
		w.transport = g
		w.api = w.client(testKey)
		broke := time.AfterFunc(90*time.Second, func() { full.full.Store(true) })
		defer broke.Stop()
		s, err := w.applyTo(filepath.Join(w.dir, "jobs.state.errored-run.jsonl"))
		var broken *runner.StateError
		if !errors.As(err, &broken) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("error: %v", err)
		}
		if s.Stop != task.Halted || len(s.Left) == 0 || len(s.Running) > 0 || len(s.Undelivered) > 0 {
			t.Errorf("stop %q, left %d, running %d, undelivered %d", s.Stop, len(s.Left), len(s.Running), len(s.Undelivered))
		}
		if accepted := len(w.sim.Ledger()); s.Done != accepted {
			t.Errorf("%d of the %d accepted tasks are done", s.Done, accepted)
		}
		// The disk has room again: nothing is bought twice, and files are adopted.
		full.full.Store(false)
		g.onPost = nil
		again := w.mustApply()
		if len(again.Failed)+len(again.InDoubt) > 0 {
			t.Errorf("the next run: failed %v, in doubt %v", again.Failed, again.InDoubt)
		}
		if n := len(w.sim.Ledger()); n != 30 {
			t.Errorf("%d tasks were bought for 30 instances", n)
		}
		w.check()
		w.checkFiles()
	})
}

// A task that is accepted while the state breaks is told of, kept elsewhere, and
// taken back by its nonce.
func TestTaskThatCouldNotBeRecordedIsTakenBack(t *testing.T) {
	for _, beside := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, prompts(8, "parallelism = 8"), simulator.Config{Seed: 61})
			full := newFullDisk(".journal")
			w.disk = full
			g := &gate{RoundTripper: w.transport}
			g.onPost = func(n int64) {
				if n == 8 {
					full.full.Store(true)
				}
			}
			w.transport = g
			w.api = w.client(testKey)
			first, second := filepath.Join(w.dir, "first.jsonl"), filepath.Join(t.TempDir(), "second.jsonl")
			want := first
			if !beside { // a file of that name is somebody else's
				w.put("first.jsonl", "")
				want = second
			}
			s, err := w.applyTo(first, second)
			var broken *runner.StateError
			if !errors.As(err, &broken) || len(broken.Unrecorded) == 0 {
				t.Fatalf("error: %v", err)
			}
			if s.Accepted != 8 || s.Done != 8 {
				t.Errorf("accepted %d, done %d", s.Accepted, s.Done)
			}
			told := 0
			for _, e := range w.events {
				if e.Kind == runner.Unrecorded {
					told++
				}
			}
			if told != len(broken.Unrecorded) {
				t.Errorf("%d were told of at once, of %d", told, len(broken.Unrecorded))
			}
			for _, u := range broken.Unrecorded {
				if u.File != want || !strings.Contains(err.Error(), u.TaskID) {
					t.Errorf("%s is in %q, and the error says %v", u.TaskID, u.File, err)
				}
			}
			info, err := os.Stat(want)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("others can read it: %v", mode)
			}
			full.full.Store(false)
			w.takeBack(want, len(broken.Unrecorded), runner.LateRunning)
			w.takeBack(want, len(broken.Unrecorded), runner.LateKnown)
			if s := w.mustApply(); s.Accepted != 0 || len(s.InDoubt) != 0 {
				t.Errorf("the next run: %+v", s)
			}
			w.check()
			w.checkFiles()
		})
	}
}

// takeBack settles every line of an errored file.
func (w *world) takeBack(path string, lines int, want runner.LateOutcome) {
	w.t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	read, err := runner.ReadErrored(bytes.NewReader(file))
	if err != nil || len(read) != lines {
		w.t.Fatalf("%d lines, want %d: %v", len(read), lines, err)
	}
	store := w.open()
	defer store.Close()
	for _, line := range read {
		if line.Err != nil || line.Task.Lineage != store.Header().Lineage || line.Task.State != store.Path() {
			w.t.Errorf("line %d: %+v, %v", line.Number, line.Task, line.Err)
		}
		got, address, err := runner.SettleLate(store, runner.Late{Nonce: line.Task.Nonce, TaskID: line.Task.TaskID, At: line.Task.At, By: "tester@test"})
		if err != nil || got != want || address != line.Task.Address {
			w.t.Errorf("%s: %s, %v, want %s", address, got, err, want)
		}
		if spend, _ := store.Spend(line.Task.Nonce); spend.Settled == nil || spend.Settled.How != "late_answer" || spend.ChargedAt.IsZero() {
			w.t.Errorf("the ledger says %+v", spend)
		}
	}
}

func TestNoPlaceAtAllStillNamesTheTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 62})
		full := newFullDisk(".journal")
		w.disk = full
		w.transport = &gate{RoundTripper: w.transport, onPost: func(int64) { full.full.Store(true) }}
		w.api = w.client(testKey)
		_, err := w.applyTo(filepath.Join(w.dir, "no", "such", "directory.jsonl"))
		var broken *runner.StateError
		if !errors.As(err, &broken) || len(broken.Unrecorded) != 1 || broken.Unrecorded[0].File != "" || !strings.Contains(err.Error(), broken.Unrecorded[0].TaskID) {
			t.Fatalf("error: %v", err)
		}
		w.wantFile("out/shot/0-0.jpg")
	})
}

// A place that fills up in its turn is left for the next one.
func TestErroredFileThatFailsIsLeftForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 63})
		full := newFullDisk(".journal", "first")
		w.disk = full
		w.transport = &gate{RoundTripper: w.transport, onPost: func(int64) { full.full.Store(true) }}
		w.api = w.client(testKey)
		second := filepath.Join(t.TempDir(), "second.jsonl")
		_, err := w.apply(context.Background(), func(o *runner.Options) {
			o.Disk, o.Errored = full, []string{filepath.Join(w.dir, "first.jsonl"), second}
		})
		var broken *runner.StateError
		if !errors.As(err, &broken) || len(broken.Unrecorded) != 1 || broken.Unrecorded[0].File != second {
			t.Fatalf("error: %v", err)
		}
	})
}

func TestIntentThatCannotBeWrittenIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(5, ""), simulator.Config{Seed: 64})
		full := newFullDisk(".journal")
		full.before = func(b []byte) { full.full.Store(full.full.Load() || isIntent(b)) }
		w.disk = full
		s, err := w.applyTo()
		var broken *runner.StateError
		if !errors.As(err, &broken) || len(broken.Unsent) == 0 || len(s.Left) != 5 {
			t.Errorf("left %d, error: %v", len(s.Left), err)
		}
		if n := w.sim.Stats().Submits; n != 0 {
			t.Errorf("%d submits were sent", n)
		}
	})
}

// What could not be written may be the intent of a submit that follows a doubt or
// a failure. The state then still has what may have been charged, and what is
// called unsent is not that.
func TestUnwrittenIntentOfASuccessorDoesNotStandForWhatCameBefore(t *testing.T) {
	for _, test := range []struct {
		name, config string
		left         state.Status
	}{
		{"a doubt that is given up", resubmitting("[sim:drop,times=1] a pier", ""), state.InDoubt},
		{"a failure that is retried", image("a", "nano-banana", "[sim:fail=Timeout,times=1] a pier"), state.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.config, simulator.Config{Seed: 70})
				full, intents := newFullDisk(".journal"), 0
				full.before = func(b []byte) {
					if isIntent(b) {
						intents++
					}
					if intents == 2 {
						full.full.Store(true)
					}
				}
				w.disk = full
				_, err := w.applyTo(filepath.Join(w.dir, "x.jsonl"))
				var broken *runner.StateError
				if !errors.As(err, &broken) || len(broken.Unsent) != 1 {
					t.Fatalf("error: %v", err)
				}
				full.before = nil
				full.full.Store(false)
				r := w.record("task.a")
				if r.Status != test.left || r.Nonce == broken.Unsent[0].Nonce {
					t.Errorf("%s by submit %s, and submit %s is called unsent", r.Status, r.Nonce, broken.Unsent[0].Nonce)
				}
				if committed := w.contents().Committed(); committed != 30_000 {
					t.Errorf("%s is committed for what was accepted", committed)
				}
			})
		})
	}
}

// The task ID is in a file before anything is told: whoever is told may hang, and
// a person who ends the program then must know of the submit until it is there.
func TestTaskIsKeptElsewhereBeforeAnybodyIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 65})
		full := newFullDisk(".journal")
		w.disk = full
		w.transport = &gate{RoundTripper: w.transport, onPost: func(int64) { full.full.Store(true) }}
		w.api = w.client(testKey)
		place := filepath.Join(w.dir, "x.jsonl")
		store := w.open()
		defer store.Close()
		config, p := w.plan(store, plan.Options{})
		var run *runner.Runner
		elsewhere, told := newFullDisk("x.jsonl"), false
		elsewhere.before = func([]byte) {
			if n := run.OpenSubmits(); n != 1 {
				t.Errorf("%d submits are open while the task ID is in memory only", n)
			}
		}
		run = runner.New(runner.Options{
			API: w.api, Store: store, Files: w.local.Transport(), Dir: config.Dir, Catalog: config.Catalog, Run: "run",
			Parallelism: config.Settings.Parallelism, MaxRetryWait: config.Settings.MaxRetryWait, Disk: elsewhere, Errored: []string{place},
			Observe: func(e runner.Event) {
				if e.Kind == runner.Started { // nothing is accepted yet
					return
				}
				told = told || e.Kind == runner.Unrecorded
				if kept, err := os.ReadFile(place); err != nil || !bytes.Contains(kept, []byte(w.sim.Ledger()[0].TaskID)) {
					t.Errorf("%s was told before it was kept: %q, %v", e.Kind, kept, err)
				}
				if n := run.OpenSubmits(); n != 0 {
					t.Errorf("%d submits are open, and it is kept", n)
				}
			},
		})
		if _, err := run.Run(context.Background(), p); !errors.Is(err, runner.ErrState) || !told {
			t.Errorf("told: %t, error: %v", told, err)
		}
	})
}

func isIntent(line []byte) bool { return bytes.Contains(line, []byte(`"op":"submitting"`)) }

// A refusal that cannot be recorded is named: the next run takes it for a doubt.
func TestRefusalThatCannotBeRecordedIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:http=400] a pier"), simulator.Config{Seed: 65})
		full := newFullDisk(".journal")
		w.disk = full
		w.transport = &gate{RoundTripper: w.transport, onPost: func(int64) { full.full.Store(true) }}
		w.api = w.client(testKey)
		s, err := w.applyTo()
		var broken *runner.StateError
		if !errors.As(err, &broken) || len(broken.Unsent) != 1 || broken.Unsent[0].Address.String() != "task.a" || len(s.Failed) != 1 {
			t.Fatalf("summary %+v, error: %v", s, err)
		}
		full.full.Store(false)
		store := w.open()
		defer store.Close()
		if r, _ := store.Record(broken.Unsent[0].Address); r.Status != state.InDoubt || r.Nonce != broken.Unsent[0].Nonce {
			t.Errorf("its status is %s", r.Status)
		}
	})
}

// An interruption between the intent and the POST takes the intent back.
func TestIntentIsTakenBackIfTheRunEndsBeforeThePOST(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 66})
		ctx, cancel := context.WithCancel(context.Background())
		watched := newFullDisk(".journal")
		w.disk = watched
		watched.before = func(b []byte) {
			if isIntent(b) {
				cancel()
			}
		}
		s, err := w.apply(ctx, nil)
		if !isInterrupted(err) || len(s.Left) != 1 || len(s.InDoubt) != 0 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if n := w.sim.Stats().Submits; n != 0 {
			t.Errorf("%d submits were sent", n)
		}
		r := w.record("task.shot[0]")
		if r.Status != state.Pending || r.Nonce == "" || w.contents().Committed() != 0 {
			t.Errorf("the record is %s, with %s committed", r.Status, w.contents().Committed())
		}
	})
}

// The disk fills up at a random write of every run, until all is done. Every
// accepted task is in the state or in an errored file, and nothing is bought twice.
func TestDisksThatFillUpAgainAndAgainLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 60
		w := newWorld(t, prompts(n, "parallelism = 5\n timeout = \"10m\""), simulator.Config{Seed: rand.Uint64(), Latency: &simulator.Latency{Min: time.Minute, Max: 3 * time.Minute}})
		full := newFullDisk(".journal")
		w.disk = full
		spare := t.TempDir()
		broke, taken := 0, 0
		for run := range 200 {
			writes, at := 0, 3+rand.IntN(60)
			full.before = func([]byte) {
				if writes++; writes == at {
					full.full.Store(true)
				}
			}
			errored := filepath.Join(spare, fmt.Sprintf("%d.jsonl", run))
			s, err := w.applyTo(errored)
			full.before = nil
			full.full.Store(false)
			if err == nil && len(s.Left) == 0 {
				break
			}
			broken, _ := errors.AsType[*runner.StateError](err)
			if broken == nil && errors.Is(err, syscall.ENOSPC) && len(s.Left) == 0 {
				broken = new(runner.StateError) // all was recorded when the disk filled up
			}
			if broken == nil {
				t.Fatalf("run %d: %+v, %v", run, s, err)
			}
			broke++
			if u := len(broken.Unrecorded); u > 0 {
				taken += u
				w.takeBack(errored, u, runner.LateRunning)
			}
			w.check()
			w.settleUnsent(broken.Unsent)
		}
		if broke < 5 {
			t.Errorf("the disk was full in %d runs only", broke)
		}
		if got := len(w.sim.Ledger()); got != n {
			t.Errorf("%d tasks were bought for %d instances", got, n)
		}
		for _, r := range w.contents().Records {
			if r.Status != state.Succeeded || !r.Complete() {
				t.Errorf("%s ended as %s", r.Address, r.Status)
			}
		}
		w.check()
		w.checkFiles()
		t.Logf("the disk was full in %d runs; %d tasks were taken back", broke, taken)
	})
}

// settleUnsent settles what a run says was not sent, where that is in doubt; no
// other doubt may be left.
func (w *world) settleUnsent(unsent []runner.UnsentSubmit) {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	for _, r := range store.Records() {
		if r.Status != state.InDoubt {
			continue
		}
		if !slices.Contains(unsent, runner.UnsentSubmit{Address: r.Address, Nonce: r.Nonce}) {
			w.t.Errorf("%s is in doubt, and the run did not say so", r.Address)
		}
		must(w.t, runner.ResolveNotCharged(store, r.Address, "tester@test"))
	}
}
