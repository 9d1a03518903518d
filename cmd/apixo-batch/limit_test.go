//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// The environment by which a test bounds what the process may use: the largest
// file in bytes, and open files.
const (
	largestFile = "APIXO_TEST_LARGEST_FILE"
	openFiles   = "APIXO_TEST_OPEN_FILES"
)

// limitSelf takes the limits that a test asks for.
func limitSelf() error {
	for name, resource := range map[string]int{largestFile: syscall.RLIMIT_FSIZE, openFiles: syscall.RLIMIT_NOFILE} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err == nil {
			err = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: n, Max: n})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// manyTasks is the count of manyJobs.
const manyTasks = 60

const manyJobs = `
batch {
  parallelism = 200
  poll {
    first    = "40ms"
    interval = "40ms"
  }
}
task "many" {
  model = "nano-banana"
  count = 60
  input = { mode = "text-to-image", prompt = "one of many, ${count.index} [sim:slow=10s]", aspect_ratio = "1:1" }
}
`

// bounded runs apply with little of something. It must not wait for ever.
func (a *customer) bounded(t *testing.T, env string) (code int, output string) {
	t.Helper()
	cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
	cmd.Env = append(cmd.Env, env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(90*time.Second, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer watchdog.Stop()
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String()
}

// recorded are the task IDs of the state.
func (a *customer) recorded(t *testing.T) map[string]bool {
	t.Helper()
	contents, err := state.Read(filepath.Join(a.dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, r := range contents.Records {
		known[r.TaskID] = true
	}
	return known
}

// refuteLoss looks for each accepted task in the state, or else in what the run
// said and wrote about tasks that it could not record.
func (a *customer) refuteLoss(t *testing.T, output string) (unrecorded int) {
	t.Helper()
	known := a.recorded(t)
	for _, accepted := range a.sim.Ledger() {
		if known[accepted.TaskID] {
			continue
		}
		unrecorded++
		if !strings.Contains(output, accepted.TaskID) {
			t.Errorf("task %s is neither in the state nor was it told of", accepted.TaskID)
		}
	}
	return unrecorded
}

// erroredIn are the files in a directory that keep what the state could not take.
func erroredIn(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "jobs.state.errored-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// refuteUnkept looks for each accepted task that is not in the state in the files beside
// that and, where there is no room, in the temporary directory; and leaves none elsewhere.
func (a *customer) refuteUnkept(t *testing.T) {
	t.Helper()
	known := a.recorded(t)
	for _, file := range append(erroredIn(t, a.dir), erroredIn(t, a.temp)...) {
		lines, err := readErrored(file)
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			known[line.Task.TaskID] = true
		}
	}
	for _, accepted := range a.sim.Ledger() {
		if !known[accepted.TaskID] {
			t.Errorf("task %s is neither in the state nor in a file", accepted.TaskID)
		}
	}
	if files := erroredIn(t, a.home); len(files) > 0 {
		t.Errorf("there was room before the home: %q", files)
	}
}

// With 64 open files for the state, connections and results, a run gets through.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", strings.ReplaceAll(manyJobs, "slow=10s", "slow=150s")) // many connections
	code, output := a.bounded(t, openFiles+"=64")
	if code != exitDone {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if n := a.refuteLoss(t, output); n > 0 {
		t.Errorf("%d tasks were not recorded", n)
	}
	if code, output := a.finish(t); code != exitDone {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if j := a.judge(t); j.succeeded != manyTasks || j.accepted != manyTasks {
		t.Errorf("%+v", j)
	}
}

// A file that may not grow any more is like a disk that is full: submitting
// stops, the exit code is that of an error, and no task ID is lost.
func TestNoRoomForTheJournal(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", manyJobs)
	code, output := a.bounded(t, largestFile+"=65536")
	a.judgeFullDisk(t, code, output)
}

func (a *customer) judgeFullDisk(t *testing.T, code int, output string) {
	t.Helper()
	if code != exitError {
		t.Errorf("exit code %d\n%s", code, output)
	}
	accepted := len(a.sim.Ledger())
	if accepted == 0 {
		t.Error("nothing was accepted: the test tests nothing")
	}
	t.Logf("%d tasks were accepted, and %d of them not recorded", accepted, a.refuteLoss(t, output))
	a.refuteUnkept(t)
	if code, output := a.finish(t); code != exitDone && code != exitDoubt {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if j := a.judge(t); j.succeeded+len(j.doubts) != manyTasks {
		t.Errorf("%+v", j)
	}
}

// mountTmpfs mounts a small file system in memory, where that is possible.
func mountTmpfs(t *testing.T, dir, options string) {
	t.Helper()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, output)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	mountTmpfs(t, a.dir, "size=200k")
	a.write(t, "jobs.hcl", manyJobs)
	code, output := a.bounded(t, "")
	exec.Command("mount", "-o", "remount,size=20m", a.dir).Run()
	a.judgeFullDisk(t, code, output)
}

// Where nothing can be written, nothing is bought.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	mountTmpfs(t, a.dir, "size=1m")
	a.write(t, "jobs.hcl", oneJob)
	if err := exec.Command("mount", "-o", "remount,ro", a.dir).Run(); err != nil {
		t.Skip(err)
	}
	code, output := a.bounded(t, "")
	if code != exitError || !strings.Contains(output, "read-only file system") {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if stats := a.sim.Stats(); stats.Submits > 0 {
		t.Errorf("%d submits", stats.Submits)
	}
}
