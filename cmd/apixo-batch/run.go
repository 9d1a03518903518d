package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// carryOut runs the plan and shows what it came to.
func (p *program) carryOut(ctx context.Context, w *planning, store *state.Store, made *plan.Plan, shown view.Plan, parallelism int) error {
	name := time.Now().UTC().Format("20060102T150405.000Z")
	if err := w.saved.begin(store, name); err != nil {
		return err
	}
	if err := store.SetEndpoint(w.endpoint.name); err != nil {
		return err
	}
	r := runner.New(runner.Options{
		API: w.endpoint.api, Store: store, Files: w.endpoint.files, Dir: w.spec.Dir, Disk: p.disk, Catalog: w.spec.Catalog,
		Run: name, Plan: w.saved.nonce(), Errored: erroredPlaces(store.Path(), name), Parallelism: parallelism,
		Budget: shown.Budget, RunBudget: w.runBudget,
		CallsPerMinute: w.spec.Settings.CallsPerMinute,
		AllowUnpriced:  w.allowUnpriced,
		MaxRetryWait:   w.spec.Settings.MaxRetryWait, Halt: w.halt,
		AllowInsufficientBalance: w.allowInsufficientBalance,
		AskOnce:                  w.only != nil, Only: w.only,
		CallbackURL: w.webhooks.url(),
		Observe:     w.trace.observing(p.view.Event), Log: p.log,
	})
	spareMemory(made)
	shown.TimeLeft = r.TimeLeft
	p.view.Begin(shown)
	summary, caught, err := p.run(ctx, r, made, shown, w.webhooks)
	if caught != nil && errors.Is(err, context.Canceled) && !errors.Is(err, runner.ErrState) {
		err = nil // it ended as it was asked to
	}
	code := codeOf(summary)
	switch {
	case err != nil:
		code = exitError
	case caught != nil:
		code = caught.exitCode()
	}
	totals := shown.Totals()
	p.view.Summary(view.Summary{
		Summary: summary, Target: w.target, Operation: w.operation, Low: totals.Low, High: totals.High, Codes: w.spec.Catalog,
		Interrupted: caught.String(), Pending: unsubmitted(shown.Plan, summary), ExitCode: code,
		Evidence: evidenceAfter(summary, store), LeftOut: totals.LeftOut, Outside: w.outside,
		Results: w.resultsIn(shown, store.Record), Shortfall: w.shortfall(shown.Plan, summary, store),
	})
	p.outputs(w, store)
	if err != nil {
		return withAdvice(err, w.target)
	}
	return exitWith(code)
}

// evidenceAfter is what the balance says of the doubts that a run ended with.
func evidenceAfter(s runner.Summary, store *state.Store) *runner.Evidence {
	if len(s.InDoubt) == 0 {
		return nil
	}
	return runner.WeighBalance(store.Readings(), store.Spends(), store.Records())
}

// run runs the plan until it is done or a signal ends it.
func (p *program) run(ctx context.Context, r *runner.Runner, made *plan.Plan, shown view.Plan, hooks *webhooks) (runner.Summary, *caught, error) {
	ctx, signals := p.listen(ctx, r, shown.Target)
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	resized, quiet := notifyResize()
	var follower sync.WaitGroup
	follower.Go(func() { p.view.Follow(following, resized) })
	defer func() { stop(); follower.Wait(); quiet() }()
	summary, err := hooks.during(ctx, r, made, p.view)
	return summary, signals.end(), err
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
