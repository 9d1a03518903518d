package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func supportCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "support",
		Usage:     "writes what APIXO's support asks for",
		ArgsUsage: "ADDRESS [PATH]",
		Description: "Writes what APIXO's support (support@apixo.ai) asks for: task ID, code, message, times\n" +
			"and parameters, ready to be sent. Neither the key nor a sensitive value is in it.",
		Flags:    stateFlags(),
		Metadata: about(nil, `apixo-batch support 'task.hero["cat"]' jobs.hcl`),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			record, err := p.recordOf(at)
			if err != nil {
				return err
			}
			return view.WriteSupport(p.stdout, record.Record, version())
		},
	}
}
