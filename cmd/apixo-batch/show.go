package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func showCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "shows the whole state, or a saved plan",
		ArgsUsage: "[PATH or PLANFILE]",
		Description: "Shows the whole state: of every record its status and what to do about it, its task,\n" +
			"price, times, input, files and earlier tasks. Takes no lock and calls nobody.\n" +
			"\n" +
			"For less: state show ADDRESS shows one record, state list the addresses, status the sums.\n" +
			"\n" +
			"With a PLANFILE, made by plan -out, shows the plan as it was saved: what it rests on, every\n" +
			"action, what it costs, and whether it was applied.\n" +
			"\n" +
			"-json writes one object. That of a state has .counts, .committed and .records[]: the fields\n" +
			"of state show, but money as decimal text, such as .cost, and .next, the command to go on\n" +
			"with; .values has them as terraform show does. That of a plan has .cost, whose .at_most\n" +
			"counts every retry as far as .budget leaves money for it, .applied, .planned_values,\n" +
			".prior_state while that is what the plan was made against, and .resource_changes[]:\n" +
			".address, .change.actions, before, after, after_unknown and after_sensitive in Terraform's\n" +
			"words, .action and .reason in ours, .cost, and .fingerprint or .after. What is sensitive in\n" +
			"an input stands as (sensitive).\n" +
			fmt.Sprintf("A plan holds at most %d MiB of inputs. Later actions have no input in\n", plan.MaxInputs>>20) +
			".change.after; all else of them is there.",
		Flags: append(stateFlags(), &cli.BoolFlag{Name: "json", Usage: "write one JSON object"}),
		Metadata: about(nil, "apixo-batch show jobs.hcl", "apixo-batch show jobs.plan                    # what plan -out saved",
			`apixo-batch show -json | jq '.records[] | select(.status == "failed")'`,
			"apixo-batch show -json jobs.plan | jq -r '.resource_changes[].address'"),
		Action: func(_ context.Context, at *cli.Command) error { return p.showWhole(at) },
	}
}

func (p *program) showWhole(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	saved, err := readSavedPlan(path)
	if err != nil {
		return err
	}
	if saved != nil {
		return p.showPlanFile(at, path, saved)
	}
	return p.showState(at, path)
}

func (p *program) showState(at *cli.Command, path string) error {
	target, file, err := p.locate(at)
	if err != nil {
		return err
	}
	if err := somethingThere(path, file); err != nil {
		return err
	}
	info, held, err := state.Holder(file) // before the records: see status
	if err != nil {
		return err
	}
	_, c, err := p.existing(at, path)
	if err != nil {
		return err
	}
	known := c.Outline()
	s := view.Status{
		Target: target, Path: file, Header: c.Header, Records: c.Records, Committed: known.Committed, Reserved: known.Reserved,
		Missing: missingArtifacts(directoryOf(path), known.Records), Now: time.Now(),
	}
	if held {
		s.Holder = &info
	}
	if at.Bool("json") {
		return view.WriteStateJSON(p.stdout, s, c.Spends)
	}
	return view.WriteState(p.stdout, p.style(p.out, at.Bool("no-color")), s)
}

func (p *program) showPlanFile(at *cli.Command, path string, saved *plan.Saved) error {
	if err := checkSavedFlags(at, path, saved); err != nil {
		return err
	}
	f := view.PlanFile{Saved: saved, Path: path, Target: p.targetOfSaved(path, saved)}
	var err error
	if f.StatePath, err = statePath(f.Target); err != nil {
		f.Progress.Unknown = err.Error()
	} else {
		f.Progress, f.Prior = progressOf(saved, f.StatePath)
	}
	if at.Bool("json") {
		return view.WritePlanFileJSON(p.stdout, f)
	}
	return view.WritePlanFile(p.stdout, p.style(p.out, at.Bool("no-color")), f)
}

// targetOfSaved is what a saved plan was made for. Whoever applies it gives the
// values again that it does not hold.
func (p *program) targetOfSaved(path string, saved *plan.Saved) view.Target {
	target := view.Target{
		Chdir: p.chdir, Path: saved.Configuration, State: saved.State, Simulated: saved.Simulated,
		Vars: shownVariables(savedVariables(saved)), Plan: path,
	}
	if saved.Catalog != "" {
		target.Vars = append(target.Vars, "-catalog="+saved.Catalog)
	}
	if saved.Selection != nil {
		target.Selection = selectionArguments(*saved.Selection)
	}
	for _, name := range saved.VariableNames {
		if _, held := saved.Variables[name]; !held {
			target.PlanVars = append(target.PlanVars, shownVariables([]spec.VarAssignment{{Name: name}})...)
		}
	}
	return target
}

// progressOf reads from the state what became of a saved plan, and the records that it
// was made against if they are still those.
func progressOf(saved *plan.Saved, file string) (progress view.PlanProgress, prior []state.Record) {
	contents, err := state.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return view.PlanProgress{Unknown: fmt.Sprintf("the state %s is not here", file)}, nil
	case err != nil:
		return view.PlanProgress{Unknown: err.Error()}, nil
	case contents.Header.Lineage != saved.Lineage:
		return view.PlanProgress{Stale: fmt.Sprintf("the state %s is not the one that it was made against", file)}, nil
	}
	progress = view.PlanProgress{Committed: saved.Rest(contents.Spends).Committed()}
	for _, approval := range contents.Approvals {
		if approval.Plan == saved.Nonce {
			progress.Begun = approval.At
		}
	}
	if progress.Begun.IsZero() && contents.Header.Changes != saved.Changes {
		progress.Stale = fmt.Sprintf("the state %s has changed since it was made", file)
	}
	submitted := make(map[task.Address]bool)
	for _, spend := range contents.Spends {
		if spend.Plan == saved.Nonce && spend.ReleasedAt.IsZero() {
			submitted[spend.Address] = true
		}
	}
	progress.Submitted = len(submitted)
	if contents.Header.Changes == saved.Changes {
		prior = append([]state.Record{}, contents.Records...)
	}
	return progress, prior
}
