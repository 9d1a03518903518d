package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func applyCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "plans, asks, and does it",
		ArgsUsage: "[PATH]",
		Description: "Plans, asks, and does it: submits, follows every task to its end, downloads. What was\n" +
			"cut off is simply run again; nothing that may have been paid for is submitted twice.",
		Flags: applyFlags(),
		Metadata: about(runExits,
			"apixo-batch apply -simulate jobs.hcl          # no key, no money",
			"apixo-batch apply -budget=5 jobs.hcl",
			"apixo-batch apply -auto-approve -json jobs.hcl"),
		Action: func(ctx context.Context, at *cli.Command) error { return p.apply(ctx, at, false) },
	}
}

// runExits are the exit codes of a run besides 0 and 1.
var runExits = []int{exitFailed, exitAgain, exitMoney, exitDoubt, exitLocked, exitInterrupted, exitTerminated}

// haltAfter is how many equal final failures in a row end submitting: the next
// would most likely fail alike, and cost as much.
const haltAfter = 10

// apply is apply and resume.
func (p *program) apply(ctx context.Context, at *cli.Command, resume bool) (err error) {
	p.choose(at.Bool("json"), at.Bool("no-color"), at.Bool("verbose"))
	w, err := p.preparePlanning(at)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, w.endpoint.close) }()
	if w.endpoint.api == nil {
		return errNoKey
	}
	parallelism, err := parallelismOf(at, w.spec.Settings)
	if err != nil {
		return err
	}
	store, err := p.open(at, w.statePath)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, store.Close) }()

	made, shown, err := p.planned(ctx, w, store, resume)
	if err != nil {
		return err
	}
	if !made.Pending() {
		p.outputs(w, store)
		return exitWith(codeOfPlan(made))
	}
	if err := p.permit(at, made, shown); err != nil {
		return err
	}
	return p.carryOut(ctx, w, store, made, shown, parallelism)
}

// open opens the state under its lock.
func (p *program) open(at *cli.Command, path string) (*state.Store, error) {
	timeout, err := lockTimeoutOf(at)
	if err != nil {
		return nil, err
	}
	store, err := state.Open(path, state.OpenOptions{
		Operation: strings.TrimPrefix(at.FullName(), "apixo-batch "), Tool: "apixo-batch " + version(), LockTimeout: timeout,
	})
	if err != nil {
		return nil, err
	}
	for _, notice := range store.Notices() {
		p.view.Note(notice)
	}
	return store, nil
}

// planned makes the plan and shows it, with the balance if it spends anything.
func (p *program) planned(ctx context.Context, w *planning, store *state.Store, resume bool) (*plan.Plan, view.Plan, error) {
	k := known{store.Header(), store.Records(), store.Committed()}
	made, err := w.make(k, resume)
	if err != nil {
		return nil, view.Plan{}, p.evaluationError(err, w.spec.Sources)
	}
	shown := w.view(made, k)
	if made.Totals().Paying() > 0 {
		if err := w.readBalance(ctx, &shown); err != nil {
			return nil, view.Plan{}, err
		}
	}
	p.view.Plan(shown)
	return made, shown, nil
}

// permit stops what the balance does not cover or the user does not want.
func (p *program) permit(at *cli.Command, made *plan.Plan, shown view.Plan) error {
	totals := made.Totals()
	if totals.Paying() == 0 {
		return nil // what is left to do is paid for
	}
	if need := needed(shown); shown.Balance != nil && *shown.Balance < need && !at.Bool("allow-insufficient-balance") {
		return &exitStatus{exitMoney, fmt.Errorf("the balance of %s is below the %s that this may cost; nothing was submitted. "+
			"Top up, set -budget, or pass -allow-insufficient-balance to go as far as the money does", *shown.Balance, need)}
	}
	if at.Bool("auto-approve") {
		return nil
	}
	if at.Bool("json") {
		return errors.New("-json cannot ask: pass -auto-approve too; nothing was submitted")
	}
	return p.approve(shown)
}

// needed is what the plan's first attempts may cost, as far as the budgets let it.
func needed(shown view.Plan) task.Cost {
	need := shown.Totals().High
	if shown.RunBudget != nil {
		need = min(need, *shown.RunBudget)
	}
	if shown.Budget != nil {
		need = min(need, max(0, *shown.Budget-shown.Committed))
	}
	return need
}

// carryOut runs the plan and shows what it came to.
func (p *program) carryOut(ctx context.Context, w *planning, store *state.Store, made *plan.Plan, shown view.Plan, parallelism int) error {
	if err := store.SetEndpoint(w.endpoint.name); err != nil {
		return err
	}
	r := runner.New(runner.Options{
		API: w.endpoint.api, Store: store, Files: w.endpoint.files, Dir: w.spec.Dir, Catalog: w.spec.Catalog,
		Run: time.Now().UTC().Format("20060102T150405.000Z"), Parallelism: parallelism,
		Budget: shown.Budget, RunBudget: w.runBudget,
		MaxRetryWait: w.spec.Settings.MaxRetryWait, HaltAfter: haltAfter,
		Observe: p.view.Event,
	})
	p.view.Begin(shown)
	summary, caught, err := p.run(ctx, r, made, shown)
	if caught != nil && errors.Is(err, context.Canceled) {
		err = nil // it ended as it was asked to
	}
	code := codeOf(summary)
	switch {
	case err != nil:
		code = exitError
	case caught != nil:
		code = caught.exitCode()
	}
	totals := made.Totals()
	p.view.Summary(view.Summary{
		Summary: summary, Target: w.target, Operation: w.operation, Low: totals.Low, High: totals.High,
		Interrupted: caught.String(), Pending: len(summary.Left) > 0 || made.Withheld > 0, ExitCode: code,
	})
	p.outputs(w, store)
	if err != nil {
		return err
	}
	return exitWith(code)
}

// run runs the plan until it is done or a signal ends it.
func (p *program) run(ctx context.Context, r *runner.Runner, made *plan.Plan, shown view.Plan) (runner.Summary, *caught, error) {
	ctx, signals := p.listen(ctx, r, shown.Target)
	ticking, stop := context.WithCancel(ctx)
	var ticker sync.WaitGroup
	ticker.Go(func() { tick(ticking, p.view) })
	summary, err := r.Run(ctx, made)
	stop()
	ticker.Wait()
	return summary, signals.end(), err
}

// tick tells the view that time passes, which a live line shows.
func tick(ctx context.Context, v view.View) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			v.Tick()
		case <-ctx.Done():
			return
		}
	}
}

// outputs shows the values of the output blocks, as far as they are known.
func (p *program) outputs(w *planning, store *state.Store) {
	outputs, diagnostics := w.spec.EvalOutputs(func(a task.Address) (task.Outcome, bool) {
		record, found := store.Record(a)
		if !found {
			return task.Outcome{}, false
		}
		return record.Outcome()
	})
	if len(diagnostics) > 0 {
		p.view.Diagnostics(diagnostics, w.spec.Sources)
	}
	if len(outputs) > 0 {
		p.view.Outputs(outputs)
	}
}
