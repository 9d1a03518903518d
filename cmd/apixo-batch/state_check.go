package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func stateCheckCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "checks every file of the state and all results",
		ArgsUsage: "[PATH]",
		Description: "Reads every file of the state and every result that was saved: checksums, the order of the\n" +
			"journal, the ledger against the records, sizes and SHA-256 of the files, what this machine\n" +
			"has seen of the state, copies that a cloud sync set aside. Changes nothing, takes no lock.\n" +
			"Warnings do not change the exit code; damage is 1.",
		Flags:    append(stateFlags(), &cli.BoolFlag{Name: "json", Usage: "write one JSON object"}),
		Metadata: about(nil, "apixo-batch state check jobs.hcl", "apixo-batch state check -json | jq .findings"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.stateCheck(at) },
	}
}

func (p *program) stateCheck(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	file, err := statePath(p.targetOf(at, path))
	if err != nil {
		return err
	}
	report, err := state.Check(file, state.CheckOptions{Dir: directoryOf(path), Seen: p.seenDir(file)})
	if err != nil {
		return err
	}
	if at.Bool("json") {
		err = writeReportJSON(p, report)
	} else {
		writeReport(p, report)
	}
	if err == nil && report.Damaged() {
		return exitWith(exitError)
	}
	return err
}

// reportJSON is a report as one JSON object.
type reportJSON struct {
	FormatVersion string          `json:"format_version"`
	State         string          `json:"state"`
	Lineage       string          `json:"lineage"`
	Serial        int64           `json:"serial"`
	Changes       int64           `json:"changes"`
	Records       int             `json:"records"`
	Submits       int             `json:"submits"`
	Artifacts     int             `json:"artifacts"`
	Damaged       bool            `json:"damaged"`
	Holder        *state.LockInfo `json:"holder"`
	Findings      []findingJSON   `json:"findings"`
}

type findingJSON struct {
	state.Finding
	Addr string `json:"addr,omitempty"`
}

func writeReportJSON(p *program, r *state.Report) error {
	out := reportJSON{
		FormatVersion: "1.0", State: r.Path, Lineage: r.Header.Lineage, Serial: r.Header.Serial, Changes: r.Header.Changes,
		Records: r.Records, Submits: r.Submits, Artifacts: r.Artifacts, Damaged: r.Damaged(), Holder: r.Holder,
		Findings: []findingJSON{},
	}
	for _, f := range r.Findings {
		shown := findingJSON{Finding: f}
		if f.Address.Name != "" {
			shown.Addr = f.Address.String()
		}
		out.Findings = append(out.Findings, shown)
	}
	return view.WriteJSON(p.stdout, out, "  ")
}

// writeReport writes one line for each finding, and one for the whole.
func writeReport(p *program, r *state.Report) {
	for _, f := range r.Findings {
		fmt.Fprintln(p.stdout, findingText(f))
	}
	if r.Holder != nil {
		fmt.Fprintf(p.stdout, "%s is running (%s, process %d): what it is just doing is not judged.\n",
			view.Clean(r.Holder.Operation), view.Clean(r.Holder.Who), r.Holder.PID)
	}
	verdict := "no damage found"
	if r.Damaged() {
		verdict = "damaged"
	}
	fmt.Fprintf(p.stdout, "State %s: %s; %d records, %d submits in the ledger, %d files compared.\n", r.Path, verdict, r.Records, r.Submits, r.Artifacts)
}

func findingText(f state.Finding) string {
	text := string(f.Severity) + ": "
	switch {
	case f.Line > 0:
		text += fmt.Sprintf("%s, line %d (at byte %d): ", f.Path, f.Line, f.Offset)
	case f.Path != "":
		text += f.Path + ": "
	}
	text += view.CleanLine(f.Problem)
	if f.Next != "" {
		text += "; next: " + view.CleanLine(f.Next)
	}
	return text
}
