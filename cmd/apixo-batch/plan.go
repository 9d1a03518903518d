package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

func planCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "shows what apply would do, why, and the price",
		ArgsUsage: "[PATH]",
		Description: "Shows what apply would do, why, and what it would cost. Submits nothing, takes no\n" +
			"lock and writes nothing; the only call is one for the balance.\n" +
			"\n" +
			"With -out the plan is also saved, and apply PLANFILE carries out exactly this plan. It is\n" +
			"bound to the state: that is locked for a moment, and begun if there is none. The file\n" +
			"holds no key and no sensitive value; whoever applies it gives those again.\n" +
			fmt.Sprintf("It holds at most %d MiB of inputs, for who reads it. Later actions have none; all\n", plan.MaxInputs>>20) +
			"else of them is there.\n" +
			"\n" +
			selectionHelp,
		Flags: append(spendingFlags(), replaceFlag(), explainFlag(),
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 2 if changes are pending"},
			&cli.BoolFlag{Name: "offline", Usage: "do not ask for the balance"},
			&cli.StringFlag{Name: "out", Usage: "save the plan to a `FILE`, for apply FILE"},
			&cli.BoolFlag{Name: "accept-rollback", Usage: "with -out, " + acceptRollbackUsage},
			&cli.DurationFlag{Name: "lock-timeout", Usage: "with -out, " + lockTimeoutUsage},
		),
		Metadata: about(exitCodes{exitChanges: "", exitLocked: ""},
			"apixo-batch plan",
			"apixo-batch plan -simulate jobs.hcl",
			"apixo-batch plan -out=jobs.plan jobs.hcl",
			`apixo-batch plan -replace='task.hero["cat*"]' -budget=5 jobs.hcl`,
			"apixo-batch plan -limit=3 jobs.hcl",
			"apixo-batch plan -expand='task.hero*' jobs.hcl",
			`apixo-batch plan -target='task.hero["cat"]' jobs.hcl`,
			`apixo-batch plan -explain='task.hero["cat"]' jobs.hcl`),
		Action: func(ctx context.Context, at *cli.Command) error {
			if err := p.chooseAlso(at); err != nil {
				return err
			}
			if err := errors.Join(savingOnly(at), explainingOnly(at)); err != nil {
				return err
			}
			w, err := p.prepareSelected(at)
			if err != nil {
				return err
			}
			return closing(p.showPlan(ctx, at, w), w.endpoint.close)
		},
	}
}

// savingOnly refuses the flags of a plan that is saved for one that is not.
func savingOnly(at *cli.Command) error {
	for _, name := range []string{"accept-rollback", "lock-timeout"} {
		if at.IsSet(name) && !at.IsSet("out") {
			return fmt.Errorf("-%s says nothing without -out: a plan that is not saved takes no lock, and refuses no state", name)
		}
	}
	return nil
}

func (p *program) showPlan(ctx context.Context, at *cli.Command, w *planning) error {
	k, err := p.knownFor(at, w)
	if err != nil {
		return err
	}
	made, err := w.make(k, false)
	if err != nil {
		return p.evaluationError(err, w.spec.Sources)
	}
	shown, err := w.view(made, k)
	if err != nil {
		return err
	}
	if err := p.warnDuplicates(at, w, made); err != nil {
		return err
	}
	if at.IsSet("explain") {
		return p.explainPlan(at, shown)
	}
	if at.IsSet("out") {
		if shown.Saved, err = p.savePlan(at, w, made, k); err != nil {
			return err
		}
		shown.Target = w.target
	}
	if at.Bool("offline") {
		shown.NoBalance = ""
	} else if err := w.readBalance(ctx, &shown); err != nil {
		return err
	}
	p.view.Plan(shown)
	if at.Bool("detailed-exitcode") && made.Pending() {
		return exitWith(exitChanges)
	}
	return nil
}

// knownFor is what the state knows. A plan that is saved is bound to one state
// as it stands, so that is opened: what a dead process left is settled, and a
// state that does not exist yet begins here.
func (p *program) knownFor(at *cli.Command, w *planning) (k *state.Outline, err error) {
	if !at.IsSet("out") {
		return p.readOutline(w.statePath)
	}
	if err := w.checkOut(at.String("out")); err != nil {
		return nil, err
	}
	begins := !stateExists(w.statePath)
	err = p.withStore(at, w.statePath, func(store *state.Store) error {
		if begins {
			p.view.Note(fmt.Sprintf("Note: the state %s begins here, empty: the saved plan is bound to it.", w.statePath))
		}
		k = store.Outline()
		return nil
	})
	return k, err
}

// readOutline is readContents for a plan, which needs less.
func (p *program) readOutline(path string) (*state.Outline, error) {
	began := time.Now()
	outline, err := state.ReadOutline(path)
	if errors.Is(err, fs.ErrNotExist) {
		p.warnRollback(path, nil, began)
		return new(state.Outline), nil
	}
	if err != nil {
		return nil, err
	}
	p.noteFound(path, outline, began)
	return outline, nil
}

// readContents reads the state without a lock, and notes what the user should
// know of it. One that does not exist yet holds nothing.
func (p *program) readContents(path string) (*state.Contents, error) {
	began := time.Now()
	contents, err := state.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		p.warnRollback(path, nil, began)
		return new(state.Contents), nil
	}
	if err != nil {
		return nil, err
	}
	p.noteFound(path, contents.Outline(), began)
	return contents, nil
}

// noteFound notes what the user should know of a state that was read.
func (p *program) noteFound(path string, found *state.Outline, began time.Time) {
	p.warnRollback(path, found, began)
	for _, notice := range found.Notices {
		p.view.Note(notice)
		p.logNotice(notice)
	}
}
