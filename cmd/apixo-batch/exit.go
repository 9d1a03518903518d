package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/state"
)

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
	if bug := (*runner.PanicError)(nil); errors.As(err, &bug) {
		_, _ = p.stderr.Write(bug.Stack)
	}
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
	clean := view.Clean
	if errors.Is(err, runner.ErrState) {
		clean = view.CleanLine // the task IDs in it must be shown whole
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, clean(line))
	}
	if advised := (*advised)(nil); errors.As(err, &advised) {
		lines = append(lines, advised.advice)
	} else if hint := hint(err); hint != "" {
		lines = append(lines, hint)
	}
	return strings.Join(lines, "\n")
}

// advised is an error and what to do about it, in lines that are safe to show.
type advised struct {
	err    error
	advice string
}

func (e *advised) Error() string { return e.err.Error() }
func (e *advised) Unwrap() error { return e.err }

func hint(err error) string {
	switch {
	case errors.As(err, new(*runner.PanicError)):
		return "This is a bug of apixo-batch: please report it with the lines below. What was recorded is on disk; run the same command again."
	case errors.Is(err, runner.ErrKeyRefused):
		return "Check " + keyVariable + ". Nothing of this run was submitted after the refusal; what runs is recorded."
	default:
		return ""
	}
}
