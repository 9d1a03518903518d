package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Exit codes. When several hold, the first of 1, 6, 5, 4, 3 counts.
const (
	exitDone        = 0   // done, or nothing to do
	exitError       = 1   // nothing (more) was submitted; the message says why
	exitChanges     = 2   // plan -detailed-exitcode: changes are pending
	exitFailed      = 3   // some tasks failed for good
	exitAgain       = 4   // a rerun helps
	exitMoney       = 5   // stopped by budget or balance
	exitDoubt       = 6   // some submits are in doubt
	exitLocked      = 7   // another process has the state
	exitInterrupted = 130 // SIGINT; the state is saved
	exitTerminated  = 143 // SIGTERM or SIGHUP; the state is saved
)

// exitMeanings is the table as help shows it.
var exitMeanings = [...]struct {
	code    int
	meaning string
}{
	{exitDone, "done, or nothing to do"},
	{exitError, "usage, configuration, key, I/O, refused prompt: nothing (more) was submitted"},
	{exitChanges, "changes are pending (only with -detailed-exitcode)"},
	{exitFailed, "some tasks failed for good"},
	{exitAgain, "a rerun helps: retryable failures, tasks still running or not submitted"},
	{exitMoney, "stopped by budget or balance"},
	{exitDoubt, "some submits are in doubt"},
	{exitLocked, "another process has the state locked"},
	{exitInterrupted, "interrupted by Ctrl-C, state saved"},
	{exitTerminated, "ended by SIGTERM or SIGHUP, state saved"},
}

// exitStatus ends a command with a code of its own.
type exitStatus struct {
	code int
	err  error // nil if everything was said already
}

func (e *exitStatus) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitStatus) Unwrap() error { return e.err }

// exitWith is the error of a command that has said everything; nil for 0.
func exitWith(code int) error {
	if code == exitDone {
		return nil
	}
	return &exitStatus{code: code}
}

// exit says why a command ended early and turns its error into an exit code. It
// is the only place that does either.
func (p *program) exit(err error) int {
	if err == nil {
		return exitDone
	}
	if p.view == nil {
		p.choose(p.wantsJSON(), false, false)
	}
	var status *exitStatus
	if errors.As(err, &status) {
		if status.err != nil {
			p.view.Error(message(status.err))
		}
		return status.code
	}
	p.view.Error(message(err))
	if errors.Is(err, state.ErrLocked) {
		return exitLocked
	}
	return exitError
}

// wantsJSON is for errors of the command line itself.
func (p *program) wantsJSON() bool {
	return slices.ContainsFunc(p.args, func(arg string) bool {
		return arg == "-json" || arg == "--json" || arg == "-json=true" || arg == "--json=true"
	})
}

// message is an error's text, with what to do next where that is known. Each
// line of it is safe to show.
func message(err error) string {
	text := err.Error()
	var diags hcl.Diagnostics
	if errors.As(err, &diags) {
		text = "the configuration cannot be evaluated: " + diags.Error()
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, view.Clean(line))
	}
	if hint := hint(err); hint != "" {
		lines = append(lines, hint)
	}
	return strings.Join(lines, "\n")
}

func hint(err error) string {
	switch {
	case errors.Is(err, runner.ErrKeyRefused):
		return "Check " + keyVariable + ". Nothing of this run was submitted after the refusal; what runs is recorded."
	case errors.Is(err, runner.ErrState):
		return "No submit starts while the state cannot be written. Mend that, then run the same command again."
	default:
		return ""
	}
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
		switch p.Actions[i].Kind {
		case plan.Doubtful:
			codes.add(exitDoubt)
		case plan.Blocked:
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
