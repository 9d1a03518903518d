package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

func applyCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "plans, asks, and does it",
		ArgsUsage: "[PATH]",
		Description: "Plans, asks, and does it: submits, follows every task to its end, downloads. What was\n" +
			"cut off is simply run again; nothing that may have been paid for is submitted twice.",
		Flags: append(applyFlags(), replaceFlag()),
		Metadata: about(runExits,
			"apixo-batch apply -simulate jobs.hcl          # no key, no money",
			"apixo-batch apply -budget=5 jobs.hcl",
			"apixo-batch apply -auto-approve -json jobs.hcl"),
		Action: func(ctx context.Context, at *cli.Command) error { return p.apply(ctx, at, false) },
	}
}

// runExits are the exit codes of a run besides 0 and 1.
var runExits = []int{exitFailed, exitAgain, exitMoney, exitDoubt, exitLocked, exitInterrupted, exitTerminated}

// apply is apply and resume.
func (p *program) apply(ctx context.Context, at *cli.Command, resume bool) (err error) {
	p.choose(at.Bool("json"), at.Bool("no-color"), at.Bool("verbose"))
	if err := refuseSavedPlan(at); err != nil {
		return err
	}
	w, err := p.preparePlanning(at)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, w.endpoint.close) }()
	if w.endpoint.api == nil {
		return fmt.Errorf("%w, or pass -simulate to try without one", errNoKey)
	}
	parallelism, err := parallelismOf(at, w.spec.Settings)
	if err != nil {
		return err
	}
	store, err := p.open(at, w.statePath)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, store.Close) }()

	made, shown, err := p.planned(ctx, at, w, store, resume)
	if err != nil {
		return err
	}
	if !made.Pending() {
		p.outputs(w, store)
		return exitWith(codeOfPlan(made))
	}
	if err := p.permit(at, made, shown); err != nil {
		return err
	}
	return p.carryOut(ctx, w, store, made, shown, parallelism)
}

// refuseSavedPlan tells who names a file that is no configuration, as one would
// a saved plan, that there are none yet.
func refuseSavedPlan(at *cli.Command) error {
	path := at.Args().First()
	if path == "" || path == "-" || strings.HasSuffix(path, ".hcl") || strings.HasSuffix(path, ".json") {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist; pass a .hcl file or a directory (saved plans are not supported yet)", path)
	}
	return nil
}

// open opens the state under its lock.
func (p *program) open(at *cli.Command, path string) (*state.Store, error) {
	timeout, err := lockTimeoutOf(at)
	if err != nil {
		return nil, err
	}
	store, err := state.Open(path, state.OpenOptions{
		Operation: commandName(at), Tool: "apixo-batch " + version(), LockTimeout: timeout,
	})
	if err != nil {
		return nil, err
	}
	for _, notice := range store.Notices() {
		p.view.Note(notice)
	}
	return store, nil
}

// planned makes the plan and shows it, with the balance if it spends anything.
func (p *program) planned(ctx context.Context, at *cli.Command, w *planning, store *state.Store, resume bool) (*plan.Plan, view.Plan, error) {
	k := known{store.Header(), store.Records(), store.Committed()}
	made, err := w.make(k, resume)
	if err != nil {
		return nil, view.Plan{}, p.evaluationError(err, w.spec.Sources)
	}
	shown := w.view(made, k)
	if made.Totals().Paying() > 0 {
		if err := p.canApprove(at); err != nil {
			return nil, view.Plan{}, err
		}
		if err := w.readBalance(ctx, &shown); err != nil {
			return nil, view.Plan{}, err
		}
	}
	p.view.Plan(shown)
	return made, shown, nil
}
