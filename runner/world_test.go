package runner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/apixo"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
	"apixo-batch/state/disk/disktest"
)

// world is one directory, one state and one simulated API. It is made inside a
// synctest bubble, so that its time is virtual; everything else in it is real.
type world struct {
	t     *testing.T
	dir   string
	sim   *simulator.Simulator
	local *simulator.Local
	// transport leads to the simulator.
	transport http.RoundTripper
	api       *apixo.Client
	// disk is where the state is written.
	disk disk.FS
	// hooks lead webhooks to the run; nil without them.
	hooks  *hooks
	runner atomic.Pointer[runner.Runner] // of the latest apply
	// events are those of all applies.
	events []runner.Event
}

const testKey = "sk-canary-7c1f0d9e5b"

func newWorld(t *testing.T, config string, c simulator.Config) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), disk: disktest.Unsynced}
	c.APIKey, c.Thumbnails = testKey, true
	var err error
	if w.sim, err = simulator.New(c); err != nil {
		t.Fatal(err)
	}
	w.local = simulator.Serve(w.sim)
	w.transport = w.local.Transport()
	t.Cleanup(func() { w.local.Close(); w.sim.Close() })
	w.api = w.client(testKey)
	w.write(config)
	return w
}

func (w *world) client(key string) *apixo.Client {
	w.t.Helper()
	secret, err := apixo.ParseKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	api, err := apixo.New(apixo.Options{BaseURL: "http://127.0.0.1", Key: secret, HTTP: w.transport, UserAgent: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return api
}

func (w *world) write(config string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) statePath() string { return filepath.Join(w.dir, "jobs.state.json") }

func (w *world) open() *state.Store {
	w.t.Helper()
	store, err := state.Open(w.statePath(), state.OpenOptions{Operation: "test", Tool: "test", Disk: w.disk})
	if err != nil {
		w.t.Fatal(err)
	}
	return store
}

func (w *world) plan(store *state.Store, opts plan.Options) (*spec.Spec, *plan.Plan) {
	w.t.Helper()
	s, diags := spec.Load(filepath.Join(w.dir, "jobs.hcl"), spec.LoadOptions{Catalog: catalog.Default()})
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	opts.Mask = func(plain string) string { return fmt.Sprintf("%s%x", task.MaskPrefix, sha256.Sum256([]byte(plain))) }
	p, err := plan.Make(s, store.Outline().Records, opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, p
}

// apply does what the command of that name does, between the prompt and the
// summary. adjust may be nil.
func (w *world) apply(ctx context.Context, adjust func(*runner.Options)) (runner.Summary, error) {
	w.t.Helper()
	return w.applyPlan(ctx, plan.Options{}, adjust)
}

func (w *world) applyPlan(ctx context.Context, opts plan.Options, adjust func(*runner.Options)) (s runner.Summary, err error) {
	w.t.Helper()
	store := w.open()
	defer func() {
		switch closed := store.Close(); {
		case closed == nil || errors.Is(err, runner.ErrState):
		case errors.Is(closed, syscall.ENOSPC): // it filled up at the last write of all
			err = errors.Join(err, closed)
		default:
			w.t.Error(closed)
		}
	}()
	config, p := w.plan(store, opts)
	options := runner.Options{
		API: w.api, Store: store, Files: w.local.Transport(), Dir: config.Dir, Disk: disktest.Unsynced, Catalog: config.Catalog, Run: "run",
		Parallelism: config.Settings.Parallelism, MaxRetryWait: config.Settings.MaxRetryWait, Halt: runner.Halt{Equal: 10},
		Observe: func(e runner.Event) { w.events = append(w.events, e) },
	}
	if config.Settings.HasBudget {
		options.Budget = &config.Settings.Budget
	}
	if adjust != nil {
		adjust(&options)
	}
	r := runner.New(options)
	w.runner.Store(r)
	if w.hooks != nil {
		w.hooks.lead(r.Webhooks())
		defer w.hooks.lead(nil)
	}
	return r.Run(ctx, p)
}

func (w *world) mustApply() runner.Summary {
	w.t.Helper()
	summary, err := w.apply(context.Background(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return summary
}

func (w *world) contents() *state.Contents {
	w.t.Helper()
	contents, err := state.Read(w.statePath())
	if err != nil {
		w.t.Fatal(err)
	}
	return contents
}

func (w *world) record(address string) state.Record {
	w.t.Helper()
	for _, r := range w.contents().Records {
		if r.Address.String() == address {
			return r
		}
	}
	w.t.Fatalf("%s is not in the state", address)
	return state.Record{}
}

// check holds the state against the simulator's ledger, which knows nothing of
// it: no task ID lost, nothing paid twice in silence, every result on disk.
func (w *world) check() {
	w.t.Helper()
	contents := w.contents()
	known := make(map[string]state.Record) // by task ID
	doubts := make(map[string]int)         // by input: submits that may have been accepted
	failures := make(map[string]int)       // by input: tasks that ended, and allowed a successor
	for _, r := range contents.Records {
		key := r.Request.Model + "\n" + string(r.Request.Input)
		if r.TaskID != "" {
			known[r.TaskID] = r
		}
		if r.Status == state.InDoubt || r.Status == state.Submitting {
			doubts[key]++
		}
		for _, past := range r.Past {
			if past.TaskID != "" {
				known[past.TaskID] = r
				failures[key]++
			} else if past.Status != state.Pending { // not settled as not charged
				doubts[key]++
			}
		}
	}
	accepted := make(map[string]int)
	unknown := make(map[string]int)
	var spent task.Cost
	for _, a := range w.sim.Ledger() {
		key := a.Model + "\n" + string(a.Input)
		accepted[key]++
		if _, ok := known[a.TaskID]; !ok {
			unknown[key]++
		} else {
			spent += task.Cost(a.CostMicros)
		}
		delete(known, a.TaskID)
	}
	for id, r := range known {
		w.t.Errorf("%s has task %s, which the API never gave out", r.Address, id)
	}
	for key, n := range unknown {
		if n > doubts[key] {
			w.t.Errorf("%d accepted tasks are unaccounted for, with %d doubts: %s", n, doubts[key], key)
		}
	}
	for key, n := range accepted {
		if most := 1 + failures[key] + doubts[key]; n > most {
			w.t.Errorf("accepted %d times, which the state explains %d times: %s", n, most, key)
		}
	}
	var charged task.Cost
	for _, s := range contents.Spends {
		if !s.ChargedAt.IsZero() && s.ReleasedAt.IsZero() {
			charged += s.Cost
		}
	}
	if charged != spent {
		w.t.Errorf("the ledger of the state says %s for the known tasks, the API's says %s", charged, spent)
	}
	if n := w.sim.Stats().AuthorizedFileRequests; n > 0 {
		w.t.Errorf("%d requests for files carried the key", n)
	}
}

// checkIDs is check for configurations in which one input may be asked for more
// than once: no task ID of the API's ledger may be missing without a doubt.
func (w *world) checkIDs() {
	w.t.Helper()
	known, doubts := make(map[string]bool), 0
	for _, r := range w.contents().Records {
		if known[r.TaskID] = true; r.Status == state.InDoubt || r.Status == state.Submitting {
			doubts++
		}
		for _, past := range r.Past {
			if known[past.TaskID] = true; past.TaskID == "" && past.Status != state.Pending {
				doubts++
			}
		}
	}
	var missing []string
	for _, a := range w.sim.Ledger() {
		if !known[a.TaskID] {
			missing = append(missing, a.TaskID)
		}
	}
	if len(missing) > doubts {
		w.t.Errorf("%d tasks are missing, with %d doubts: %v", len(missing), doubts, missing)
	}
}

// checkFiles holds every recorded file against the bytes that the simulator
// makes for its task.
func (w *world) checkFiles() {
	w.t.Helper()
	for _, r := range w.contents().Records {
		w.checkArtifacts(r)
	}
}

func (w *world) checkArtifacts(r state.Record) {
	w.t.Helper()
	for _, artifact := range r.Artifacts {
		got, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(artifact.Path)))
		if err != nil {
			w.t.Errorf("%s: %v", r.Address, err)
			continue
		}
		_, want, err := simulator.ResultFile(r.TaskID, artifact.Index)
		if err != nil || !bytes.Equal(got, want) {
			w.t.Errorf("%s: %s does not hold the result of %s (%v)", r.Address, artifact.Path, r.TaskID, err)
		}
	}
}

// settleDoubts does what a person would: the API's ledger says which of the
// doubtful submits were accepted.
func (w *world) settleDoubts() (settled int) {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	have := make(map[string]bool)
	for _, r := range store.Records() {
		have[r.TaskID] = true
		for _, past := range r.Past {
			have[past.TaskID] = true
		}
	}
	for _, r := range store.Records() {
		if r.Status != state.InDoubt {
			continue
		}
		settled++
		if err := w.settleDoubt(store, r, have); err != nil {
			w.t.Fatal(err)
		}
	}
	return settled
}

func (w *world) settleDoubt(store *state.Store, r state.Record, have map[string]bool) error {
	for _, a := range w.sim.Ledger() {
		if string(a.Input) == string(r.Request.Input) && a.Model == r.Request.Model && !have[a.TaskID] {
			have[a.TaskID] = true
			return w.confirm(store, r.Address, a.TaskID)
		}
	}
	return runner.ResolveNotCharged(store, r.Address, "tester@test")
}

// confirm tries until the simulator's faults let the question through, ever more
// seldom: a limit that it keeps hitting would never end.
func (w *world) confirm(store *state.Store, a task.Address, taskID string) (err error) {
	for tries := range time.Duration(100) {
		if err = w.resolveTaskID(store, a, taskID); err == nil {
			return nil
		}
		time.Sleep((tries + 1) * time.Second)
	}
	return err
}

// resolveTaskID finds a task and settles a doubt with it.
func (w *world) resolveTaskID(store *state.Store, a task.Address, taskID string) error {
	found, err := runner.FindTask(context.Background(), w.api, nil, store, a, taskID)
	if err != nil {
		return err
	}
	return runner.ResolveTaskID(store, found, "tester@test")
}

func (w *world) wantFile(path string) {
	w.t.Helper()
	if info, err := os.Stat(filepath.Join(w.dir, path)); err != nil || info.Size() == 0 {
		w.t.Errorf("%s: %v", path, err)
	}
}

func isInterrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// prompts writes a configuration of n image tasks.
func prompts(n int, batch string) string {
	return fmt.Sprintf(`
batch {
  %s
}
task "shot" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "a harbour, view ${count.index}", aspect_ratio = "1:1" }
}
`, batch, n)
}

func (w *world) remove(path string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, path)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) put(path, text string) {
	w.t.Helper()
	full := filepath.Join(w.dir, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(path string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}
