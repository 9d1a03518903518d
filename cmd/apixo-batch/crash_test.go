//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// crashSteps are all steps of a run, in the order in which one task passes them,
// and what a kill leaves in doubt: before, amid and after the step where it is
// something that is done, or at it where it is a moment.
//
//	'-'  nothing
//	'?'  the task that is being submitted
//	'*'  that task, if there is one: successes are recorded and files fetched beside it
//
// It is the table of package runner's documentation, step by step.
var crashSteps = []struct{ step, doubt string }{
	{"journal.open", "--"},
	{"balance.begin", "-"},
	{"balance.headers", "-"},
	{"balance.sent", "-"},
	{"balance.answered", "-"},
	{"balance.read", "-"},
	{"journal.write balance", "---"},
	{"journal.sync balance", "--"},
	{"journal.write limits", "---"},
	{"journal.sync limits", "--"},
	{"trial.create", "--"},
	{"trial.remove", "--"},
	{"journal.write submitting", "--?"},
	{"journal.sync submitting", "??"},
	{"submit.begin", "?"},
	{"submit.headers", "?"},
	{"submit.sent", "?"},
	{"submit.answered", "?"},
	{"submit.read", "?"},
	{"journal.write pending", "??-"}, // a 429, a 500
	{"journal.sync pending", "--"},
	{"journal.write running", "??-"},
	{"journal.sync running", "--"},
	{"poll.begin", "-"},
	{"poll.headers", "-"},
	{"poll.sent", "-"},
	{"poll.answered", "-"},
	{"poll.read", "-"},
	{"journal.write failed", "---"},
	{"journal.sync failed", "--"},
	{"journal.write succeeded", "***"}, // the slot is free, and the next submit may begin beside it
	{"journal.sync succeeded", "**"},
	{"fetch.begin", "*"},
	{"fetch.headers", "*"},
	{"fetch.sent", "*"},
	{"fetch.answered", "*"},
	{"fetch.read", "*"},
	{"part.create", "**"},
	{"part.write", "***"},
	{"part.sync", "**"},
	{"retire.link", "**"}, // the file of an earlier request makes room
	{"journal.write retired", "***"},
	{"journal.sync retired", "**"},
	{"retire.remove", "**"},
	{"place.link", "**"},
	{"place.syncdir", "**"},
	{"part.remove", "**"},
	{"journal.write saved", "***"},
	{"journal.sync saved", "**"},
	{"backup.remove", "--"},
	{"backup.link", "--"},
	{"backup.rename", "--"},
	{"snapshot.create", "--"},
	{"snapshot.write", "---"},
	{"snapshot.sync", "--"},
	{"snapshot.rename", "--"},
	{"snapshot.syncdir", "--"},
	{"journal.start.create", "--"},
	{"journal.start.write", "---"},
	{"journal.start.sync", "--"},
	{"journal.start.rename", "--"},
	{"journal.start.syncdir", "--"},
	{"exit", "-"}, // the lock was given back
}

// moments are when a process can end about a step, by how many columns it has.
var moments = map[int][]string{1: {""}, 2: {"before ", "after "}, 3: {"before ", "amid ", "after "}}

// crashPoint is where a process is killed, and what that leaves in doubt.
type crashPoint struct {
	at    string // "after journal.write submitting#2"
	doubt byte
	// first: every run passes it; a later one may be missed by a run that asks
	// for its tasks less often.
	first bool
}

// crashPoints are the first and the last pass of every step.
func crashPoints(t *testing.T, passed []string) (points []crashPoint) {
	t.Helper()
	count := make(map[string]int)
	for _, step := range passed {
		count[step]++
	}
	for _, s := range crashSteps {
		for i, moment := range moments[len(s.doubt)] {
			step := moment + s.step
			n := count[step]
			if n == 0 {
				t.Errorf("no run passes %q", step)
				continue
			}
			delete(count, step)
			points = append(points, crashPoint{step + "#1", s.doubt[i], true})
			if n > 1 && !raceDetector {
				points = append(points, crashPoint{fmt.Sprintf("%s#%d", step, n), s.doubt[i], false})
			}
		}
	}
	for step := range count {
		t.Errorf("the list of steps lacks %q", step)
	}
	return points
}

// A real process, killed by SIGKILL at every step that anything outside of it
// can see, the first and the last time that it passes there (at every other one
// with the race detector). Whatever it was about, the next run goes on from what
// is true.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	w := newCrashWorld(t, chainedJobs+otherJobs)
	points := some(crashPoints(t, w.copy(t).passed(t)), usually(1, 10))
	var missed atomic.Int64
	each(t, crashWidth, points, func(p crashPoint) string { return p.at }, func(t *testing.T, p crashPoint) {
		a := w.copy(t)
		if !a.killedAt(t, p.at) {
			missed.Add(1)
			if p.first {
				t.Error("the run did not pass the step")
			}
		}
		cut := submitsOnDisk(t, a.dir)
		if want := p.doubt; want == '-' && len(cut) > 0 || want == '?' && len(cut) != 1 || len(cut) > 1 {
			t.Errorf("%q is cut off, want %c", cut, want)
		}
		w.recover(t, a, cut)
	})
	t.Logf("%d steps, %d later ones not passed again", len(points), missed.Load())
	if int(missed.Load()) > len(points)/10 {
		t.Error("too many later steps were not passed: the test tests little")
	}
}

// recoveries are crashes after which the next run has something to mend.
var recoveries = []string{
	"amid journal.write running#1", // a line cut off, and a doubt
	"submit.answered#1",            // a doubt
	"after part.write#1",           // half a download
	"after place.link#1",           // a file that no record tells of
	"after retire.link#1",
	"after journal.sync retired#1",   // an older file that is still in the way
	"after snapshot.rename#1",        // a journal whose content is in the snapshot
	"before journal.start.syncdir#1", // as good as done
}

// Crash after crash: a run that mends what another left is killed as well, at
// the steps that it takes to mend it. There are many: each time others are tried.
func TestKilledWhileRecovering(t *testing.T) {
	t.Parallel()
	w := newCrashWorld(t, chainedJobs)
	var missed atomic.Int64
	type pair struct{ first, second string }
	var pairs []pair
	for _, first := range recoveries {
		a := w.copy(t)
		if !a.killedAt(t, first) {
			t.Fatalf("the run did not pass %q", first)
		}
		for _, second := range mending(a.passed(t)) {
			pairs = append(pairs, pair{first, second})
		}
	}
	pairs = some(pairs, usually(2, 30))
	each(t, crashWidth, pairs, func(p pair) string { return p.first + ", " + p.second }, func(t *testing.T, p pair) {
		a := w.copy(t)
		if !a.killedAt(t, p.first) {
			t.Error("the first run did not pass the step")
		}
		cut := submitsOnDisk(t, a.dir)
		if !a.killedAt(t, p.second) {
			missed.Add(1) // a download beside the submit was quicker, or slower, than before
		}
		cut = append(cut, submitsOnDisk(t, a.dir)...)
		slices.Sort(cut)
		w.recover(t, a, slices.Compact(cut))
	})
	t.Logf("%d pairs of crashes, in %d of which the second run did not pass the step", len(pairs), missed.Load())
	if int(missed.Load()) > len(pairs)/2 {
		t.Error("too many steps were not passed: the test tests little")
	}
}

// some takes every n-th, others each time.
func some[T any](all []T, n int) (taken []T) {
	for i := rand.N(n); i < len(all); i += n {
		taken = append(taken, all[i])
	}
	return taken
}

// mending are the steps of a recovering run until it submits again.
func mending(passed []string) (at []string) {
	seen := make(map[string]bool)
	for _, step := range passed {
		if strings.HasSuffix(step, "journal.write submitting") {
			break
		}
		if !seen[step] {
			at = append(at, step+"#1")
		}
		seen[step] = true
	}
	return at
}

// crashWidth is how many crashes go on at the same time. They mostly wait.
const crashWidth = 24
