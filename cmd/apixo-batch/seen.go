package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

const acceptRollbackUsage = "go on with a state that lacks what was submitted before: a backup that was put back, or a recovered state"

func acceptRollbackFlag() cli.Flag {
	return &cli.BoolFlag{Name: "accept-rollback", Usage: acceptRollbackUsage}
}

// seenDir is where this machine remembers how far it has seen each state get:
// where the system wants state of programs to be. It is "", and nothing is
// remembered, where there is no such place, and for rehearsals, which may be
// thrown away.
func (p *program) seenDir(statePath string) string {
	if strings.HasSuffix(statePath, stateName("", true)) {
		return ""
	}
	base := p.env("XDG_STATE_HOME")
	if !filepath.IsAbs(base) { // as its specification says
		base = p.localState()
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "apixo-batch", "seen")
}

// localState is the directory for local state of the user's programs.
func (p *program) localState() string {
	home := p.env("HOME")
	switch {
	case runtime.GOOS == "windows":
		return p.env("LOCALAPPDATA")
	case home == "":
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support")
	default:
		return filepath.Join(home, ".local", "state")
	}
}

// warnRollback tells those who only look what would keep apply from going on.
// known is nil if there is no state; its reading began at a time.
func (p *program) warnRollback(path string, known *state.Outline, began time.Time) {
	if found := state.CheckRollback(p.seenDir(path), path, known, began); found != nil {
		p.view.Note("Warning: apply will refuse this. " + found.Error())
	}
}

// acceptLosses keeps a state that was recovered, or replaced with a loss, from
// buying what may have been bought in the lost part, until somebody accepts that.
func acceptLosses(at *cli.Command, store *state.Store, made *plan.Plan, resume bool) error {
	open := store.OpenLosses()
	if len(open) == 0 || resume || made.Totals().Paying() == 0 {
		return nil // resume buys nothing for the first time; what it retries is known
	}
	if at.Bool("accept-rollback") {
		return store.AcceptLosses()
	}
	n := 0
	for _, i := range open {
		n += len(i.Loss.Tasks)
	}
	text := fmt.Sprintf("the state %s lacks a part since it was recovered or replaced, and what was submitted in that is not known: "+
		"this plan may buy it again; nothing was submitted.\nCompare it with what APIXO's dashboard shows up to %s.", store.Path(), open[len(open)-1].At.UTC().Format(time.DateTime+" UTC"))
	if n > 0 {
		text += fmt.Sprintf(" %s had an ID that is known and in no record: state check lists them.", tasks(n))
	}
	return fmt.Errorf("%s\nresume collects what runs; -accept-rollback lets apply buy", text)
}
