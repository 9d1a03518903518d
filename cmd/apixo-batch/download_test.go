package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// A result whose URLs are dead is asked for once more, and then called expired:
// with what was paid for it and the command that buys it again. It is not bought,
// and every later download says the same.
func TestDownloadOfADeadURLAsksOnceAndThenSaysExpired(t *testing.T) {
	t.Parallel()
	var api atomic.Pointer[simulator.Simulator]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Load().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	serve := func(lifetime time.Duration) *simulator.Simulator {
		sim, err := simulator.New(simulator.Config{Seed: 7, Speed: 50, URLLifetime: lifetime})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { sim.Close() })
		api.Store(sim)
		return sim
	}
	dir := t.TempDir()
	config := `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cat", aspect_ratio = "1:1" }
  poll {
    first    = "100ms"
    interval = "50ms"
  }
}`
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := command(t, dir, server.URL, args...)
		output, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("%s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, output)
		}
		return strings.Join(strings.Fields(string(output)), " ")
	}
	serve(0)
	run(exitDone, "apply", "-auto-approve", "jobs.hcl")
	agedResult(t, filepath.Join(dir, "jobs.state.json"), 30*time.Hour)
	if err := os.Remove(filepath.Join(dir, "out", "still", "still-0.jpg")); err != nil {
		t.Fatal(err)
	}

	sim := serve(time.Nanosecond)
	for try := range 2 {
		text := run(exitFailed, "download", "jobs.hcl")
		for _, want := range []string{"expired", "-replace='task.still' buys it again"} {
			if !strings.Contains(text, want) {
				t.Errorf("download %d does not say %q: %s", try, want, text)
			}
		}
		if stats := sim.Stats(); stats.Polls != 1 || stats.Submits != 0 {
			t.Errorf("after download %d: %d status calls, %d submits", try, stats.Polls, stats.Submits)
		}
	}
	for _, command := range []string{"show", "status"} {
		if text := run(exitDone, command, "jobs.hcl"); !strings.Contains(text, "expired") {
			t.Errorf("%s: %s", command, text)
		}
	}
	if text := run(exitDone, "show", "jobs.hcl"); !strings.Contains(text, "$0.03 was paid for it") ||
		!strings.Contains(text, "apixo-batch apply -replace=task.still jobs.hcl") {
		t.Errorf("show: %s", text)
	}
	serve(0)
	run(exitDone, "apply", "-auto-approve", "-replace=task.still", "jobs.hcl")
	run(exitDone, "download", "jobs.hcl")
}

// agedResult sets back the time at which the results of a state were received.
func agedResult(t *testing.T, path string, by time.Duration) {
	t.Helper()
	store, err := state.Open(path, state.OpenOptions{Operation: "test", Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	change := state.Change{Op: "aged"}
	for _, r := range store.Records() {
		result := *r.Result
		result.ReceivedAt, result.CompletedAt = result.ReceivedAt.Add(-by), time.Time{}
		r.Result = &result
		change.Put = append(change.Put, r)
	}
	if err := store.Commit(change); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
