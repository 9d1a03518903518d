package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
)

func validateCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "checks everything that can be checked offline",
		ArgsUsage: "[PATH]",
		Description: "Checks everything that can be checked offline: syntax, references, cycles, keys,\n" +
			"inputs against what is known of the models, output paths, and that conditions can be\n" +
			"true or false. Whether they are is for plan to find.",
		Flags:    append(variableFlags(), strictFlag(), &cli.BoolFlag{Name: "json", Usage: "write the findings as one JSON object"}),
		Metadata: about(nil, "apixo-batch validate", "apixo-batch validate -strict jobs.hcl", "apixo-batch validate -json jobs.hcl"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.validate(at) },
	}
}

func (p *program) validate(at *cli.Command) error {
	p.choose(at.Bool("json"), at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	s, diagnostics, err := p.check(at, path)
	if err != nil {
		return err
	}
	if at.Bool("json") {
		return p.writeValidation(s, diagnostics)
	}
	if err := p.show(diagnostics, s); err != nil {
		return err
	}
	instances := "1 instance"
	if n := len(s.Instances); n != 1 {
		instances = fmt.Sprintf("%d instances", n)
	}
	fmt.Fprintf(p.stdout, "Success! The configuration is valid: %s.\n", instances)
	return nil
}

// validation is the answer of validate -json, in Terraform's shape.
type validation struct {
	FormatVersion string            `json:"format_version"`
	Valid         bool              `json:"valid"`
	ErrorCount    int               `json:"error_count"`
	WarningCount  int               `json:"warning_count"`
	Diagnostics   []view.Diagnostic `json:"diagnostics"`
}

func (p *program) writeValidation(s *spec.Spec, diagnostics hcl.Diagnostics) error {
	v := validation{FormatVersion: "1.0", Valid: !diagnostics.HasErrors(), Diagnostics: []view.Diagnostic{}}
	for _, d := range diagnostics {
		if d.Severity == hcl.DiagError {
			v.ErrorCount++
		} else {
			v.WarningCount++
		}
		v.Diagnostics = append(v.Diagnostics, view.DiagnosticJSON(d, s.Sources))
	}
	if err := view.WriteJSON(p.stdout, v, "  "); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	if !v.Valid {
		return exitWith(exitError)
	}
	return nil
}
