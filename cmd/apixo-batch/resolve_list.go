package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/state"
)

// listDoubts shows what is in doubt and what is known of it. It takes no lock.
func (p *program) listDoubts(ctx context.Context, at *cli.Command, file string, t view.Target) error {
	// Who runs is asked first: what is being submitted after that is not in doubt.
	_, held, err := state.Holder(file)
	if err != nil {
		return err
	}
	contents, err := p.readContents(file)
	if err != nil {
		return err
	}
	shown := view.Doubts{Target: t, Path: file, Records: runner.InDoubt(contents.Records, !held), Now: time.Now()}
	if len(shown.Records) > 0 {
		p.noteErrored(file, shown.Records)
		readings := contents.Readings
		if now := p.balanceNow(ctx, at, contents, t); now != nil {
			readings = append(readings, *now)
			shown.Fresh = true
		}
		shown.Evidence = runner.WeighBalance(readings, contents.Spends, contents.Records)
	}
	if at.Bool("json") {
		err = view.WriteDoubtsJSON(p.stdout, shown)
	} else {
		view.WriteDoubts(p.stdout, p.style(p.out, at.Bool("no-color")), shown)
	}
	if err != nil || len(shown.Records) == 0 {
		return err
	}
	return exitWith(exitDoubt)
}

// balanceNow reads the balance, if it can be had: the list is of use without.
// The simulator of this process charged nothing since the last reading.
func (p *program) balanceNow(ctx context.Context, at *cli.Command, c *state.Contents, t view.Target) *state.Reading {
	if t.Simulated {
		return nil
	}
	e, err := p.connectState(at, t.Path, c.Header.Endpoint, t)
	if err != nil {
		p.view.Note("The balance could not be read: " + view.Clean(err.Error()))
		return nil
	}
	balance, err := e.balance(ctx)
	if err = closing(err, e.close); err != nil {
		p.view.Note("The balance could not be read: " + view.Clean(err.Error()))
		return nil
	}
	return &state.Reading{At: time.Now(), Balance: *balance}
}
