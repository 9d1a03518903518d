package main

import (
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
)

// load reads the configuration and shows what is wrong with it.
func (p *program) load(at *cli.Command, path string) (*spec.Spec, error) {
	vars, err := variablesOf(p, at)
	if err != nil {
		return nil, err
	}
	s, diagnostics := spec.Load(path, spec.LoadOptions{Vars: vars, Environ: environmentVariables(p.environ())})
	if len(diagnostics) > 0 {
		p.view.Diagnostics(diagnostics, s.Sources)
	}
	if diagnostics.HasErrors() {
		return nil, exitWith(exitError)
	}
	return s, nil
}

// targetWithVariables is the target, with the variable flags for the commands
// that are suggested.
func (p *program) targetWithVariables(at *cli.Command, path string) (view.Target, error) {
	t := p.targetOf(at, path)
	vars, err := variablesOf(p, at)
	if err != nil {
		return t, err
	}
	t.Vars = shownVariables(vars)
	return t, nil
}
