package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func stateShowCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "shows one record as JSON",
		ArgsUsage: "ADDRESS [PATH]",
		Description: "Shows the record of one instance as JSON: request, task ID, cost, result, files,\n" +
			"and what the ledger says of each of its submits, also how a doubt was settled.\n" +
			"\n" +
			"Takes no lock. Sensitive values stand as their HMAC, as they do in the state.",
		Flags:    stateFlags(),
		Metadata: about(nil, `apixo-batch state show 'task.hero["cat"]' jobs.hcl`),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			shown, err := p.recordOf(at)
			if err != nil {
				return err
			}
			return view.WriteJSON(p.stdout, shown, "  ")
		},
	}
}
