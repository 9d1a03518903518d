//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
)

// held starts apply and returns when it has come to a step, where it stays until
// release is called.
func (a *customer) held(t *testing.T, step string) (p *process, release func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "held")
	p = a.start(t, holdAt+"="+step, holdFile+"="+file)
	t.Cleanup(func() { p.Process.Kill() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) { // a real process lives in real time
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

// settles gives a signal time to be heard: a real process lives in real time, and
// nothing tells from outside that it has heard.
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
