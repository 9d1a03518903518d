package main

import (
	"slices"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// Exit codes. When several hold, the first of 1, 6, 5, 4, 3 counts.
const (
	exitDone        = 0   // done, or nothing to do
	exitError       = 1   // the message says why; nothing (more) was submitted
	exitChanges     = 2   // plan -detailed-exitcode: changes are pending
	exitFailed      = 3   // some tasks failed for good
	exitAgain       = 4   // a rerun helps
	exitMoney       = 5   // stopped by budget or balance
	exitDoubt       = 6   // some submits are in doubt
	exitLocked      = 7   // another process has the state
	exitInterrupted = 130 // SIGINT; the state is saved
	exitTerminated  = 143 // SIGTERM, SIGHUP or SIGQUIT; the state is saved
)

// exitMeanings is the table as help shows it, where a command has no meaning of
// its own.
var exitMeanings = [...]struct {
	code    int
	meaning string
}{
	{exitDone, "done, or nothing to do"},
	{exitError, "usage, configuration, key, I/O, refused prompt"},
	{exitChanges, "changes are pending (only with -detailed-exitcode)"},
	{exitFailed, "some tasks failed for good"},
	{exitAgain, "a rerun helps: retryable failures, tasks still running or not submitted"},
	{exitMoney, "stopped by budget or balance, before the first submit or on the way"},
	{exitDoubt, "some submits are in doubt"},
	{exitLocked, "another process has the state locked"},
	{exitInterrupted, "interrupted by Ctrl-C, state saved"},
	{exitTerminated, "ended by SIGTERM or SIGHUP, state saved"},
}

// codeOf is the exit code of a run that was neither broken off nor interrupted.
func codeOf(s runner.Summary) int {
	codes := codes{}
	if len(s.InDoubt) > 0 {
		codes.add(exitDoubt)
	}
	if len(s.Running)+len(s.Undelivered)+len(s.Left) > 0 {
		codes.add(exitAgain)
	}
	codes.addReason(task.Failure{Reason: s.Stop})
	for _, e := range slices.Concat(s.Failed, s.Skipped) {
		codes.addReason(e.Failure)
	}
	return codes.first()
}

// codeOfPlan is the exit code of an apply that has nothing to do.
func codeOfPlan(p *plan.Plan) int {
	codes := codes{}
	for i := range p.Actions {
		switch a := &p.Actions[i]; {
		case a.InDoubt():
			codes.add(exitDoubt)
		case a.Kind == plan.Blocked:
			codes.add(exitFailed)
		}
	}
	return codes.first()
}

// codes collects the codes that hold.
type codes map[int]bool

func (c codes) add(code int) { c[code] = true }

// addReason adds the code of a failure, or of the cause of a skip.
func (c codes) addReason(f task.Failure) {
	switch f.Reason {
	case "":
	case task.InDoubt:
		c.add(exitDoubt)
	case task.BudgetReached, task.InsufficientFunds:
		c.add(exitMoney)
	case task.Halted, task.RateLimited, task.DownloadFailed:
		c.add(exitAgain)
	default:
		if f.Retryable {
			c.add(exitAgain)
		} else {
			c.add(exitFailed)
		}
	}
}

func (c codes) first() int {
	for _, code := range [...]int{exitError, exitDoubt, exitMoney, exitAgain, exitFailed} {
		if c[code] {
			return code
		}
	}
	return exitDone
}
