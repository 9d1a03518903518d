package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/state"
	"apixo-batch/state/disk/disktest"
)

var diskOps = flag.String("disk-ops", "", `"all" lets every operation of a failing disk fail, with every kind of power loss after it; otherwise some do, with one kind each`)

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

// wire is the network of a process. When the process is gone nothing leaves it
// any more, and no answer reaches it.
type wire struct {
	t       *testing.T
	next    http.RoundTripper
	disk    *disktest.Disk
	journal string
	gone    context.CancelFunc

	posts sync.Map // prompt to how many POSTs, *atomic.Int64
}

var errGone = errors.New("the process is gone")

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		w.checkIntent(r)
	}
	if w.disk.Crashed() {
		w.gone()
		return nil, errGone
	}
	if taskID, ok := fileOf(r.URL.Path); ok {
		return serveResult(r, taskID), nil
	}
	answer, err := w.next.RoundTrip(r)
	if err == nil && w.disk.Crashed() {
		answer.Body.Close()
		w.gone()
		return nil, errGone
	}
	return answer, err
}

// fileOf gives the task of a result's URL.
func fileOf(path string) (taskID string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/files/")
	taskID, _, _ = strings.Cut(rest, "/")
	return taskID, ok
}

// serveResult answers with the result of a task, in two parts. The simulator
// would draw a picture, and that takes longer than all the rest.
func serveResult(r *http.Request, taskID string) *http.Response {
	content := resultOf(taskID)
	half := len(content) / 2
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, ContentLength: int64(len(content)), Header: http.Header{"Content-Type": {"image/png"}},
		Body: io.NopCloser(io.MultiReader(strings.NewReader(content[:half]), strings.NewReader(content[half:]))),
	}
}

func resultOf(taskID string) string {
	return "\x89PNG\r\n\x1a\n" + strings.Repeat(taskID+"\n", 50)
}

// checkIntent holds a POST against what a power loss would leave of the journal:
// each has an intent of its own there.
func (w *wire) checkIntent(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var submission struct {
		Input struct {
			Prompt string `json:"prompt"`
		} `json:"input"`
	}
	if err := json.Unmarshal(body, &submission); err != nil || submission.Input.Prompt == "" {
		w.t.Errorf("a POST without a prompt: %s (%v)", body, err)
	}
	counter, _ := w.posts.LoadOrStore(submission.Input.Prompt, new(atomic.Int64))
	posts := counter.(*atomic.Int64).Add(1)
	journal, _ := w.disk.Synced(w.journal)
	var intents int64
	for _, intent := range strings.Split(string(journal), `"status":"submitting"`)[1:] {
		intent, _, _ = strings.Cut(intent, `"fingerprint"`)
		if strings.Contains(intent, `"prompt":"`+submission.Input.Prompt+`"`) {
			intents++
		}
	}
	if intents < posts && !w.disk.Crashed() {
		w.t.Errorf("POST %d of %q has %d intents on the disk", posts, submission.Input.Prompt, intents)
	}
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

// workload is what a run has to do when its disk fails.
type workload struct {
	before    string // a configuration that is applied before, "" for none
	config    string
	instances int
	bought    int // in the end, once each
	stride    int // between the operations at which the process ends
}

// strideOf is how far apart the operations are that the fault hits. Errors are
// the milder faults, and there are more of them.
func (load workload) strideOf(fault disktest.Fault) int {
	switch {
	case *diskOps == "all":
		return 1
	case testing.Short():
		return 20 * load.stride
	case fault.Crashes():
		return load.stride
	default:
		return 3 * load.stride
	}
}

// figures are what the tests with failing disks came to.
type figures struct{ faults, doubts atomic.Int64 }

// failAt lets the fault hit the nth operation of the workload, and the power fail
// afterwards. It reports whether there was such an operation.
func (load workload) failAt(t *testing.T, fault disktest.Fault, n int, loss disktest.Survival, sum *figures) (hit bool) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailingWorld(t, load.config)
		if load.before != "" {
			f.write(load.before)
			if _, err := f.run(); err != nil {
				t.Fatal(err)
			}
			f.write(load.config)
			f.plug(f.dir)
		}
		f.disk.Inject(fault, n, uint64(n), func() { f.wire.gone() })
		f.wire.gone = func() {}
		s, err := f.run()
		if hit = f.disk.Hit() != ""; !hit {
			return
		}
		f.told = fmt.Sprintf("%s at operation %d, %s (%v)", fault, n, f.disk.Hit(), err)
		if !f.disk.Crashed() {
			f.accounted(s, err, load.instances)
		}
		f.lose(loss)
		sum.doubts.Add(int64(f.finish(load.instances, load.bought)))
		sum.faults.Add(1)
		if t.Failed() {
			t.Log(f.told)
		}
	})
	return hit
}

// walk lets every operation of the workload fail in every way.
func (load workload) walk(t *testing.T) {
	var sum figures
	begin := time.Now()
	t.Run("", func(t *testing.T) {
		for fault := disktest.IOError; fault <= disktest.CrashAfter; fault++ {
			t.Run(fault.String(), func(t *testing.T) {
				t.Parallel()
				n, stride := 1, load.strideOf(fault)
				for ; load.fails(t, fault, n, &sum); n += stride {
				}
				t.Logf("about %d operations, looked at every %d", n, stride)
				if n == 1 {
					t.Error("nothing was hit")
				}
			})
		}
	})
	if !t.Failed() {
		t.Logf("%d runs failed or were cut off, each at another operation or with another power loss: no task lost, none bought twice, %d doubts settled, in %s",
			sum.faults.Load(), sum.doubts.Load(), time.Since(begin).Round(time.Millisecond))
	}
}

// fails lets one operation fail, with each power loss or with one in turn.
func (load workload) fails(t *testing.T, fault disktest.Fault, n int, sum *figures) (hit bool) {
	seed := uint64(n)
	losses := []disktest.Survival{
		disktest.OnlySynced(), disktest.AnyOf(seed), disktest.Everything(), disktest.InOrder(seed), disktest.AnyOf(seed + 1000),
	}
	if *diskOps != "all" {
		losses = losses[n/load.strideOf(fault)%len(losses):][:1]
	}
	for _, loss := range losses {
		if !load.failAt(t, fault, n, loss, sum) || t.Failed() {
			return false
		}
	}
	return true
}

// One file-system operation of a run of 20 tasks fails, or is the last of the
// process, and then the power fails. Nothing is lost and nothing paid twice.
func TestWhateverTheDiskDoesNothingPaidIsLost(t *testing.T) {
	workload{config: prompts(20, "parallelism = 8"), instances: 20, bought: 20, stride: diskStride}.walk(t)
}

// The results of one task go into the requests of others.
func TestWhateverTheDiskDoesAChainGoesOn(t *testing.T) {
	workload{config: `
task "still" {
  for_each = toset(["cat", "dog", "gnu"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "a ${each.key}", aspect_ratio = "1:1" }
}
task "clip" {
  for_each = task.still
  model    = "veo-3-1"
  input    = { mode = "fast", prompt = "push in on ${each.key}", image_urls = [each.value.urls[0]] }
}
`, instances: 6, bought: 6, stride: 5 * diskStride}.walk(t)
}

// Requests have changed: the older files are renamed before the new ones take
// their names, and are kept.
func TestWhateverTheDiskDoesOlderResultsAreKept(t *testing.T) {
	config := prompts(5, "")
	workload{
		before: config, config: strings.ReplaceAll(config, "a harbour", "a pier"),
		instances: 5, bought: 10, stride: 5 * diskStride,
	}.walk(t)
}

// Where the directory of a file depends on what it turns out to be, it is
// downloaded into another one.
func TestWhateverTheDiskDoesFilesReachTheirDirectory(t *testing.T) {
	workload{
		config:    prompts(5, `output = "out/${result.ext}/${self.key}-${result.index}.${result.ext}"`),
		instances: 5, bought: 5, stride: 5 * diskStride,
	}.walk(t)
}
