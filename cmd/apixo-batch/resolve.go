package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"

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
			"known of each, and exits 6 if there are any. APIXO's dashboard, the balance or its\n" +
			"support can tell whether a task exists; nothing is submitted by this command itself.\n" +
			"In an ADDRESS, * and ? match anything, and only what is in doubt is settled by it.\n" +
			"Where it matches nothing in doubt, -not-charged gives back what failed tasks, and submits\n" +
			"repeated after a 5xx, were taken to cost.",
		Flags: append(append(stateFlags(), variableFlags()...), lockTimeoutFlag(), acceptRollbackFlag(),
			&cli.StringFlag{Name: "task-id", Usage: "it was accepted as task `ID`; the next apply collects it"},
			&cli.BoolFlag{Name: "not-charged", Usage: "nothing was created or charged; the next apply submits again"},
			&cli.BoolFlag{Name: "resubmit", Usage: "nobody knows; the next apply submits again and may pay twice"},
			&cli.StringFlag{Name: "errored", Usage: "take back the task IDs in `FILE`, which a run wrote when it could not write the state"},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask"},
			&cli.BoolFlag{Name: "json", Usage: "write the list as one JSON object"},
		),
		Metadata: about([]int{exitDoubt, exitLocked},
			"apixo-batch resolve jobs.hcl",
			`apixo-batch resolve 'task.hero["cat"]' -task-id=task_12345678 jobs.hcl`,
			"apixo-batch resolve 'task.hero*' -not-charged jobs.hcl",
			"apixo-batch resolve -errored=jobs.state.errored-20261122T172001.000Z.jsonl jobs.hcl"),
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
	store, err := p.open(at, file)
	if err != nil {
		return err
	}
	if at.IsSet("errored") {
		err = p.takeBack(at.String("errored"), store, target)
	} else {
		err = p.settleDoubts(ctx, at, store, patterns, target)
	}
	return closing(err, store.Close)
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
	case at.IsSet("errored") && (chosen > 1 || len(patterns) > 0):
		return errors.New("-errored goes with no ADDRESS and no other way of settling: the file says what each submit was accepted as")
	case at.IsSet("errored") && at.String("errored") == "":
		return errors.New("-errored is empty")
	case at.IsSet("errored"):
		return nil
	case len(patterns) == 0 && chosen > 0:
		return errors.New("resolve needs the ADDRESS of what it settles; '*' stands for all that is in doubt")
	case len(patterns) > 0 && chosen != 1:
		return errors.New("resolve needs exactly one of -task-id=ID, -not-charged and -resubmit")
	case at.IsSet("task-id") && at.String("task-id") == "":
		return errors.New("-task-id is empty")
	case at.Bool("json") && len(patterns) > 0:
		return errors.New("-json goes with the list only, without ADDRESS")
	}
	return nil
}

// settleDoubts settles what the patterns select, after asking.
func (p *program) settleDoubts(ctx context.Context, at *cli.Command, store *state.Store, patterns []string, t view.Target) error {
	picked, err := selectRecords(store, patterns, at.Bool("not-charged"))
	if err != nil {
		return err
	}
	if at.IsSet("task-id") && len(picked.records) != 1 {
		return fmt.Errorf("-task-id is about one submit, and %d are in doubt there: name one", len(picked.records))
	}
	if !at.Bool("auto-approve") {
		if err := p.askToSettle(at, store, picked); err != nil {
			return err
		}
	}
	if at.IsSet("task-id") {
		err = p.confirm(ctx, at, store, picked.records[0], t)
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

// confirm records a task ID that the API knows.
func (p *program) confirm(ctx context.Context, at *cli.Command, store *state.Store, r state.Record, t view.Target) error {
	e, err := p.connectState(at, store.Path(), store.Header().Endpoint, t)
	if err != nil {
		return err
	}
	err = runner.ResolveTaskID(ctx, e.api, store, r.Address, at.String("task-id"), whoAmI())
	if err = closing(err, e.close); err == nil {
		fmt.Fprintf(p.stdout, "%s is settled: it is task %s, and the next apply collects it.\n", r.Address, view.Clean(at.String("task-id")))
	}
	return err
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
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}
