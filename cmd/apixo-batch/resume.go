package main

import (
	"context"

	"github.com/urfave/cli/v3"
)

func resumeCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "resume",
		Usage:     "collects and retries; buys nothing new",
		ArgsUsage: "[PATH]",
		Description: "Collects what runs at APIXO or is not on disk, and retries what failed retryably.\n" +
			"Buys nothing for the first time and nothing that changed; apply does that.\n" +
			"\n" +
			selectionHelp + "\n\n" +
			webhookHelp + "\n\n" +
			traceHelp + "\n\n" +
			actionsHelp,
		Flags:    applyFlags(),
		Metadata: about(runExits, "apixo-batch resume jobs.hcl"),
		Action:   func(ctx context.Context, at *cli.Command) error { return p.apply(ctx, at, true) },
	}
}
