package main

import (
	"context"
	"errors"
	"slices"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func supportCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "support",
		Usage:     "writes what APIXO's support asks for",
		ArgsUsage: "ADDRESS... [PATH]",
		Description: "Writes what APIXO's support (support@apixo.ai) asks for: task ID, code, message, times\n" +
			"and parameters, ready to be sent. It changes nothing and calls nobody.\n" +
			"\n" +
			"Neither the key nor a sensitive value is in it, nor the query of a URL, which may be\n" +
			"signed. In an ADDRESS, * and ? match anything; state list lists them all.",
		Flags: stateFlags(),
		Metadata: about(nil,
			`apixo-batch support 'task.hero["cat"]' jobs.hcl`,
			"apixo-batch support 'task.hero*' jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error { return p.support(at) },
	}
}

func (p *program) support(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	patterns, path, err := patternsAndPath(at)
	if err != nil {
		return err
	}
	if len(patterns) == 0 {
		return errors.New("support needs the ADDRESS that it is about, as in: apixo-batch support task.hero. apixo-batch state list lists them")
	}
	file, contents, err := p.existing(at, path)
	if err != nil {
		return err
	}
	records := slices.Clone(contents.Records)
	selected, err := selectAddresses(patterns, addressesIn(records), "record of the state "+file)
	if err != nil {
		return err
	}
	return view.WriteSupport(p.stdout, view.Support{
		Records:  slices.DeleteFunc(records, func(r state.Record) bool { return !selected[r.Address] }),
		Endpoint: contents.Header.Endpoint, Simulated: contents.Header.Endpoint == simulatedEndpoint, Version: version(),
	})
}
