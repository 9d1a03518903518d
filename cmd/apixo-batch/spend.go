package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func spendCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "spend",
		Usage:     "sums up the ledger",
		ArgsUsage: "[PATH]",
		Description: "Sums up what all runs of a state have spent and reserved, by task, model, day (of the submit,\n" +
			"in local time), run or instance. Takes no lock, so it also works during a run.\n" +
			"\n" +
			"The ledger outlives the records: state rm takes nothing from it.",
		Flags: append(stateFlags(),
			&cli.StringFlag{Name: "by", Value: "task", Usage: "sum up by `WHAT`: " + strings.Join(view.Groupings, ", ")},
			&cli.BoolFlag{Name: "json", Usage: "write one JSON object"},
			&cli.BoolFlag{Name: "csv", Usage: "write comma-separated values"},
		),
		Metadata: about(nil, "apixo-batch spend jobs.hcl", "apixo-batch spend -by=day", "apixo-batch spend -by=instance -csv > ledger.csv"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.spend(at) },
	}
}

func (p *program) spend(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	by := at.String("by")
	switch {
	case !slices.Contains(view.Groupings, by):
		return fmt.Errorf("-by=%s is none of %s.%s", by, strings.Join(view.Groupings, ", "), didYouMean("", by, view.Groupings))
	case at.Bool("json") && at.Bool("csv"):
		return errors.New("-json and -csv exclude each other")
	}
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	file, contents, err := p.existing(at, path)
	if err != nil {
		return err
	}
	s := view.Spending{Target: p.targetOf(at, path), Path: file, Spends: contents.Spends, By: by, Now: time.Now()}
	switch {
	case at.Bool("json"):
		return view.WriteSpendingJSON(p.stdout, s)
	case at.Bool("csv"):
		return view.WriteSpendingCSV(p.stdout, s)
	}
	view.WriteSpending(p.stdout, p.style(p.out, at.Bool("no-color")), s)
	return nil
}
