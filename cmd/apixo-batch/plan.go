package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/urfave/cli/v3"

	"apixo-batch/state"
)

func planCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "shows what apply would do, why, and the price",
		ArgsUsage: "[PATH]",
		Description: "Shows what apply would do, why, and what it would cost. Submits nothing, takes no\n" +
			"lock and writes nothing; the only call is one for the balance.",
		Flags: append(spendingFlags(), replaceFlag(),
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 2 if changes are pending"},
			&cli.BoolFlag{Name: "offline", Usage: "do not ask for the balance"},
		),
		Metadata: about([]int{exitChanges},
			"apixo-batch plan",
			"apixo-batch plan -simulate jobs.hcl",
			`apixo-batch plan -replace='task.hero["cat*"]' -budget=5 jobs.hcl`),
		Action: func(ctx context.Context, at *cli.Command) error {
			p.choose(at.Bool("json"), at.Bool("no-color"), false)
			w, err := p.preparePlanning(at)
			if err != nil {
				return err
			}
			return closing(p.showPlan(ctx, at, w), w.endpoint.close)
		},
	}
}

func (p *program) showPlan(ctx context.Context, at *cli.Command, w *planning) error {
	k, err := p.readKnown(w.statePath)
	if err != nil {
		return err
	}
	made, err := w.make(k, false)
	if err != nil {
		return p.evaluationError(err, w.spec.Sources)
	}
	shown := w.view(made, k)
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

// readKnown reads the state without a lock. One that does not exist yet knows
// nothing.
func (p *program) readKnown(path string) (known, error) {
	contents, err := state.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return known{}, nil
	}
	if err != nil {
		return known{}, err
	}
	for _, notice := range contents.Notices {
		p.view.Note(notice)
	}
	return known{contents.Header, slices.Clip(contents.Records), contents.Committed()}, nil
}
