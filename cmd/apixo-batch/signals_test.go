//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

var mixes = flag.Int("mixes", usually(300, 48), "how many mixes of signals TestSignals sends")

// signalTasks run for 0.6 s and more each, so that a process is busy when a
// signal comes; some answers to submits take a while.
const signalJobs = `
batch {
  parallelism = 10
  poll {
    first    = "60ms"
    interval = "60ms"
  }
}
task "ship" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "ship ${count.index} [sim:latency=60s]${count.index %% 3 == 0 ? "[sim:slow=10s]" : ""}", aspect_ratio = "1:1" }
}
`

func newSignalAccount(t *testing.T, b *bank, tasks int) *customer {
	t.Helper()
	a := b.open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", fmt.Sprintf(signalJobs, tasks))
	return a
}

// signalTasks is how many tasks a round of TestSignals has to get through.
var signalTasks = usually(60, 40)

// INT, TERM, HUP, PIPE and TSTP with CONT in any number, order and distance, sent
// to real processes at any moment. Whatever came, the exit code tells the truth,
// the message names the right next command, and the next run loses nothing.
func TestSignals(t *testing.T) {
	t.Parallel()
	b := newBank(t, rand.Uint64())
	const perRound = 8
	rounds := make([]int, (*mixes+perRound-1)/perRound)
	var mu sync.Mutex
	ends := make(map[string]int)
	each(t, 8, rounds, func(int) string { return "round" }, func(t *testing.T, _ int) {
		a := newSignalAccount(t, b, signalTasks)
		for range perRound {
			end := a.mix(t)
			mu.Lock()
			ends[end]++
			mu.Unlock()
		}
		if code, output := a.finish(t); code != exitDone && code != exitDoubt {
			t.Errorf("apply ended with exit code %d\n%s", code, output)
		}
		if j := a.judge(t); j.succeeded+len(j.doubts) != signalTasks {
			t.Errorf("%d tasks are done and %d in doubt, of %d", j.succeeded, len(j.doubts), signalTasks)
		}
	})
	t.Logf("seed %d: %d mixes: %v", b.seed, len(rounds)*perRound, ends)
}

// mix runs apply and sends it signals. It says how that ended.
func (a *customer) mix(t *testing.T) (end string) {
	t.Helper()
	p := a.start(t)
	begun := rand.N(2) == 0 && p.begins()
	if !begun {
		time.Sleep(rand.N(60 * time.Millisecond)) // a real process lives in real time
	}
	var ending []syscall.Signal
	for n := 1 + rand.N(5); n > 0; n-- {
		s := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGTSTP}[rand.N(5)]
		p.signal(s)
		switch s {
		case syscall.SIGTSTP:
			time.Sleep(rand.N(100 * time.Millisecond))
			p.signal(syscall.SIGCONT)
		case syscall.SIGPIPE:
		default:
			ending = append(ending, s)
		}
		time.Sleep(rand.N(60 * time.Millisecond))
	}
	if len(ending) == 0 {
		ending = append(ending, syscall.SIGTERM)
		p.signal(syscall.SIGTERM)
	}
	p.wait()
	return p.check(t, ending, begun)
}

// process is a running apply.
type process struct {
	*exec.Cmd
	customer       *customer
	stdout, stderr bytes.Buffer
	steps          string // the file with the steps that it passed
}

func (a *customer) process(t *testing.T) *process {
	t.Helper()
	p := &process{
		Cmd: a.command(t, "apply", "-auto-approve", "jobs.hcl"), customer: a,
		steps: filepath.Join(t.TempDir(), "steps"),
	}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.Env = append(p.Env, logSteps+"="+p.steps)
	return p
}

func (a *customer) start(t *testing.T, env ...string) *process {
	t.Helper()
	p := a.process(t)
	p.Env = append(p.Env, env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) signal(s syscall.Signal) { p.Process.Signal(s) }
func (p *process) wait()                   { p.Wait() }

// begins waits until the run has called the API.
func (p *process) begins() bool {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		if passed, err := os.ReadFile(p.steps); err == nil &&
			(bytes.Contains(passed, []byte("submit.begin")) || bytes.Contains(passed, []byte("poll.begin"))) {
			return true
		}
	}
	return false
}

// endingCode is the exit code of a run that a signal ended.
func endingCode(s syscall.Signal) int {
	if s == syscall.SIGINT {
		return exitInterrupted
	}
	return exitTerminated
}

var openSubmits = regexp.MustCompile(`left at once; (\d+) submits? without an answer`)

// check holds what the process said and how it ended against the signals that
// would end one. begun means that the run had begun when the first came.
func (p *process) check(t *testing.T, ending []syscall.Signal, begun bool) (end string) {
	t.Helper()
	stdout, stderr := p.stdout.String(), p.stderr.String()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("after %v (begun: %v): %s\n%s%s", ending, begun, fmt.Sprintf(format, args...), stdout, stderr)
	}
	var codes []int
	for _, s := range ending {
		codes = append(codes, endingCode(s))
	}
	status := p.ProcessState.Sys().(syscall.WaitStatus)
	code := p.ProcessState.ExitCode()
	left := openSubmits.FindStringSubmatch(stderr)
	switch {
	case status.Signaled():
		// Before a run and after it signals have their usual effect.
		early := status.Signal() == syscall.SIGPIPE && !begun // before main
		if !early && !slices.Contains(ending, status.Signal()) || begun && len(ending) == 1 {
			fail("died of %v", status.Signal())
		}
		return "not begun"
	case strings.Contains(stderr, "left at once"):
		open := 0
		if left != nil {
			open, _ = strconv.Atoi(left[1])
		}
		if !slices.Contains(codes, code) || len(ending) < 2 {
			fail("exit code %d", code)
		}
		if cut := submitsOnDisk(t, p.customer.dir); len(cut) > open {
			fail("%d submits are said to be open, and cut off were %q", open, cut)
		}
		return "left at once"
	case strings.Contains(stdout, "Apply interrupted"):
		if !slices.Contains(codes, code) {
			fail("exit code %d", code)
		}
		if !strings.Contains(stderr, "Interrupted: no further submits") {
			fail("it does not say so")
		}
		if next, want := nextCommand(stdout), p.customer.nextCommand(t); next != want {
			fail("it names %q as the next command, want %q", next, want)
		}
		if cut := submitsOnDisk(t, p.customer.dir); len(cut) > 0 {
			fail("%q were cut off", cut)
		}
		return "in good order"
	case len(ending) > 2 && slices.Contains(codes, code):
		return "left without a word" // the third signal does not wait for it
	case code == exitDone || code == exitDoubt || code == exitAgain:
		return "was done"
	default:
		fail("exit code %d", code)
		return "failed"
	}
}

func nextCommand(stdout string) string {
	_, next, _ := strings.Cut(stdout, "Next: ")
	next, _, _ = strings.Cut(next, "\n")
	return next
}

// nextCommand is what goes on from the state: apply while anything declared was
// not submitted, else resume while anything runs or is not on disk.
func (a *customer) nextCommand(t *testing.T) string {
	t.Helper()
	contents, err := state.Read(filepath.Join(a.dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	submitted, open := 0, false
	for _, r := range contents.Records {
		if r.Status != state.Pending {
			submitted++
		}
		open = open || r.Status == state.Running || r.Status == state.Succeeded && !r.Complete()
	}
	switch {
	case submitted < signalTasks:
		return "apixo-batch apply jobs.hcl"
	case open:
		return "apixo-batch resume jobs.hcl"
	default:
		return ""
	}
}

// held starts apply and returns when it has come to a step, where it stays until
// release is called.
func (a *customer) held(t *testing.T, step string) (p *process, release func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "held")
	p = a.start(t, holdAt+"="+step, holdFile+"="+file)
	t.Cleanup(func() { p.Process.Kill() })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		if _, err := os.Lstat(file); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run does not come to %q\n%s%s", step, p.stdout.String(), p.stderr.String())
		}
	}
	return p, func() {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
}

// settles gives a signal time to be heard.
func settles() { time.Sleep(usualPause) }

const usualPause = 150 * time.Millisecond

// What a signal does depends on where the process is.
func TestSignalAtAStep(t *testing.T) {
	t.Parallel()
	b := newBank(t, rand.Uint64())
	type atStep struct {
		name, step string
		signals    []syscall.Signal
		code       int // -1: it dies of the signal
		says       string
		accepted   bool // something was, and is known
	}
	cases := []atStep{
		{"while it opens the state", "before journal.open#1", []syscall.Signal{syscall.SIGTERM}, -1, "", false},
		{"while it plans", "balance.begin#1", []syscall.Signal{syscall.SIGINT}, -1, "", false},
		{"before the first submit", "before trial.create#1", []syscall.Signal{syscall.SIGINT}, exitInterrupted, "no further submits. What is running", false},
		{"while a submit is out", "submit.sent#1", []syscall.Signal{syscall.SIGHUP}, exitTerminated, "so that what is paid for is recorded", true},
		{"while an answer is recorded", "before journal.sync running#1", []syscall.Signal{syscall.SIGTERM}, exitTerminated, "so that what is paid for is recorded", true},
		{"twice while an answer is recorded", "before journal.write running#1", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, exitTerminated, "without an answer, in doubt from now on", false},
		{"quit", "poll.answered#1", []syscall.Signal{syscall.SIGQUIT}, exitTerminated, "goroutine ", true},
	}
	each(t, 4, cases, func(c atStep) string { return c.name }, func(t *testing.T, c atStep) {
		a := newSignalAccount(t, b, 12)
		p, release := a.held(t, c.step)
		for _, s := range c.signals {
			p.signal(s)
			settles()
		}
		if c.code >= 0 && len(c.signals) == 1 {
			release()
		}
		p.wait()
		if code := p.ProcessState.ExitCode(); code != c.code {
			t.Errorf("exit code %d, want %d", code, c.code)
		}
		said := p.stdout.String() + p.stderr.String()
		if !strings.Contains(strings.Join(strings.Fields(said), " "), c.says) {
			t.Errorf("it does not say %q", c.says)
		}
		if strings.Contains(said, a.key) {
			t.Error("the key is in the output")
		}
		if accepted := len(a.sim.Ledger()) > 0; accepted != c.accepted && len(c.signals) == 1 {
			t.Errorf("accepted: %v", accepted)
		}
		if t.Failed() {
			t.Log(said)
		}
		a.finish(t)
		a.judge(t)
	})
}

const oneJob = `
task "one" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "one", aspect_ratio = "1:1" }
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
`

// A run that is over has nothing to interrupt: one signal does not keep it from
// saving its state, and the exit code is what the run came to. A second one is
// heeded, and loses nothing.
func TestSignalWhileTheStateIsSaved(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for signals, want := range []int{exitDone, exitDone, exitTerminated, exitTerminated} {
		t.Run(fmt.Sprint(signals), func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", oneJob)
			p, release := a.held(t, "before snapshot.sync#1")
			for range signals {
				p.signal(syscall.SIGTERM)
				settles()
			}
			if signals < 2 {
				release()
			}
			p.wait()
			if code := p.ProcessState.ExitCode(); code != want {
				t.Errorf("exit code %d, want %d\n%s%s", code, want, p.stdout.String(), p.stderr.String())
			}
			if strings.Contains(p.stderr.String(), "Interrupted") {
				t.Error("it says that the run was interrupted")
			}
			_, err := os.Stat(filepath.Join(a.dir, "jobs.state.json"))
			if saved := err == nil; saved != (signals < 2) {
				t.Errorf("there is a snapshot: %v", saved)
			}
			if code, output := a.finish(t); code != exitDone {
				t.Errorf("exit code %d\n%s", code, output)
			}
			if j := a.judge(t); j.accepted != 1 || j.succeeded != 1 {
				t.Errorf("%+v", j)
			}
		})
	}
}

// A reader that stops reading holds up what is said, and nothing else: what was
// accepted is recorded, the first signal stops submitting and the second ends
// the process.
func TestOutputThatNobodyReads(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	const tasks = 40
	a := newSignalAccount(t, b, tasks)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fill(t, writer)
	if _, err := reader.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(make([]byte, 3800)); err != nil { // room is left for a few lines
		t.Fatal(err)
	}
	p := a.process(t)
	p.Stderr = writer
	p.Args = append(p.Args, "-verbose")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	defer p.Process.Kill()
	if !p.begins() {
		t.Fatal("the run does not begin")
	}
	settles()
	settles()
	p.signal(syscall.SIGINT)
	settles()
	p.signal(syscall.SIGTERM)
	ended := time.AfterFunc(20*time.Second, func() { p.Process.Kill() })
	defer ended.Stop()
	p.wait()
	if code := p.ProcessState.ExitCode(); code != exitTerminated {
		t.Errorf("exit code %d", code)
	}
	if cut := submitsOnDisk(t, a.dir); len(cut) > 0 {
		t.Errorf("%q were cut off", cut)
	}
	if len(a.sim.Ledger()) == 0 {
		t.Error("nothing was accepted")
	}
	a.finish(t)
	if j := a.judge(t); j.succeeded != tasks {
		t.Errorf("%+v", j)
	}
}

// fill makes the next write to a pipe block.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	if err := pipe.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for {
		if _, err := pipe.Write(block); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			break
		}
	}
	if err := pipe.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// Nobody reads standard output and standard error any more: what is said is
// dropped, and the run comes to its end.
func TestOutputWithoutAReader(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for _, format := range []string{"-verbose", "-json"} {
		t.Run(format, func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", oneJob)
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd := a.command(t, "apply", "-auto-approve", format, "jobs.hcl")
			cmd.Stdout, cmd.Stderr = writer, writer
			reader.Close()
			err = cmd.Run()
			writer.Close()
			if err != nil {
				t.Error(err)
			}
			if j := a.judge(t); j.succeeded != 1 {
				t.Errorf("%+v", j)
			}
		})
	}
}

// A bug must cost no more than it has to: what else is out is recorded, what was
// not is in doubt, nothing secret is said, and the exit code is that of an error.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	type panicAtStep struct {
		step   string
		code   int
		doubts int
	}
	cases := []panicAtStep{
		{"before journal.open#1", exitError, 0},          // on the main goroutine
		{"submit.begin#3", exitError, 1},                 // in a worker, other submits are out
		{"submit.read#3", exitError, 1},                  // between an answer and its record
		{"poll.answered#1", exitError, 0},                // in a worker
		{"before part.write#1", exitError, 0},            // in a download
		{"before journal.write running#1", exitError, 1}, // while others wait for this write
		{"before snapshot.rename#1", exitError, 0},       // at the very end
		{"submit.headers#1", 2, 1},                       // in net/http, where nobody can catch it: as a kill
	}
	each(t, 4, cases, func(c panicAtStep) string { return c.step }, func(t *testing.T, c panicAtStep) {
		a := b.open(t, simulator.Config{Speed: 100})
		a.write(t, "jobs.hcl", fmt.Sprintf(signalJobs, 6))
		p := a.start(t, panicAt+"="+c.step)
		watchdog := time.AfterFunc(30*time.Second, func() { p.Process.Kill() })
		p.wait()
		watchdog.Stop()
		said := p.stdout.String() + p.stderr.String()
		if code := p.ProcessState.ExitCode(); code != c.code {
			t.Errorf("exit code %d, want %d", code, c.code)
		}
		if strings.Contains(said, a.key) || c.code == exitError && strings.Contains(said, panicText) {
			t.Error("a secret is in the output")
		}
		if c.code == exitError && !strings.Contains(said, "internal error: panic with a value of type string") {
			t.Error("it does not say what happened")
		}
		cut := submitsOnDisk(t, a.dir)
		a.finish(t) // which takes back what the run kept beside a broken state
		j := a.judge(t)
		for _, doubt := range j.doubts {
			if !slices.Contains(cut, doubt) {
				t.Errorf("%s is in doubt, and cut off were %q", doubt, cut)
			}
		}
		if len(j.doubts) < c.doubts || c.code == exitError && len(j.doubts) != c.doubts {
			t.Errorf("doubts %q, want %d", j.doubts, c.doubts)
		}
		if t.Failed() {
			t.Log(said)
		}
	})
}
