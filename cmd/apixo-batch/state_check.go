package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func stateCheckCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "checks every file of the state and all results",
		ArgsUsage: "[PATH]",
		Description: "Reads every file of the state and every result that was saved, and says what is damaged or\n" +
			"missing. Changes nothing, takes no lock. Warnings do not change the exit code; damage is 1.\n" +
			"\n" +
			"It looks at checksums, the order of the journal, the ledger against the records, sizes and SHA-256 of the files, what this machine\n" +
			"has seen of the state, copies that a cloud sync set aside.",
		Flags:    append(stateFlags(), &cli.BoolFlag{Name: "json", Usage: "write one JSON object"}),
		Metadata: about(nil, "apixo-batch state check jobs.hcl", "apixo-batch state check -json | jq .findings"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.stateCheck(at) },
	}
}

func (p *program) stateCheck(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	target, file, err := p.locate(at)
	if err != nil {
		return err
	}
	if !stateExists(file) {
		return noState(at, target, file)
	}
	report, err := state.Check(file, state.CheckOptions{Dir: directoryOf(target.Path), Seen: p.seenDir(file)})
	if err != nil {
		return err
	}
	if at.Bool("json") {
		err = view.WriteReportJSON(p.stdout, target, report)
	} else {
		view.WriteReport(p.stdout, p.style(p.out, at.Bool("no-color")), target, report)
	}
	if err == nil && report.Damaged() {
		return exitWith(exitError)
	}
	return err
}
