package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// planning is what plan, apply and resume have in common: a configuration, the
// state it is compared with, and the endpoint it goes to.
type planning struct {
	target    view.Target
	operation string
	spec      *spec.Spec
	endpoint  *endpoint
	catalog   string // the file of models and prices, "" for the program's own
	statePath string
	runBudget *task.Cost
	replace   []string
	selection plan.SavedSelection
	// outside are the instances that the selection does not choose, once a plan is
	// made.
	outside map[task.Address]plan.Omission
	expand  expansion
	// only names the instances that download is about; nil for other commands.
	only func(task.Address) bool
	// saved is the plan that is being applied; nil if one is made and asked for.
	saved *savedPlan
	// allowUnpriced runs what has no price although there is a budget.
	allowUnpriced bool
	// allowInsufficientBalance goes as far as the money does.
	allowInsufficientBalance bool
	halt                     runner.Halt
	webhooks                 *webhooks // nil without -listen
	trace                    *trace    // nil without -trace
}

// preparePlanning reads the command line and the configuration, and finds state
// and endpoint; the selection is the caller's. It changes nothing and makes no
// call. The caller closes the endpoint.
func (p *program) preparePlanning(at *cli.Command, selection plan.SavedSelection) (*planning, error) {
	path, err := pathArgument(at)
	if err != nil {
		return nil, err
	}
	if err := takesConfiguration(path, commandName(at)); err != nil {
		return nil, err
	}
	if path == "-" && at.String("out") != "" {
		return nil, errors.New("-out needs a configuration in a file: apply reads it again, and standard input is gone by then")
	}
	w := &planning{
		operation: at.Name, catalog: p.catalogPath(at), replace: at.StringSlice("replace"), selection: selection,
		expand: expansionOf(at), allowUnpriced: at.Bool("allow-unpriced"),
	}
	if w.target, err = p.targetWithVariables(at, path); err != nil {
		return nil, err
	}
	w.target.Selection = selectionArguments(selection)
	if w.runBudget, err = budgetOf(at); err != nil {
		return nil, err
	}
	if w.spec, err = p.load(at, path); err != nil {
		return nil, err
	}
	if w.statePath, err = statePath(w.target); errors.As(err, new(*fileStateError)) && w.operation != "download" {
		return nil, fmt.Errorf("everything would be bought again: %w", err)
	} else if err != nil {
		return nil, err
	}
	if err := p.checkAppended(w.kept()); err != nil {
		return nil, err
	}
	if w.endpoint, err = p.connect(w.target, w.spec); err != nil {
		return nil, err
	}
	return w, nil
}

// prepareSelected is preparePlanning for the commands with flags that select.
func (p *program) prepareSelected(at *cli.Command) (*planning, error) {
	selection, err := selectionOf(at)
	if err != nil {
		return nil, err
	}
	return p.preparePlanning(at, selection)
}

// make makes the plan.
func (w *planning) make(k *state.Outline, resume bool) (*plan.Plan, error) {
	if k.Header.Endpoint != "" && k.Header.Endpoint != w.endpoint.name {
		return nil, &state.EndpointError{Path: w.statePath, Recorded: k.Header.Endpoint, Asked: w.endpoint.name}
	}
	replace, err := selectAddresses(w.replace, addressesOf(w.spec.Instances), "instance of the configuration")
	if err != nil {
		return nil, fmt.Errorf("-replace: %w", err)
	}
	selection, err := selecting(w.selection, w.spec.Instances)
	if err != nil {
		return nil, err
	}
	w.outside = selection.LeavesOut(w.spec.Instances)
	if err := checkReplace(w.replace, w.outside, w.spec.Instances); err != nil {
		return nil, err
	}
	options := plan.Options{
		Mask:         maskWith(k.Header.MaskKey),
		Replace:      func(a task.Address) bool { return replace[a] && w.saved.replaces(a) },
		Missing:      missingArtifacts(w.spec.Dir, k.Records),
		Resume:       resume,
		Selection:    selection,
		OutputPrefix: w.outputPrefix(),
		Download:     w.operation == "download",
	}
	if w.saved != nil && w.saved.rest != nil {
		options.Withhold = w.saved.rest.Withhold
	}
	made, err := plan.Make(w.spec, k.Records, options)
	if err != nil {
		return nil, err
	}
	return made, errors.Join(w.checkPrices(made), w.checkPlaces(made, k.Records))
}

// simulatedDir keeps the results of a rehearsal apart from those that are paid
// for, which may not replace them.
const simulatedDir = "simulated"

func (w *planning) outputPrefix() string {
	if w.target.Simulated {
		return simulatedDir
	}
	return ""
}

// checkPlaces refuses to buy what has no place on disk.
func (w *planning) checkPlaces(made *plan.Plan, records []*state.Record) error {
	err := runner.CheckPlaces(w.spec.Dir, made, records)
	var occupied *runner.OccupiedError
	if errors.As(err, &occupied) {
		return fmt.Errorf("%w\nIf another state made them, pass it with -state=PATH, and nothing is bought twice. "+
			"If they are somebody else's, or state rm took out the record that they belong to, move them away", err)
	}
	return err
}

func addressesOf(instances []*spec.Instance) []task.Address {
	addresses := make([]task.Address, len(instances))
	for i, instance := range instances {
		addresses[i] = instance.Address
	}
	return addresses
}

// missingArtifacts looks which recorded files are not on disk. One that cannot
// be looked at is missing too: fetching it says why.
func missingArtifacts(dir string, records []*state.Record) map[string]bool {
	missing := make(map[string]bool)
	look := func(artifacts []state.Artifact) {
		for _, artifact := range artifacts {
			info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(artifact.Path)))
			if err != nil || info.Size() != artifact.Bytes {
				missing[artifact.Path] = true
			}
		}
	}
	for _, r := range records {
		look(r.Artifacts)
		for _, past := range r.Past {
			look(past.Artifacts)
		}
	}
	return missing
}

// checkPrices refuses what a budget could not cover.
func (w *planning) checkPrices(p *plan.Plan) error {
	totals := p.Totals()
	unpriced := totals.Unpriced
	if len(unpriced) == 0 || w.allowUnpriced || w.runBudget == nil && !w.spec.Settings.HasBudget {
		return nil
	}
	models := slices.Sorted(maps.Keys(unpriced))
	model, _ := w.spec.Catalog.Lookup(models[0])
	why := ""
	for _, name := range models {
		if note := totals.PriceNotes[name]; note != "" {
			why += fmt.Sprintf("%s: %s\n", name, view.CleanLine(note))
		}
	}
	return fmt.Errorf("there is a budget, and nobody knows the price of %s\n%sWrite price = into a model block, as in\n"+
		"  model %q {\n    price = { usd = 0.05, per = %q }\n  }\nor pass -allow-unpriced to run it uncovered", strings.Join(models, ", "), why, models[0], model.Unit())
}

// view is the plan as it is shown.
func (w *planning) view(p *plan.Plan, k *state.Outline) (view.Plan, error) {
	listed, err := w.expand.listed(p)
	if err != nil {
		return view.Plan{}, err
	}
	shown := view.Plan{
		Plan: p, Target: w.target, Operation: w.operation, Expand: w.expand.all, Listed: listed, Now: time.Now(),
		BaseURL: w.endpoint.baseURL, BaseURLFrom: w.endpoint.from, Catalog: w.catalog,
		Committed: k.Committed, Reserved: k.Reserved, RunBudget: w.runBudget, Saved: w.saved.shown(),
	}
	if w.spec.Settings.HasBudget {
		shown.Budget = &w.spec.Settings.Budget
	}
	return shown, nil
}

// maxLeftOut is how many warnings are shown of what a plan leaves out, of each kind.
const maxLeftOut = 5

// showUnevaluated warns of the instances that a plan which buys nothing new could
// not evaluate, and of the blocks about records that it could not carry out.
func (p *program) showUnevaluated(made *plan.Plan, sources map[string]*hcl.File) {
	p.showLeftOut(made.Refused, sources, "The block is left out. What is paid for is collected all the same.",
		"cannot be carried out")
	p.showLeftOut(spec.JoinErrors(made.Unevaluated), sources, "The instance is left out. What it has bought is collected all the same.",
		"cannot be evaluated")
}

// showLeftOut shows the first of the errors that keep a plan from nothing as
// warnings, and counts the others. After each comes what is done in spite of it.
func (p *program) showLeftOut(err error, sources map[string]*hcl.File, after, what string) {
	var found hcl.Diagnostics
	if !errors.As(err, &found) { // as plan.Make and spec.JoinErrors say
		return
	}
	warnings := slices.Clone(found[:min(len(found), maxLeftOut)])
	for i, d := range warnings {
		warning := *d
		warning.Severity = hcl.DiagWarning
		warning.Detail += "\n\n" + after
		warnings[i] = &warning
	}
	p.view.Diagnostics(warnings, sources)
	if more := len(found) - len(warnings); more > 0 {
		p.view.Note(fmt.Sprintf("Note: %d more %s, and are left out in the same way.", more, what))
	}
}

// evaluationError shows what could not be evaluated; other errors pass.
func (p *program) evaluationError(err error, sources map[string]*hcl.File) error {
	var diagnostics hcl.Diagnostics
	if !errors.As(err, &diagnostics) {
		return err
	}
	p.view.Diagnostics(diagnostics, sources)
	return exitWith(exitError)
}
