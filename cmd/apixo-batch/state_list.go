package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

func stateListCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "lists the addresses",
		ArgsUsage:   "[PATH]",
		Description: "Lists the addresses that the state has records of, one per line.\nTakes no lock.",
		Flags:       stateFlags(),
		Metadata:    about(nil, "apixo-batch state list jobs.hcl", "apixo-batch state list -simulate | wc -l"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			path, err := pathArgument(at)
			if err != nil {
				return err
			}
			_, contents, err := p.existing(at, path)
			if err != nil {
				return err
			}
			for _, r := range contents.Records {
				fmt.Fprintln(p.stdout, r.Address)
			}
			return nil
		},
	}
}
