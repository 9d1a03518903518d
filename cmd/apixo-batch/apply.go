package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

func applyCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "plans, asks, and does it",
		ArgsUsage: "[PATH or PLANFILE]",
		Description: "Plans, asks, and does it: submits, follows every task to its end, downloads. What was\n" +
			"cut off is simply run again; nothing that may have been paid for is submitted twice.\n" +
			"\n" +
			"A PLANFILE, made by plan -out, is carried out without a question: exactly what it lists,\n" +
			"and once. If configuration, data, prices or state differ from the plan, nothing is\n" +
			"submitted and the exit code is 1. After an interruption the same command goes on with\n" +
			"what is left, and collects what runs. Applied again when all is done, it does nothing and\n" +
			"exits 0. What failed under the plan is not bought again by it: exit code 1, plan again.\n" +
			"\n" +
			selectionHelp + "\n\n" +
			webhookHelp + "\n\n" +
			traceHelp + "\n\n" +
			actionsHelp,
		Flags: append(applyFlags(), replaceFlag()),
		Metadata: about(runExits,
			"apixo-batch apply -simulate jobs.hcl          # no key, no money",
			"apixo-batch apply -limit=3 jobs.hcl           # a pilot; then the rest without",
			`apixo-batch apply -target='task.hero["cat"]' jobs.hcl`,
			"apixo-batch apply -budget=5 jobs.hcl",
			"apixo-batch apply -auto-approve -json jobs.hcl",
			"apixo-batch apply -trace=trace.tsv jobs.hcl",
			"apixo-batch apply -json-into=events.jsonl jobs.hcl",
			"apixo-batch apply -ci-summary=summary.md jobs.hcl",
			"apixo-batch apply -simulate -listen=127.0.0.1:0 jobs.hcl   # with webhooks",
			"apixo-batch apply jobs.plan                   # what plan -out=jobs.plan saved"),
		Action: func(ctx context.Context, at *cli.Command) error { return p.apply(ctx, at, false) },
	}
}

// asks reports whether a run asks for tasks that its plan does not show: what webhooks
// named, and earlier ones of which something is not on disk.
func asks(made *plan.Plan, store *state.Store) bool {
	return slices.ContainsFunc(made.Actions, func(a plan.Action) bool { return runner.Asks(store, &a) })
}

// awaits reports whether webhooks may still settle submits in doubt, and tells how long
// they are waited for.
func (p *program) awaits(made *plan.Plan) bool {
	var until time.Time
	for i := range made.Actions {
		if at := runner.AwaitsUntil(&made.Actions[i]); at.After(until) {
			until = at
		}
	}
	if !until.After(time.Now()) {
		return false
	}
	p.view.Note(fmt.Sprintf("A webhook may still tell what came of what is in doubt: the run waits for that until %s at most.", until.Local().Format(time.TimeOnly)))
	return true
}

// runExits are the exit codes of a run.
var runExits = exitCodes{
	exitError:  "usage, configuration, key, I/O, refused prompt: nothing (more) was submitted",
	exitFailed: "", exitAgain: "", exitMoney: "", exitDoubt: "", exitLocked: "", exitInterrupted: "", exitTerminated: "",
}

// apply is apply and resume.
func (p *program) apply(ctx context.Context, at *cli.Command, resume bool) (err error) {
	if err := p.chooseProgress(at); err != nil {
		return err
	}
	w, err := p.prepareApply(at, resume)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, w.endpoint.close) }()
	if w.endpoint.api == nil {
		return fmt.Errorf("%w, or pass -simulate to try without one", errNoKey)
	}
	summary, err := p.ciSummaryFile(at, w.kept())
	if err != nil {
		return err
	}
	parallelism, err := p.parallelismOf(at, w.spec.Settings)
	if err != nil {
		return err
	}
	w.allowInsufficientBalance = at.Bool("allow-insufficient-balance")
	if w.halt, err = haltOf(at); err != nil {
		return err
	}
	if w.webhooks, err = p.listenForWebhooks(at, w.endpoint); err != nil {
		return err
	}
	defer func() { err = closing(err, w.webhooks.close) }()
	w.target.Webhooks = webhookArguments(at)
	if w.trace, err = p.openTrace(at, w.kept()); err != nil {
		return err
	}
	defer func() { err = closing(err, w.trace.close) }()
	store, err := p.open(at, w.statePath)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, store.Close) }()

	if w.saved != nil {
		if err := w.bind(store); err != nil {
			return err
		}
	}
	made, shown, err := p.planned(ctx, at, w, store, resume)
	if err != nil {
		return err
	}
	awaited := w.webhooks != nil && p.awaits(made)
	if !made.Pending() && !asks(made, store) && !awaited {
		p.outputs(w, store)
		p.writeCISummary(at, w, summary)
		return p.idle(w, made)
	}
	if err := acceptLosses(at, store, made, resume); err != nil {
		return err
	}
	if err := p.permit(at, w, made, shown); err != nil {
		return err
	}
	ran := p.carryOut(ctx, w, store, made, shown, parallelism)
	p.writeCISummary(at, w, summary)
	return w.withLeftOut(ran, made)
}

// prepareApply reads what is to be applied: a configuration or, for apply, a
// saved plan.
func (p *program) prepareApply(at *cli.Command, resume bool) (*planning, error) {
	path, err := pathArgument(at)
	if err != nil {
		return nil, err
	}
	if path == "-" || resume {
		return p.prepareSelected(at)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist; pass a .hcl file, a directory that holds some, or a plan saved with plan -out.%s", path, meantPath(path))
	}
	saved, err := readSavedPlan(path)
	if err != nil {
		return nil, err
	}
	if saved == nil {
		return p.prepareSelected(at)
	}
	return p.prepareSaved(at, path, saved)
}

// openOptions are those of every command that locks the state at path.
func (p *program) openOptions(at *cli.Command, path string) (state.OpenOptions, error) {
	timeout, err := lockTimeoutOf(at)
	return state.OpenOptions{
		Operation: commandName(at), Tool: "apixo-batch " + version(), LockTimeout: timeout, Disk: p.disk,
		Seen: p.seenDir(path), AcceptRollback: at.Bool("accept-rollback"),
	}, err
}

// open opens the state under its lock.
func (p *program) open(at *cli.Command, path string) (*state.Store, error) {
	options, err := p.openOptions(at, path)
	if err != nil {
		return nil, err
	}
	if dir := filepath.Dir(path); at.IsSet("state") {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("-state=%s: the directory %s does not exist", path, dir)
		}
	}
	store, err := state.Open(path, options)
	if err != nil {
		return nil, err
	}
	for _, notice := range store.Notices() {
		p.view.Note(notice)
		p.logNotice(notice)
	}
	if !at.IsSet("errored") {
		p.adoptErrored(store)
	}
	return store, nil
}

// planned makes the plan and shows it, with the balance if it spends anything.
func (p *program) planned(ctx context.Context, at *cli.Command, w *planning, store *state.Store, resume bool) (*plan.Plan, view.Plan, error) {
	k := store.Outline()
	made, err := w.make(k, resume)
	if err != nil {
		return nil, view.Plan{}, p.evaluationError(err, w.spec.Sources)
	}
	p.showUnevaluated(made, w.spec.Sources)
	if w.saved != nil {
		if err := w.compare(made); err != nil {
			return nil, view.Plan{}, err
		}
	} else if err := p.warnDuplicates(at, w, made); err != nil {
		return nil, view.Plan{}, err
	}
	shown, err := w.view(made, k)
	if err != nil {
		return nil, view.Plan{}, err
	}
	if made.Totals().Paying() > 0 {
		if err := p.canApprove(at, w); err != nil {
			return nil, view.Plan{}, err
		}
		if err := w.readBalance(ctx, &shown); err != nil {
			return nil, view.Plan{}, err
		}
	}
	p.view.Plan(shown)
	return made, shown, nil
}
