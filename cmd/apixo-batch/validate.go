package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
)

func validateCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "checks everything that can be checked offline",
		ArgsUsage: "[PATH]",
		Description: "Checks everything that can be checked offline: syntax, references, cycles, keys,\n" +
			"inputs against what is known of the models, output paths.",
		Flags:    append(variableFlags(), &cli.BoolFlag{Name: "json", Usage: "write the findings as one JSON object"}),
		Metadata: about(nil, "apixo-batch validate", "apixo-batch validate -json jobs.hcl"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.validate(at) },
	}
}

func (p *program) validate(at *cli.Command) error {
	p.choose(at.Bool("json"), at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	vars, err := variablesOf(p, at)
	if err != nil {
		return err
	}
	s, diagnostics := spec.Load(path, spec.LoadOptions{Vars: vars, Environ: environmentVariables(p.environ())})
	if !diagnostics.HasErrors() {
		diagnostics = append(diagnostics, checkInputs(s)...)
	}
	if at.Bool("json") {
		return p.writeValidation(s, diagnostics)
	}
	p.view.Diagnostics(diagnostics, s.Sources)
	if diagnostics.HasErrors() {
		return exitWith(exitError)
	}
	fmt.Fprintf(p.stdout, "Success! The configuration is valid; its instances: %d.\n", len(s.Instances))
	return nil
}

// checkInputs evaluates every input as the first plan would.
func checkInputs(s *spec.Spec) hcl.Diagnostics {
	_, err := plan.Make(s, nil, plan.Options{Mask: maskWith("")})
	if err == nil {
		return nil
	}
	if diagnostics, ok := err.(hcl.Diagnostics); ok {
		return diagnostics
	}
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Invalid configuration", Detail: err.Error()}}
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
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	if !v.Valid {
		return exitWith(exitError)
	}
	return nil
}
