package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func resolveCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "resolve",
		Usage:     "settles a submit whose outcome is not known",
		ArgsUsage: "ADDRESS [PATH]",
		Description: "Settles a submit whose outcome is not known. APIXO's dashboard, the balance or its support\n" +
			"can tell whether the task exists; nothing is submitted by this command itself.\n" +
			"For a task that failed, -not-charged gives back what it was taken to cost.",
		Flags: append(append(stateFlags(), variableFlags()...), lockTimeoutFlag(),
			&cli.StringFlag{Name: "task-id", Usage: "it was accepted as task `ID`; the next apply collects it"},
			&cli.BoolFlag{Name: "not-charged", Usage: "nothing was created or charged; the next apply submits again"},
			&cli.BoolFlag{Name: "resubmit", Usage: "nobody knows; the next apply submits again and may pay twice"},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask"},
		),
		Metadata: about([]int{exitLocked},
			`apixo-batch resolve 'task.hero["cat"]' -task-id=task_12345678 jobs.hcl`,
			"apixo-batch resolve task.logo -not-charged"),
		Action: func(ctx context.Context, at *cli.Command) error { return p.resolve(ctx, at) },
	}
}

func (p *program) resolve(ctx context.Context, at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	text, path, err := addressAndPath(at)
	if err != nil {
		return err
	}
	address, err := task.ParseAddress(text)
	if err != nil {
		return err
	}
	if err := oneWay(at); err != nil {
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
	store, err := p.open(at, file)
	if err != nil {
		return err
	}
	return closing(p.settleDoubt(ctx, at, store, address, target), store.Close)
}

// oneWay checks that exactly one way of settling was chosen.
func oneWay(at *cli.Command) error {
	chosen := 0
	for _, set := range []bool{at.IsSet("task-id"), at.Bool("not-charged"), at.Bool("resubmit")} {
		if set {
			chosen++
		}
	}
	if chosen != 1 {
		return errors.New("resolve needs exactly one of -task-id=ID, -not-charged and -resubmit")
	}
	if at.IsSet("task-id") && at.String("task-id") == "" {
		return errors.New("-task-id is empty")
	}
	return nil
}

func (p *program) settleDoubt(ctx context.Context, at *cli.Command, store *state.Store, a task.Address, t view.Target) error {
	record, found := store.Record(a)
	if !found {
		return fmt.Errorf("%s is not in the state %s", a, store.Path())
	}
	if err := settleable(at, store, record); err != nil {
		return err
	}
	if !at.Bool("auto-approve") {
		ok, err := p.ask(doubtQuestion(at, record))
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("not approved; nothing was changed")
		}
	}
	if err := p.settleAs(ctx, at, store, a, t); err != nil {
		return err
	}
	if record.Status == state.Failed {
		fmt.Fprintf(p.stdout, "%s is settled: what it was taken to cost no longer counts as spent (%s).\n", a, costText(record))
		return nil
	}
	fmt.Fprintf(p.stdout, "%s is settled. Next: %s\n", a, t.Command("apply"))
	return nil
}

// settleable reports why there is nothing to ask about.
func settleable(at *cli.Command, store *state.Store, r state.Record) error {
	if r.Status == state.InDoubt {
		return nil
	}
	if r.Status != state.Failed || !at.Bool("not-charged") {
		return fmt.Errorf("%s %w; its status is %s", r.Address, runner.ErrNothingToResolve, r.Status)
	}
	for _, spend := range store.Spends() {
		if spend.Nonce == r.Nonce && spend.ReleasedAt.IsZero() {
			return nil
		}
	}
	return fmt.Errorf("%s failed, and nothing of it counts as spent, or no longer; nothing to do", r.Address)
}

func (p *program) settleAs(ctx context.Context, at *cli.Command, store *state.Store, a task.Address, t view.Target) error {
	switch {
	case at.Bool("not-charged"):
		return runner.ResolveNotCharged(store, a)
	case at.Bool("resubmit"):
		return runner.ResolveResubmit(store, a)
	}
	e, err := p.connectState(at, store, t)
	if err != nil {
		return err
	}
	return closing(runner.ResolveTaskID(ctx, e.api, store, a, at.String("task-id")), e.close)
}

// connectState reaches the endpoint that a state belongs to. The configuration
// may name it; without one that can be read, the environment must.
func (p *program) connectState(at *cli.Command, store *state.Store, t view.Target) (*endpoint, error) {
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
	if recorded := store.Header().Endpoint; recorded != "" && recorded != e.name {
		err := &state.EndpointError{Path: store.Path(), Recorded: recorded, Asked: e.name}
		return nil, closing(err, e.close)
	}
	return e, nil
}

func doubtQuestion(at *cli.Command, r state.Record) string {
	amount := "what it costs, which nobody knows,"
	if r.Priced {
		amount = r.Cost.String()
	}
	switch {
	case at.Bool("not-charged") && r.Status == state.Failed:
		return fmt.Sprintf("Take it that %s, which failed as task %s, was not charged, and count %s as not spent?", r.Address, view.Clean(r.TaskID), amount)
	case at.Bool("not-charged"):
		return fmt.Sprintf("Take it that nothing was created for %s, count %s as not spent, and let the next apply submit it?", r.Address, amount)
	case at.Bool("resubmit"):
		return fmt.Sprintf("Let the next apply submit %s again, although %s may have been charged for it already?", r.Address, amount)
	default:
		return fmt.Sprintf("Record that %s was accepted as task %s?", r.Address, view.Clean(at.String("task-id")))
	}
}
