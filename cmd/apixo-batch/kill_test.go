package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

var kills = flag.Int("kills", 6, "how often TestKill ends apply with SIGKILL")

// killTasks are two chained blocks of two models, so that a kill finds tasks in
// every step. The polls are quick because the simulated tasks are.
const killTasks = `
batch {
  parallelism = 24
  poll {
    first    = "60ms"
    interval = "40ms"
  }
}
task "still" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "a harbour, view ${count.index}", aspect_ratio = "1:1" }
}
task "other" {
  model    = "flux-kontext"
  for_each = task.still
  input    = { mode = "pro", prompt = "from ${each.key}", image_urls = [each.value.urls[0]], aspect_ratio = "1:1" }
}
`

// Real processes, a real socket and real SIGKILLs at random moments: the
// simulator's ledger, in a process of its own, says what was paid for. The kills
// are spread over rounds, each with a new directory and a new account.
func TestKill(t *testing.T) {
	for killed, round := 0, 1; killed < *kills; round++ {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
			done := killRound(t, min(10, *kills-killed))
			killed += done
			t.Logf("killed %d times", done)
		})
		if t.Failed() || round > *kills {
			t.Fatalf("stopped after %d kills in %d rounds", killed, round)
		}
	}
}

// killRound applies one configuration, ends apply up to most times, and lets it
// come to its end.
func killRound(t *testing.T, most int) (killed int) {
	dir := t.TempDir()
	config := fmt.Appendf(nil, killTasks, 30+15*most)
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	ledger := filepath.Join(dir, "ledger.jsonl")
	baseURL := simulatorProcess(t, "-ledger="+ledger, "-speed=100", fmt.Sprint("-seed=", rand.Uint32()),
		"-faults=429=2%,500=1%,504=1%,drop=0.5%,fail=3%")
	apply := func() *exec.Cmd { return command(t, dir, baseURL, "apply", "-auto-approve", "jobs.hcl") }
	for killed < most && killAtRandom(t, apply()) {
		killed++
	}
	for range 20 {
		cmd := apply()
		output, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		switch cmd.ProcessState.ExitCode() {
		case 0, 3, 6:
			judge(t, dir, ledger)
			return killed
		case 4:
		default:
			t.Fatalf("apply ended with %v\n%s", err, output)
		}
	}
	t.Fatal("apply does not come to an end")
	return killed
}

// command is this test binary, run as apixo-batch.
func command(t *testing.T, dir, baseURL string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"apixo-batch"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "APIXO_BASE_URL="+baseURL, "APIXO_API_KEY=sk-canary-kill")
	return cmd
}

func simulatorProcess(t *testing.T, args ...string) (baseURL string) {
	t.Helper()
	cmd := command(t, t.TempDir(), "", append([]string{"simulator"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	baseURL, found := strings.CutPrefix(strings.TrimSpace(line), "APIXO_BASE_URL=")
	if err != nil || !found {
		t.Fatalf("the simulator began with %q, %v", line, err)
	}
	return baseURL
}

// killAtRandom starts a command and ends it with SIGKILL. It returns false if
// the command was quicker.
func killAtRandom(t *testing.T, cmd *exec.Cmd) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		return false
	case <-time.After(50*time.Millisecond + rand.N(900*time.Millisecond)): // a real process lives in real time
	}
	cmd.Process.Kill()
	<-ended
	return true
}

// judge holds the state against the ledger: no task ID lost, nothing accepted
// twice but what the state knows of, every success on disk, the key nowhere.
func judge(t *testing.T, dir, ledger string) {
	t.Helper()
	contents, err := state.Read(filepath.Join(dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	explained := make(map[string]int) // by input: accepted submits that the state knows or doubts
	doubts := make(map[string]int)
	succeeded := 0
	for _, r := range contents.Records {
		input := r.Request.Model + string(r.Request.Input)
		explained[input]++
		if known[r.TaskID] = true; r.TaskID == "" {
			doubts[input]++
		}
		for _, past := range r.Past {
			explained[input]++
			if known[past.TaskID] = true; past.TaskID == "" {
				doubts[input]++
			}
		}
		if r.Status == state.Running || r.Status == state.Submitting {
			t.Errorf("%s is left %s", r.Address, r.Status)
		}
		if r.Status == state.Succeeded {
			succeeded++
			judgeFiles(t, dir, r)
		}
	}
	accepted := make(map[string]int)
	for _, a := range readLedger(t, ledger) {
		input := a.Model + string(a.Input)
		accepted[input]++
		if !known[a.TaskID] {
			doubts[input]--
		}
		if accepted[input] > explained[input] {
			t.Errorf("accepted %d times, which the state explains %d times: %s", accepted[input], explained[input], input)
		}
		if doubts[input] < 0 {
			t.Errorf("task %s is lost: %s", a.TaskID, input)
		}
	}
	if succeeded == 0 {
		t.Error("nothing succeeded")
	}
	refuteKey(t, dir, "sk-canary-kill")
}

func judgeFiles(t *testing.T, dir string, r state.Record) {
	t.Helper()
	if !r.Complete() {
		t.Errorf("%s has %d of %d files", r.Address, len(r.Artifacts), len(r.Result.URLs))
	}
	for _, a := range r.Artifacts {
		got, err := os.ReadFile(filepath.Join(dir, a.Path))
		_, want, _ := simulator.ResultFile(r.TaskID, a.Index)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s does not hold the result of %s: %v", a.Path, r.TaskID, err)
		}
	}
}

func readLedger(t *testing.T, path string) (accepted []simulator.Accepted) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var a simulator.Accepted
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, a)
	}
	return accepted
}

// refuteKey looks for the key in every file that a run left.
func refuteKey(t *testing.T, dir, key string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(key)) {
			t.Errorf("the key is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
