//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
)

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
		open := slices.DeleteFunc(j.doubts, func(doubt string) bool { return a.toldNotCharged(t, said, doubt) })
		if len(open) < c.doubts || c.code == exitError && len(open) != c.doubts {
			t.Errorf("doubts %q, want %d", open, c.doubts)
		}
		if t.Failed() {
			t.Log(said)
		}
	})
}

// toldNotCharged reports whether the run told that nothing was created by the task's
// submit, which a state that cannot be written may not know. It must be true.
func (a *customer) toldNotCharged(t *testing.T, said, address string) (told bool) {
	t.Helper()
	for line := range strings.Lines(said) {
		told = told || strings.Contains(line, "resolve -not-charged") && strings.Contains(line, address)
	}
	if !told {
		return false
	}
	ship := strings.NewReplacer("task.", `"`, "[", " ", "]", " [").Replace(address) // as its prompt begins
	for _, accepted := range a.sim.Ledger() {
		if strings.Contains(string(accepted.Input), ship) {
			t.Errorf("%s is said to be not charged, and is %s", address, accepted.TaskID)
		}
	}
	return true
}
