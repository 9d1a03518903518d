package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"apixo-batch/state"
)

func statePullCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "pull",
		Usage:     "writes the state as one JSON document",
		ArgsUsage: "[PATH]",
		Description: "Writes the state as it is now, snapshot and journal in one, as a JSON document to standard\n" +
			"output, for state push. Takes no lock, so it also works during a run.\n" +
			"\n" +
			"Keep it as private as the state: prompts, results and the key that masks sensitive values are in it.",
		Flags:    stateFlags(),
		Metadata: about(nil, "apixo-batch state pull jobs.hcl > copy.json", "apixo-batch state pull | jq '.records | length'"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			path, err := pathArgument(at)
			if err != nil {
				return err
			}
			file, err := p.existingState(at, path)
			if err != nil {
				return err
			}
			return state.Pull(file, p.stdout)
		},
	}
}
