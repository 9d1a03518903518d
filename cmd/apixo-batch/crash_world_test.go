//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apixo-batch/runner/simulator"
)

// crashWorld is a customer that has the result of an earlier request of
// task.edited on disk, and the configuration that every crash begins with. Each
// crash goes on from a copy of it.
type crashWorld struct {
	bank   *bank
	origin *customer
	ledger string // of origin
	tasks  int    // of the configuration
}

const crashJobs = `
batch {
  parallelism = 1
  budget      = 5.00
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
task "edited" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a harbour at %s", aspect_ratio = "1:1" }
}
`

// chainedJobs are a plain task and one that uses its result; otherJobs take the
// other ways through the submit protocol. All tasks go one at a time, so that the
// steps come in nearly the same order in each run.
const chainedJobs = `
task "plain" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a harbour", aspect_ratio = "1:1" }
}
task "chained" {
  model = "flux-kontext"
  input = { mode = "pro", prompt = "the same at night", image_urls = [task.plain.urls[0]], aspect_ratio = "1:1" }
}
`

const otherJobs = `
task "limited" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a ship [sim:http=429,times=1]", aspect_ratio = "1:1" }
}
task "repeated" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a quay [sim:http=500,times=1]", aspect_ratio = "1:1" }
}
task "failing" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a crane [sim:fail=Timeout,times=1]", aspect_ratio = "1:1" }
}
`

// plain is the task that another uses.
const plain = "task.plain"

func newCrashWorld(t *testing.T, more string) *crashWorld {
	t.Helper()
	w := &crashWorld{bank: newBank(t, 1), ledger: filepath.Join(t.TempDir(), "ledger.jsonl")}
	w.origin = w.bank.open(t, simulator.Config{Speed: 200, LedgerFile: w.ledger})
	w.origin.write(t, "jobs.hcl", fmt.Sprintf(crashJobs, "dawn"))
	if code, output := w.origin.finish(t); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, output)
	}
	w.origin.write(t, "jobs.hcl", fmt.Sprintf(crashJobs, "dusk")+more)
	w.tasks = 1 + strings.Count(more, "task \"")
	return w
}

// copy opens a customer that is where the origin is.
func (w *crashWorld) copy(t *testing.T) *customer {
	t.Helper()
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	copyFile(t, w.ledger, ledger)
	a := w.bank.open(t, simulator.Config{Speed: 200, LedgerFile: ledger})
	walk(t, w.origin.dir, func(path string) {
		name, err := filepath.Rel(w.origin.dir, path)
		if err != nil {
			t.Fatal(err)
		}
		copyFile(t, path, filepath.Join(a.dir, name))
	})
	return a
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700))
	if err = errors.Join(err, os.WriteFile(to, text, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// passed lets a run come to its end and lists the steps that it passed.
func (a *customer) passed(t *testing.T) (steps []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "steps")
	cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
	cmd.Env = append(cmd.Env, logSteps+"="+log)
	output, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitDone && code != exitDoubt {
		t.Fatalf("%v\n%s", err, output)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// killedAt runs apply until it is killed at a step. It returns false if the run
// came to its end before.
func (a *customer) killedAt(t *testing.T, at string) bool {
	t.Helper()
	cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
	cmd.Env = append(cmd.Env, killAt+"="+at)
	output, err := cmd.CombinedOutput()
	switch cmd.ProcessState.ExitCode() {
	case -1:
		return true
	case exitDone, exitDoubt, exitAgain:
		return false
	default:
		t.Fatalf("%v\n%s", err, output)
		return false
	}
}

// recover lets the customer come to its end after a crash, and judges that. cut
// are the tasks whose submit was cut off.
func (w *crashWorld) recover(t *testing.T, a *customer, cut []string) {
	t.Helper()
	code, output := a.finish(t)
	j := a.judge(t)
	want := exitDone
	if len(cut) > 0 {
		want = exitDoubt
	}
	if code != want || !slices.Equal(j.doubts, cut) {
		t.Errorf("exit code %d and doubts %q, want %d and %q\n%s", code, j.doubts, want, cut, output)
	}
	if t.Failed() {
		t.Log(output)
	}
	waiting := 0 // tasks that use the result of one in doubt
	if slices.Contains(cut, plain) {
		waiting = 1
	}
	if done := j.succeeded + len(j.doubts) + waiting; done != w.tasks {
		t.Errorf("%d of %d tasks are accounted for\n%s", done, w.tasks, output)
	}
}

// submitsOnDisk are the tasks that the files of the state leave as submitting.
// They are read here as plain JSON, and not by the code that is being tested.
func submitsOnDisk(t *testing.T, dir string) (submitting []string) {
	t.Helper()
	type record struct{ Address, Status string }
	status := make(map[string]string)
	var snapshot struct{ Records []record }
	if text, err := os.ReadFile(filepath.Join(dir, "jobs.state.json")); err == nil {
		if err := json.Unmarshal(text, &snapshot); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range snapshot.Records {
		status[r.Address] = r.Status
	}
	journal, err := os.ReadFile(filepath.Join(dir, "jobs.state.journal"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(journal) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // cut off
		}
		var batch struct {
			Put  []record
			Also []struct{ Put []record } // committed by the same write
		}
		if err := json.Unmarshal(line, &batch); err != nil {
			t.Fatal(err)
		}
		for _, also := range batch.Also {
			batch.Put = append(batch.Put, also.Put...)
		}
		for _, r := range batch.Put {
			status[r.Address] = r.Status
		}
	}
	for address, s := range status {
		if s == "submitting" {
			submitting = append(submitting, address)
		}
	}
	slices.Sort(submitting)
	return submitting
}
