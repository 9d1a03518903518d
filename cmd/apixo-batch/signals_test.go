//go:build unix

package main

import (
	"bytes"
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

var mixes = flag.Int("mixes", usually(300, 24), "how many mixes of signals TestSignals sends")

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
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
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
	case len(ending) > 2 && slices.Contains(codes, code) && !strings.Contains(stdout, "Next: ") && p.customer.nextCommand(t) != "":
		return "left without a word" // the third signal does not wait for it, nor for the end of a summary
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
		return "left without a word"
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
