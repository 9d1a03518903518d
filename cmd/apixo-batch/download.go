package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func downloadCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "download",
		Usage:     "fetches what is paid for and not on disk",
		ArgsUsage: "[PATH]",
		Description: "Fetches the files of every result that is paid for and not on disk, or not in the size\n" +
			"that was saved. Buys nothing, ever, and retries no task, so it puts no question.\n" +
			"\n" +
			"A task that still runs is asked for once: if it is done its files are fetched too, else\n" +
			"resume collects it later. Also fetched is the result of a request that has changed since or\n" +
			"is not declared any more. A URL that is dead is asked for anew, once: APIXO keeps results\n" +
			"for 24 hours.\n" +
			"\n" +
			actionsHelp,
		Flags: append(slices.Concat(stateFlags(), variableFlags(), progressFlags()),
			&cli.StringSliceFlag{Name: "target", Usage: "fetch only `ADDRESS`; * and ? match anything; may be repeated"},
			jsonFlag(),
			jsonIntoFlag(),
			&cli.IntFlag{Name: "parallelism", DefaultText: "32, or the configuration's", Usage: "ask for `N` tasks at the same time"},
			acceptRollbackFlag(), ciSummaryFlag(), lockTimeoutFlag()),
		Metadata: about(exitCodes{
			exitDone:   "all that is paid for is on disk",
			exitFailed: "a result expired before it was fetched, or a task that was asked for has failed",
			exitAgain:  "a task still runs, or a download failed: a rerun helps",
			exitDoubt:  "", exitLocked: "", exitInterrupted: "", exitTerminated: "",
		}, "apixo-batch download jobs.hcl", `apixo-batch download -target='task.hero["c*"]' jobs.hcl`),
		Action: func(ctx context.Context, at *cli.Command) error { return p.download(ctx, at) },
	}
}

// download is an apply whose every purchase is left out.
func (p *program) download(ctx context.Context, at *cli.Command) (err error) {
	if err := p.chooseProgress(at); err != nil {
		return err
	}
	w, err := p.preparePlanning(at, plan.SavedSelection{}) // -target is about what is fetched
	if err != nil {
		return err
	}
	defer func() { err = closing(err, w.endpoint.close) }()
	if !stateExists(w.statePath) {
		return noState(at, w.target, w.statePath)
	}
	if w.endpoint.api == nil {
		return fmt.Errorf("%w, or pass -simulate for what was simulated", errNoKey)
	}
	summary, err := p.ciSummaryFile(at, w.kept())
	if err != nil {
		return err
	}
	parallelism, err := p.parallelismOf(at, w.spec.Settings)
	if err != nil {
		return err
	}
	store, err := p.open(at, w.statePath)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, store.Close) }()

	made, shown, err := p.fetchable(at, w, store)
	if err != nil {
		return err
	}
	p.view.Plan(shown)
	if !shown.Pending() && !asks(shown.Plan, store) {
		p.writeCISummary(at, w, summary)
		return exitWith(codeOfPlan(shown.Plan))
	}
	ran := p.carryOut(ctx, w, store, made, shown, parallelism)
	p.writeCISummary(at, w, summary)
	return ran
}

// fetchable plans the download. What is shown, and told at the end, is what
// matters to it: what is fetched or asked for, moved, in doubt, or expired.
func (p *program) fetchable(at *cli.Command, w *planning, store *state.Store) (*plan.Plan, view.Plan, error) {
	k := store.Outline()
	made, err := w.make(k, false)
	if err != nil {
		return nil, view.Plan{}, p.evaluationError(err, w.spec.Sources)
	}
	p.showUnevaluated(made, w.spec.Sources)
	patterns := at.StringSlice("target")
	chosen, err := selectActions("-target", patterns, made)
	if err != nil {
		return nil, view.Plan{}, err
	}
	relevant := make(map[task.Address]bool)
	for i := range made.Actions {
		a := &made.Actions[i]
		relevant[a.Address] = (len(patterns) == 0 || chosen[a.Address]) && (a.Collects() || a.InDoubt() || expired(a) || runner.Asks(store, a))
	}
	w.only = func(a task.Address) bool { return relevant[a] }
	part := *made
	part.Actions = nil
	for _, a := range made.Actions {
		if _, moved := a.Moved(); moved || relevant[a.Address] {
			part.Actions = append(part.Actions, a)
		}
	}
	shown, err := w.view(&part, k)
	return made, shown, err
}

// expired reports whether a declared result is lost: it was paid for, and cannot be
// had any more.
func expired(a *plan.Action) bool {
	return a.Kind == plan.Blocked && a.Reason == plan.FailedForGood && a.Prior.Status == state.Succeeded
}
