package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

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
			"are named in it. Changes nothing without -to. With -to it writes a new state; the damaged\n" +
			"files are kept, under other names if the new state takes their place. What might have been\n" +
			"submitted in a lost part is in doubt in it, and apply buys nothing new with it before\n" +
			"-accept-rollback: an instance of which every trace is lost looks as if it were never bought.",
		Flags: append(stateFlags(), lockTimeoutFlag(),
			&cli.StringFlag{Name: "to", Usage: "write the recovered state to `PATH`, which may be that of the damaged one"},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask"},
		),
		Metadata: about([]int{exitLocked}, "apixo-batch state recover jobs.hcl", "apixo-batch state recover -to=jobs.state.json jobs.hcl"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.stateRecover(at) },
	}
}

func (p *program) stateRecover(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	if at.IsSet("to") && at.String("to") == "" {
		return errors.New("-to is empty")
	}
	target := p.targetOf(at, path)
	file, err := statePath(target)
	if err != nil {
		return err
	}
	salvaged, err := state.Salvage(file, p.seenDir(file))
	if err != nil {
		return err
	}
	if salvaged.Damage == nil {
		fmt.Fprintf(p.stdout, "The state %s can be read whole; there is nothing to recover.\n", file)
		return nil
	}
	p.showSalvaged(salvaged)
	if !at.IsSet("to") {
		to := target.Command("state recover", "-to="+file)
		fmt.Fprintf(p.stdout, "\nNothing was changed. Put back an unchanged copy of the damaged files if there is one. Else:\n  %s\n", to)
		return nil
	}
	return p.writeSalvaged(at, salvaged, target)
}

func (p *program) writeSalvaged(at *cli.Command, s *state.Salvaged, target view.Target) error {
	to := at.String("to")
	if !at.Bool("auto-approve") {
		ok, err := p.ask(recoverQuestion(s, to))
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("not approved; nothing was changed")
		}
	}
	timeout, err := lockTimeoutOf(at)
	if err != nil {
		return err
	}
	aside, err := s.WriteTo(to, state.OpenOptions{
		Operation: commandName(at), Tool: "apixo-batch " + version(), LockTimeout: timeout, Disk: p.disk, Seen: p.seenDir(to),
	})
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

func recoverQuestion(s *state.Salvaged, to string) string {
	text := fmt.Sprintf("Make %s of what can be read (%d records, %d of them newly in doubt)", to, len(s.Contents.Records), len(s.Doubted))
	if len(s.Loss.Gaps) > 0 {
		text += ", although what was submitted in the lost part is not known"
	}
	return text + "?"
}

// showSalvaged says what was read, what is lost, and what follows from it.
func (p *program) showSalvaged(s *state.Salvaged) {
	fmt.Fprintf(p.stdout, "The state cannot be used: %s\n\nRead:\n", view.Clean(s.Damage.Error()))
	for _, line := range s.Sources {
		fmt.Fprintf(p.stdout, "  %s\n", view.CleanLine(line))
	}
	fmt.Fprintln(p.stdout, "\nNot readable:")
	for _, f := range s.Findings {
		fmt.Fprintf(p.stdout, "  %s\n", strings.TrimPrefix(findingText(f), string(state.Damaged)+": "))
	}
	fmt.Fprintf(p.stdout, "\nThe new state would hold %d records and %d submits of the ledger.\n", len(s.Contents.Records), len(s.Contents.Spends))
	if s.Unproven > 0 {
		fmt.Fprintf(p.stdout, "Records that stand in damaged text, so that no checksum vouches for them: %d\n", s.Unproven)
	}
	if s.Uncertain > 0 {
		fmt.Fprintf(p.stdout, "Tasks that run and are collected, but not retried by themselves if they fail: %d\n", s.Uncertain)
	}
	for i, r := range s.Doubted {
		if i == 0 {
			fmt.Fprintln(p.stdout, "In doubt, since a submit of it may be in the lost part:")
		}
		fmt.Fprintf(p.stdout, "  %s: %s\n", r.Address, view.CleanLine(r.Doubt.Cause))
	}
	p.showLoss(s)
}

func (p *program) showLoss(s *state.Salvaged) {
	if len(s.Loss.Gaps) == 0 && len(s.Loss.Tasks) == 0 {
		fmt.Fprintln(p.stdout, "Nothing is lost: every change can be read.")
		return
	}
	if len(s.Loss.Gaps) > 0 {
		gaps := make([]string, len(s.Loss.Gaps))
		for i, g := range s.Loss.Gaps {
			gaps[i] = g.String()
		}
		fmt.Fprintf(p.stdout, "Lost, as a whole or in part: %s.\nAn instance of which every trace was in it will look as if it were never bought.\n", strings.Join(gaps, ", "))
	}
	for i, id := range s.Loss.Tasks {
		if i == 0 {
			fmt.Fprintln(p.stdout, "Task IDs that can be read in it and that no record has:")
		}
		fmt.Fprintf(p.stdout, "  %s\n", view.CleanLine(id))
	}
}
