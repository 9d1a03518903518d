package main

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
)

// load reads a configuration, evaluates every input once as if nothing had run,
// and shows all that is wrong or doubtful.
func (p *program) load(at *cli.Command, path string) (*spec.Spec, error) {
	s, diagnostics, err := p.check(at, path)
	if err != nil {
		return nil, err
	}
	return s, p.show(diagnostics, s)
}

// check is load that leaves it to the caller to show the findings. The Spec is
// complete if they hold no error; its Sources are there in any case.
func (p *program) check(at *cli.Command, path string) (*spec.Spec, hcl.Diagnostics, error) {
	s, diagnostics, err := p.parse(at, path)
	if err != nil || diagnostics.HasErrors() {
		return s, diagnostics, err
	}
	return s, strictly(at, append(diagnostics, s.Check()...)), nil
}

// loadSettings is load for commands that need the settings and no input.
func (p *program) loadSettings(at *cli.Command, path string) (*spec.Spec, error) {
	s, diagnostics, err := p.parse(at, path)
	if err != nil {
		return nil, err
	}
	return s, p.show(diagnostics, s)
}

func (p *program) parse(at *cli.Command, path string) (*spec.Spec, hcl.Diagnostics, error) {
	vars, err := variablesOf(p, at)
	if err != nil {
		return nil, nil, err
	}
	if err := takesConfiguration(path, commandName(at)); err != nil {
		return nil, nil, err
	}
	if path == "-" && p.terminalIn() {
		return nil, nil, errors.New("standard input is a terminal: pipe a configuration in, or pass a file")
	}
	known, err := p.catalogFrom(p.catalogPath(at))
	if err != nil {
		return nil, nil, err
	}
	asked := p.asker(at)
	s, diagnostics := spec.Load(path, spec.LoadOptions{
		Vars: vars, Environ: environmentVariables(p.environ()), Ask: asked.ask(),
		Stdin: p.stdin, Catalog: known.Catalog, AllowPaths: at.StringSlice("allow-path"),
	})
	if asked.err != nil {
		return nil, nil, asked.err
	}
	known.addTo(s)
	if meant := meantPath(path); meant != "" && diagnostics.HasErrors() {
		diagnostics[0].Detail += meant
	}
	return s, diagnostics, nil
}

// show shows findings; with an error among them, the command ends.
func (p *program) show(diagnostics hcl.Diagnostics, s *spec.Spec) error {
	if len(diagnostics) > 0 {
		p.view.Diagnostics(diagnostics, s.Sources)
	}
	if diagnostics.HasErrors() {
		return exitWith(exitError)
	}
	return nil
}

// warnDuplicates points out what a plan buys more than once.
func (p *program) warnDuplicates(at *cli.Command, w *planning, made *plan.Plan) error {
	return p.show(strictly(at, spec.WarnDuplicates(made.Duplicates)), w.spec)
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
	for _, dir := range at.StringSlice("allow-path") {
		t.Vars = append(t.Vars, "-allow-path="+dir)
	}
	if file := at.String("catalog"); file != "" {
		t.Vars = append(t.Vars, "-catalog="+file)
	}
	return t, nil
}
