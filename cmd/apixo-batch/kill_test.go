//go:build unix

package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

var kills = flag.Int("kills", usually(200, 21), "how often TestKill ends a run with SIGKILL")

// usually is how much of a test of real processes is done, and how much with the
// race detector, under which all takes several times as long.
func usually(plain, race int) int {
	if raceDetector {
		return race
	}
	return plain
}

// killPrice is what a task of killTasks costs.
const killPrice = task.Cost(30_000)

// killRounds is how many rounds go on at the same time.
const killRounds = 6

// toll is what a test of kills came to.
type toll struct {
	kills, stops, interrupts int
	accepted, doubts         int
	spent                    int // rounds that ended because the budget was used up
}

// Real processes, real sockets and real SIGKILLs at random moments. Rounds, each
// with a new directory and a new account, kill apply and resume again and again,
// some of them while they are stopped or after they were; now and then one is
// interrupted in good order, which compacts the state. Half of the rounds have
// not enough budget for all. In the end the simulator's ledger says what was paid
// for, which the state must know.
func TestKill(t *testing.T) {
	t.Parallel()
	var rounds []int // how many kills
	for left, most := *kills, usually(20, 7); left > 0; left -= most {
		rounds = append(rounds, min(left, most))
	}
	b := newBank(t, rand.Uint64())
	var mu sync.Mutex
	var sum toll
	started := time.Now()
	name := func(int) string { return "round" }
	each(t, killRounds, rounds, name, func(t *testing.T, most int) {
		one := killRound(t, b, most)
		mu.Lock()
		defer mu.Unlock()
		sum.kills += one.kills
		sum.stops += one.stops
		sum.interrupts += one.interrupts
		sum.accepted += one.accepted
		sum.doubts += one.doubts
		sum.spent += one.spent
	})
	t.Logf("seed %d: %d kills, %d stops and %d interrupts in %d rounds and %s; %d submits accepted, %d in doubt, %d budgets used up",
		b.seed, sum.kills, sum.stops, sum.interrupts, len(rounds), time.Since(started).Round(time.Second), sum.accepted, sum.doubts, sum.spent)
	if !t.Failed() {
		t.Log("task IDs lost: 0; silent doubles: 0; budgets crossed: 0")
	}
	if sum.kills < *kills*9/10 {
		t.Errorf("only %d of %d kills found a process", sum.kills, *kills)
	}
}

// killRound works on one configuration, kills up to most times, lets it come to
// its end and judges it.
func killRound(t *testing.T, b *bank, most int) (r toll) {
	faults, err := simulator.ParseFaults("429=2%,500=1%,504=1%,drop=0.5%,fail=3%")
	if err != nil {
		t.Fatal(err)
	}
	a := b.open(t, simulator.Config{Speed: 100, Faults: faults})
	stills := 10 + 4*most
	budget := task.Cost(stills) * killPrice * 4
	if rand.N(2) == 0 {
		budget = task.Cost(stills) * killPrice * 3 / 2
	}
	a.write(t, "jobs.hcl", strings.Replace(fmt.Sprintf(killTasks, stills), "batch {",
		"batch {\n  budget = "+strings.TrimPrefix(budget.String(), "$"), 1))

	cut := make(map[string]bool) // tasks whose submit was cut off
	for tries := 0; r.kills < most && tries < 3*most; tries++ {
		a.strike(t, &r)
		for _, address := range submitsOnDisk(t, a.dir) {
			cut[address] = true
		}
	}
	code, output := a.finish(t)
	if !slices.Contains([]int{exitDone, exitFailed, exitMoney, exitDoubt}, code) {
		t.Errorf("apply ended with exit code %d\n%s", code, output)
	}
	j := a.judge(t)
	if j.paid > budget || j.committed > budget {
		t.Errorf("%s was paid and %s committed, with a budget of %s", j.paid, j.committed, budget)
	}
	if j.succeeded == 0 {
		t.Error("nothing succeeded: the test tests nothing")
	}
	if left := a.leftByTheDead(t); !slices.Equal(left, slices.Sorted(maps.Keys(cut))) {
		t.Errorf("in doubt because a process ended: %q; cut off were %q", left, slices.Sorted(maps.Keys(cut)))
	}
	r.accepted, r.doubts = j.accepted, len(j.doubts)
	if j.committed+killPrice > budget {
		r.spent = 1
	}
	return r
}

// strike starts apply, or resume, and ends it somehow.
func (a *customer) strike(t *testing.T, r *toll) {
	t.Helper()
	operation := "apply"
	if rand.N(4) == 0 {
		operation = "resume"
	}
	cmd := a.command(t, operation, "-auto-approve", "jobs.hcl")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(aMoment()) // a real process lives in real time
	if rand.N(5) == 0 && cmd.Process.Signal(syscall.SIGSTOP) == nil {
		r.stops++
		time.Sleep(aMoment())
		if rand.N(3) > 0 { // else it is killed as it is
			cmd.Process.Signal(syscall.SIGCONT)
			time.Sleep(aMoment())
		}
	}
	if rand.N(10) == 0 {
		r.interrupts++
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Process.Signal(syscall.SIGCONT)
	} else {
		cmd.Process.Kill()
	}
	cmd.Wait()
	if killed(cmd) {
		r.kills++
	}
	if strings.Contains(output.String(), a.key) {
		t.Errorf("the key is in the output:\n%s", output.String())
	}
}

// killAtRandom starts a command and ends it with SIGKILL. It returns false if
// the command was quicker.
func killAtRandom(t *testing.T, cmd *exec.Cmd) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(aMoment()) // a real process lives in real time
	cmd.Process.Kill()
	cmd.Wait()
	return killed(cmd)
}

func killed(cmd *exec.Cmd) bool {
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return status.Signaled() && status.Signal() == syscall.SIGKILL
}

// aMoment is how long a process is left alone: mostly until it is busy, and
// sometimes not even until it has opened its state.
func aMoment() time.Duration {
	d := 10*time.Millisecond + rand.N(250*time.Millisecond)
	if raceDetector {
		d *= 2
	}
	return d
}

// leftByTheDead are the instances that are in doubt because of the end of a
// process, and not of a lost answer.
func (a *customer) leftByTheDead(t *testing.T) (addresses []string) {
	t.Helper()
	contents, err := state.Read(filepath.Join(a.dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range contents.Records {
		if r.Status == state.InDoubt && strings.HasPrefix(r.Doubt.Cause, "the process ended") {
			addresses = append(addresses, r.Address.String())
		}
	}
	slices.Sort(addresses)
	return addresses
}
