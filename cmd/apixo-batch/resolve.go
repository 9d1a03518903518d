package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/state"
)

func resolveCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "resolve",
		Usage:     "settles submits whose outcome is not known",
		ArgsUsage: "[ADDRESS...] [PATH]",
		Description: "Settles submits whose outcome is not known; without ADDRESS, lists them and what is\n" +
			"known of each, and exits 6 if there are any. Nothing is submitted by this command.\n" +
			"\n" +
			"APIXO's dashboard, the balance or its support can tell whether a task exists. In an\n" +
			"ADDRESS, * and ? match anything, and only what is in doubt is settled by it. Where it\n" +
			"matches nothing in doubt, -not-charged gives back what failed tasks, and submits\n" +
			"repeated after a 5xx, were taken to cost.",
		Flags: append(append(stateFlags(), variableFlags()...), lockTimeoutFlag(), acceptRollbackFlag(),
			&cli.StringFlag{Name: "task-id", Usage: "it was accepted as task `ID`; the next apply collects it"},
			&cli.BoolFlag{Name: "not-charged", Usage: "nothing was created or charged; the next apply submits again"},
			&cli.BoolFlag{Name: "resubmit", Usage: "nobody knows; the next apply submits again and may pay twice"},
			&cli.StringFlag{Name: "submit", Usage: "only if the submit in doubt is `NONCE`, as the list names it"},
			&cli.BoolFlag{Name: "accept-earlier-task", Usage: "with -task-id: take a task that the API says is older than the submit"},
			&cli.StringFlag{Name: "errored", Usage: "take back the task IDs in `FILE`, which a run wrote when it could not write the state"},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask"},
			&cli.BoolFlag{Name: "json", Usage: "write the list as one JSON object"},
		),
		Metadata: about(exitCodes{exitDoubt: "", exitLocked: ""},
			"apixo-batch resolve jobs.hcl",
			`apixo-batch resolve 'task.hero["cat"]' -task-id=task_12345678 jobs.hcl`,
			"apixo-batch resolve 'task.hero*' -not-charged jobs.hcl",
			"apixo-batch resolve -errored=jobs.state.errored-20261122T172001.jsonl jobs.hcl"),
		Action: func(ctx context.Context, at *cli.Command) error { return p.resolve(ctx, at) },
	}
}

func (p *program) resolve(ctx context.Context, at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	patterns, path, err := patternsAndPath(at)
	if err != nil {
		return err
	}
	if err := oneWay(at, patterns); err != nil {
		return err
	}
	file, err := p.existingState(at, path)
	if err != nil {
		return err
	}
	target, err := p.targetWithVariables(at, path)
	if err != nil {
		return err
	}
	if len(patterns) == 0 && !at.IsSet("errored") {
		return p.listDoubts(ctx, at, file, target)
	}
	return p.withStore(at, file, func(store *state.Store) error {
		if at.IsSet("errored") {
			return p.takeBack(at.String("errored"), store, target)
		}
		return p.settleDoubts(ctx, at, store, patterns, target)
	})
}

// oneWay checks that exactly one way of settling was chosen, or none for the
// list.
func oneWay(at *cli.Command, patterns []string) error {
	chosen := 0
	for _, set := range []bool{at.IsSet("task-id"), at.Bool("not-charged"), at.Bool("resubmit"), at.IsSet("errored")} {
		if set {
			chosen++
		}
	}
	switch {
	case at.Bool("accept-earlier-task") && !at.IsSet("task-id"):
		return errors.New("-accept-earlier-task goes with -task-id only")
	case at.IsSet("submit") && (at.IsSet("errored") || len(patterns) == 0):
		return errors.New("-submit goes with the ADDRESS whose submit it names")
	case at.IsSet("errored") && (chosen > 1 || len(patterns) > 0):
		return errors.New("-errored goes with no ADDRESS and no other way of settling: the file says what each submit was accepted as")
	case at.Bool("json") && (len(patterns) > 0 || at.IsSet("errored")):
		return errors.New("-json goes with the list only, without ADDRESS and -errored")
	case at.IsSet("errored") && at.IsSet("auto-approve"):
		return errors.New("-auto-approve says nothing with -errored, which asks nothing")
	case at.IsSet("errored"):
		return nil
	case len(patterns) == 0 && chosen > 0:
		return errors.New("resolve needs the ADDRESS of what it settles; '*' stands for all that is in doubt")
	case len(patterns) > 0 && chosen != 1:
		return errors.New("resolve needs exactly one of -task-id=ID, -not-charged and -resubmit")
	case len(patterns) == 0:
		return listOnly(at)
	}
	return nil
}

// listOnly refuses, for the list, the flags of what settles: it neither asks nor
// locks the state.
func listOnly(at *cli.Command) error {
	for _, name := range []string{"auto-approve", "lock-timeout", "accept-rollback"} {
		if at.IsSet(name) {
			return fmt.Errorf("-%s says nothing without ADDRESS: the list asks nothing and takes no lock", name)
		}
	}
	return nil
}

// settleDoubts settles what the patterns select, after asking.
func (p *program) settleDoubts(ctx context.Context, at *cli.Command, store *state.Store, patterns []string, t view.Target) error {
	picked, err := selectRecords(store, patterns, at.Bool("not-charged") && !at.IsSet("submit"))
	if err != nil {
		return err
	}
	if at.IsSet("submit") {
		if err := onlySubmit(at.String("submit"), picked.records); err != nil {
			return err
		}
	}
	if at.IsSet("task-id") && len(picked.records) != 1 {
		return fmt.Errorf("-task-id is about one submit, and %d are in doubt there: name one", len(picked.records))
	}
	var found *runner.FoundTask
	if at.IsSet("task-id") {
		if found, err = p.findTask(ctx, at, store, picked.records[0], t); err != nil {
			return err
		}
	}
	if !at.Bool("auto-approve") {
		if err := p.askToSettle(at, store, picked, found); err != nil {
			return err
		}
	}
	if found != nil {
		err = p.confirm(store, found)
	} else {
		err = p.settleEach(at, store, picked)
	}
	if err == nil && picked.doubts {
		fmt.Fprintf(p.stdout, "Next: %s\n", t.Command("apply"))
	}
	return err
}

func (p *program) settleEach(at *cli.Command, store *state.Store, picked selection) error {
	settle := runner.ResolveNotCharged
	if at.Bool("resubmit") {
		settle = runner.ResolveResubmit
	}
	by := whoAmI()
	for _, r := range picked.records {
		amount := amountText(releasedBy(store, r))
		if err := settle(store, r.Address, by); err != nil {
			return err
		}
		switch {
		case !picked.doubts:
			fmt.Fprintf(p.stdout, "%s is settled: what it was taken to cost no longer counts as spent (%s).\n", r.Address, amount)
		case at.Bool("resubmit"):
			fmt.Fprintf(p.stdout, "%s is settled: it will be submitted again, and %s stays reserved.\n", r.Address, amount)
		default:
			fmt.Fprintf(p.stdout, "%s is settled: it will be submitted again, and %s no longer counts as spent.\n", r.Address, amount)
		}
	}
	return nil
}

// onlySubmit refuses to settle another submit than the one that is meant.
func onlySubmit(nonce string, records []state.Record) error {
	if len(records) != 1 {
		return fmt.Errorf("-submit is about one submit, and %d are in doubt there: name one", len(records))
	}
	if r := records[0]; r.Nonce != nonce {
		return fmt.Errorf("%s is in doubt with submit %s, not with %s, of which there is nothing to settle", r.Address, r.Nonce, nonce)
	}
	return nil
}

// findTask asks the API for the task that a doubt is said to be. One that is
// older than the submit needs a person, or the flag, to say that a clock is wrong.
func (p *program) findTask(ctx context.Context, at *cli.Command, store *state.Store, r state.Record, t view.Target) (*runner.FoundTask, error) {
	e, err := p.connectState(at, store.Path(), store.Header().Endpoint, t)
	if err != nil {
		return nil, err
	}
	found, err := runner.FindTask(ctx, e.api, e.log, store, r.Address, at.String("task-id"))
	if err = closing(err, e.close); err != nil {
		return nil, err
	}
	if found.Earlier() > 0 && at.Bool("auto-approve") && !at.Bool("accept-earlier-task") {
		return nil, fmt.Errorf("%s; it looks like another task: if the clock of this machine was wrong, pass -accept-earlier-task", earlierText(found))
	}
	return found, nil
}

// earlierText says that a task is older than its submit.
func earlierText(f *runner.FoundTask) string {
	return fmt.Sprintf("the API says that task %q was created at %s, which is %s before %s was submitted at %s", f.TaskID,
		f.CreatedAt.UTC().Format(time.DateTime+" UTC"), f.Earlier().Round(time.Second), f.Submit.Address, f.SubmittedAt.UTC().Format(time.DateTime+" UTC"))
}

// confirm records a task ID that the API knows.
func (p *program) confirm(store *state.Store, found *runner.FoundTask) error {
	if err := runner.ResolveTaskID(store, found, whoAmI()); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s is settled: it is task %s, and the next apply collects it.\n", found.Submit.Address, view.Clean(found.TaskID))
	return nil
}

// connectState reaches the endpoint that a state belongs to. The configuration
// may name it; without one that can be read, the environment must.
func (p *program) connectState(at *cli.Command, path, recorded string, t view.Target) (*endpoint, error) {
	var s *spec.Spec
	if !t.Simulated && p.env(baseURLVariable) == "" {
		var err error
		if s, err = p.loadSettings(at, t.Path); err != nil {
			return nil, err
		}
	}
	e, err := p.connect(t, s)
	if err != nil {
		return nil, err
	}
	if e.api == nil {
		return nil, errNoKey
	}
	if recorded != "" && recorded != e.name {
		err := &state.EndpointError{Path: path, Recorded: recorded, Asked: e.name}
		return nil, closing(err, e.close)
	}
	return e, nil
}

// whoAmI is user@host, for the ledger.
func whoAmI() string {
	name, host := state.Who()
	return name + "@" + host
}
