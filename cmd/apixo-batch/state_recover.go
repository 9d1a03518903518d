package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func stateRecoverCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "recover",
		Usage:     "makes a new state of what is readable of a damaged one",
		ArgsUsage: "[PATH]",
		Description: "Reads what is left of a damaged state, line by line, and says what is lost and which tasks\n" +
			"are named in it. Changes nothing without -to.\n" +
			"\n" +
			"With -to it writes a new state; the damaged\n" +
			"files are kept, under other names if the new state takes their place. What might have been\n" +
			"submitted in a lost part is in doubt in it, and apply buys nothing new with it before\n" +
			"-accept-rollback: an instance of which every trace is lost looks as if it were never bought.",
		Flags: append(stateFlags(), lockTimeoutFlag(),
			&cli.StringFlag{Name: "to", Usage: "write the recovered state to `PATH`, which may be that of the damaged one"},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask"},
			&cli.BoolFlag{Name: "json", Usage: "write one JSON object, and change nothing"},
		),
		Metadata: about(exitCodes{exitLocked: ""}, "apixo-batch state recover jobs.hcl", "apixo-batch state recover -json | jq .in_doubt", "apixo-batch state recover -to=jobs.state.json jobs.hcl"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.stateRecover(at) },
	}
}

func (p *program) stateRecover(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	target, file, err := p.locate(at)
	if err != nil {
		return err
	}
	if at.Bool("json") && at.IsSet("to") {
		return errors.New("-json shows what could be recovered, and -to recovers it; give one of them")
	}
	if !stateExists(file) {
		return noState(at, target, file)
	}
	salvaged, err := state.Salvage(file, p.seenDir(file))
	if err != nil {
		return err
	}
	if at.Bool("json") {
		return view.WriteSalvagedJSON(p.stdout, target, salvaged)
	}
	if salvaged.Damage == nil {
		fmt.Fprintf(p.stdout, "The state %s can be read whole; there is nothing to recover.\n", file)
		return nil
	}
	view.WriteSalvaged(p.stdout, p.style(p.out, at.Bool("no-color")), target, salvaged)
	if !at.IsSet("to") {
		to := target.Command("state recover", "-to="+file)
		fmt.Fprintf(p.stdout, "\nNothing was changed. Put back an unchanged copy of the damaged files if there is one. Else:\n  %s\n", to)
		return nil
	}
	return p.writeSalvaged(at, salvaged, target)
}

func (p *program) writeSalvaged(at *cli.Command, s *state.Salvaged, target view.Target) error {
	to := at.String("to")
	options, err := p.openOptions(at, to)
	if err != nil {
		return err
	}
	if !at.Bool("auto-approve") {
		ok, err := p.ask(at, view.SalvageQuestion(s, to))
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("not approved; nothing was changed")
		}
	}
	aside, err := s.WriteTo(to, options)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "\nThe recovered state is %s.\n", to)
	for _, path := range aside {
		fmt.Fprintf(p.stdout, "The damaged file is kept as %s.\n", path)
	}
	if filepath.Clean(to) != filepath.Clean(s.Path) {
		target.State = to
	}
	fmt.Fprintf(p.stdout, "Next: settle what is in doubt with resolve, then\n  %s\n", target.Command("plan"))
	return nil
}
