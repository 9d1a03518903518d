package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/state"
)

// savedPlan is a saved plan that is being applied. To apply it is to approve
// it, so nothing is asked, and nothing is bought that it does not list.
type savedPlan struct {
	*plan.Saved
	path string
	// begun is set if an earlier apply began the plan, and rest is then what it
	// left.
	begun *state.Approval
	rest  *plan.Rest
}

// prepareSaved is preparePlanning for a saved plan: what was asked for is in the
// plan, and the command line adds only how to go about it.
func (p *program) prepareSaved(at *cli.Command, path string, saved *plan.Saved) (*planning, error) {
	if _, err := pathArgument(at); err != nil {
		return nil, err
	}
	if err := checkSavedFlags(at, path, saved); err != nil {
		return nil, err
	}
	given, err := variablesOf(p, at)
	if err != nil {
		return nil, err
	}
	w := &planning{
		operation: at.Name, catalog: saved.Catalog, replace: saved.Replace, expand: expansionOf(at),
		allowUnpriced: saved.AllowUnpriced, runBudget: saved.RunBudget,
		saved:  &savedPlan{Saved: saved, path: path},
		target: p.targetOfSaved(path, saved),
	}
	w.target.PlanVars = shownVariables(given)
	if saved.Selection != nil {
		w.selection = *saved.Selection
	}
	if w.spec, err = p.loadSaved(at, w, given); err != nil {
		return nil, err
	}
	if w.statePath, err = statePath(w.target); err != nil {
		return nil, err
	}
	if !stateExists(w.statePath) {
		return nil, w.stale(fmt.Errorf("the state that it was made against, %s, is not here", w.statePath))
	}
	if err := p.checkAppended(w.kept()); err != nil {
		return nil, err
	}
	if w.endpoint, err = p.connect(w.target, w.spec); err != nil {
		return nil, err
	}
	if w.endpoint.name != saved.Endpoint {
		return nil, closing(w.stale(fmt.Errorf("it is for %s, and the tasks would go to %s", saved.Endpoint, w.endpoint.name)), w.endpoint.close)
	}
	return w, nil
}

// checkSavedFlags refuses flags that would ask for something else than the plan.
func checkSavedFlags(at *cli.Command, path string, saved *plan.Saved) error {
	for _, name := range append([]string{"state", "var-file", "allow-path", "catalog", "replace", "budget", "allow-unpriced"}, selectionNames[:]...) {
		if at.IsSet(name) {
			return fmt.Errorf("-%s cannot be given with the saved plan %s, which says what is done; make another plan with it", name, path)
		}
	}
	if at.Bool("simulate") && !saved.Simulated {
		return fmt.Errorf("the saved plan %s is for %s, not for the simulator; make one with plan -simulate -out=FILE", path, saved.Endpoint)
	}
	return nil
}

// savedVariables are the variable arguments that the plan was made with. Values
// are not among them.
func savedVariables(saved *plan.Saved) []spec.VarAssignment {
	var vars []spec.VarAssignment
	for _, file := range saved.VariableFiles {
		vars = append(vars, spec.VarAssignment{File: file})
	}
	for _, name := range saved.VariableNames {
		vars = append(vars, spec.VarAssignment{Name: name})
	}
	return vars
}

// loadSaved reads the plan's configuration again, and refuses it if a file has
// changed. given are the values of sensitive variables, which no plan holds.
func (p *program) loadSaved(at *cli.Command, w *planning, given []spec.VarAssignment) (*spec.Spec, error) {
	saved := w.saved
	if _, err := os.Stat(saved.Configuration); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the configuration %s of the saved plan %s does not exist here; apply the plan from the directory that it was made in, or with -chdir=DIR",
			saved.Configuration, saved.path)
	}
	known, err := p.catalogFrom(saved.Catalog)
	if err != nil {
		return nil, w.stale(err)
	}
	asked := p.asker(at)
	options := spec.LoadOptions{
		Environ: environmentVariables(p.environ()), Fixed: saved.Variables, Ask: asked.ask(),
		Catalog: known.Catalog, AllowPaths: saved.AllowPaths,
	}
	for _, file := range saved.VariableFiles {
		options.Vars = append(options.Vars, spec.VarAssignment{File: file})
	}
	options.Vars = append(options.Vars, given...)
	s, diagnostics := spec.Load(saved.Configuration, options)
	if asked.err != nil {
		return nil, asked.err
	}
	if !diagnostics.HasErrors() {
		diagnostics = strictly(at, append(diagnostics, s.Check()...))
	}
	known.addTo(s)
	if err := saved.SameFiles(s.Digests, !diagnostics.HasErrors()); err != nil {
		return nil, w.stale(err)
	}
	return s, p.show(diagnostics, s)
}
