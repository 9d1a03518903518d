package main

import (
	"context"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func statusCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "shows what the state holds",
		ArgsUsage: "[PATH]",
		Description: "Shows what the state holds: counts, what runs, failures by reason, doubts, results that\n" +
			"are not on disk, money committed. Takes no lock, so it also works during a run.",
		Flags:    append(stateFlags(), &cli.BoolFlag{Name: "json", Usage: "write one JSON object"}),
		Metadata: about(nil, "apixo-batch status jobs.hcl", "apixo-batch status -json | jq .counts"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.status(at) },
	}
}

func (p *program) status(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	target := p.targetOf(at, path)
	file, err := statePath(target)
	if err != nil {
		return err
	}
	// Who runs is asked first: what is still being submitted after that is not
	// in doubt.
	info, held, err := state.Holder(file)
	if err != nil {
		return err
	}
	k, err := p.readKnown(file)
	if err != nil {
		return err
	}
	missing, err := missingArtifacts(directoryOf(path), k.records)
	if err != nil {
		return err
	}
	s := view.Status{
		Target: target, Path: file, Header: k.header, Records: slices.Clip(k.records), Committed: k.committed,
		Missing: missing, Now: time.Now(),
	}
	if held {
		s.Holder = &info
	}
	if at.Bool("json") {
		return view.WriteStatusJSON(p.stdout, s)
	}
	view.WriteStatus(p.stdout, p.style(p.out, at.Bool("no-color")), s)
	return nil
}
