package runner_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
	"apixo-batch/state/disk/disktest"
)

// failingWorld is a world whose disk fails, and whose process may end.
type failingWorld struct {
	*world
	disk *disktest.Disk
	wire *wire
	told string // what happened, for messages
}

func newFailingWorld(t *testing.T, config string) *failingWorld {
	t.Helper()
	f := &failingWorld{world: newWorld(t, config, simulator.Config{Seed: 7})}
	f.put("out/notes.txt", "not ours")
	f.plug(f.dir)
	return f
}

// plug puts a disk with what is in the directory in the place of the old one,
// and connects a new process.
func (f *failingWorld) plug(dir string) {
	f.t.Helper()
	d, err := disktest.New(dir)
	if err != nil {
		f.t.Fatal(err)
	}
	f.disk, f.world.disk, f.dir = d, d, dir
	f.wire = &wire{t: f.t, next: f.local.Transport(), disk: d, journal: state.PathsFor(f.statePath()).Journal}
	f.transport = f.wire
	f.api = f.client(testKey)
}

// run is apply on the failing disk.
func (f *failingWorld) run() (runner.Summary, error) {
	f.t.Helper()
	store, err := state.Open(f.statePath(), state.OpenOptions{Operation: "test", Tool: "test", Disk: f.disk})
	if err != nil {
		return runner.Summary{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f.wire.gone = cancel
	config, p := f.plan(store, plan.Options{})
	s, err := runner.New(runner.Options{
		API: f.api, Store: store, Files: f.wire, Dir: f.dir, Disk: f.disk, Catalog: config.Catalog, Run: "run",
		Parallelism: config.Settings.Parallelism, MaxRetryWait: config.Settings.MaxRetryWait,
		Errored: []string{filepath.Join(f.dir, "errored.jsonl")},
	}).Run(ctx, p)
	return s, errors.Join(err, store.Close())
}

// accounted holds the API's ledger against what is known after a run that the
// process survived: by the state, or by the run's error.
func (f *failingWorld) accounted(s runner.Summary, err error, instances int) {
	f.t.Helper()
	known := f.knownIDs()
	if broken, ok := errors.AsType[*runner.StateError](err); ok {
		for _, task := range broken.Unrecorded {
			known[task.TaskID] = true
		}
	}
	for _, a := range f.sim.Ledger() {
		if !known[a.TaskID] {
			f.t.Errorf("task %s is neither in the state nor in the error: %v", a.TaskID, err)
		}
	}
	if listed := s.Done + len(s.Failed) + len(s.Skipped) + len(s.Running) + len(s.Undelivered) + len(s.InDoubt) + len(s.Left); err == nil && listed != instances {
		f.t.Errorf("the run tells of %d instances and no error: %+v", listed, s)
	}
}

// knownIDs are the task IDs in the state, if there is one.
func (f *failingWorld) knownIDs() map[string]bool {
	f.t.Helper()
	known := make(map[string]bool)
	contents, err := state.Read(f.statePath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.t.Error(err)
	}
	if err == nil {
		for _, r := range contents.Records {
			known[r.TaskID] = true
			for _, past := range r.Past {
				known[past.TaskID] = true
			}
		}
	}
	return known
}

// lose replaces the disk by what a power loss leaves of it. What is recorded is
// there.
func (f *failingWorld) lose(loss disktest.Survival) {
	f.t.Helper()
	dir := f.t.TempDir()
	if err := f.disk.Survive(dir, loss); err != nil {
		f.t.Fatal(err)
	}
	f.told += ", " + loss.String()
	f.plug(dir)
	if _, err := os.Stat(state.PathsFor(f.statePath()).Journal); err == nil {
		f.hold()
	} else if n := len(f.sim.Ledger()); n > 0 {
		f.t.Errorf("%d tasks were bought and there is no state", n)
	}
}

// hold holds the state and every file that it knows of against the API.
func (f *failingWorld) hold() {
	f.t.Helper()
	f.check()
	for _, r := range f.contents().Records {
		f.holdFiles(r.TaskID, r.Artifacts)
		for _, past := range r.Past {
			f.holdFiles(past.TaskID, past.Artifacts)
		}
	}
	if got := f.get("out/notes.txt"); got != "not ours" {
		f.t.Errorf("a file of somebody else says %q", got)
	}
}

func (f *failingWorld) holdFiles(taskID string, saved []state.Artifact) {
	f.t.Helper()
	for _, artifact := range saved {
		got, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(artifact.Path)))
		if err != nil || string(got) != resultOf(taskID) {
			f.t.Errorf("%s does not hold the result of %s but %.40q (%v)", artifact.Path, taskID, got, err)
		}
	}
}

// finish runs until nothing is left to do, a person settling the doubts, and
// holds that everything was bought and saved once.
func (f *failingWorld) finish(instances, bought int) (doubts int) {
	f.t.Helper()
	for range 5 {
		s, err := f.run()
		if err != nil {
			f.t.Errorf("the next run says %v", err)
			return doubts
		}
		if settled := f.settleDoubts(); settled > 0 {
			doubts += settled
			continue
		}
		if len(s.Failed)+len(s.Left)+len(s.Running)+len(s.Undelivered) == 0 {
			break
		}
	}
	f.hold()
	done := 0
	for _, r := range f.contents().Records {
		if r.Status == state.Succeeded && r.Complete() {
			done++
		}
	}
	if n := len(f.sim.Ledger()); n != bought || done != instances {
		f.t.Errorf("%d tasks were bought, want %d; %d instances are done, want %d", n, bought, done, instances)
	}
	f.tidy()
	return doubts
}

// tidy finds what is left over beside the state and what its records account for.
func (f *failingWorld) tidy() {
	f.t.Helper()
	paths := state.PathsFor(f.statePath())
	known := map[string]bool{
		"jobs.hcl": true, "out/notes.txt": true, "errored.jsonl": true,
		filepath.Base(paths.Snapshot): true, filepath.Base(paths.Journal): true, filepath.Base(paths.Backup): true,
	}
	for _, r := range f.contents().Records {
		for _, a := range r.Artifacts {
			known[a.Path] = true
		}
		for _, past := range r.Past {
			for _, a := range past.Artifacts {
				known[a.Path] = true
			}
		}
	}
	err := filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(f.dir, path)
		if err == nil && !entry.IsDir() && !known[filepath.ToSlash(rel)] {
			f.t.Errorf("%s is left over", rel)
		}
		return err
	})
	if err != nil {
		f.t.Error(err)
	}
}
