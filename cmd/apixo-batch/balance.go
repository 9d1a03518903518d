package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func balanceCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:  "balance",
		Usage: "asks what the key has left",
		Description: "Asks APIXO what the key has left, in US dollars.\n" +
			"The cheapest way to find out whether the key works.",
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write one JSON object"}},
		Metadata: about(nil, "apixo-batch balance"),
		Action: func(ctx context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			if err := noArgument(at); err != nil {
				return err
			}
			return p.balance(ctx, at.Bool("json"))
		},
	}
}

func (p *program) balance(ctx context.Context, asJSON bool) error {
	e, err := p.connect(view.Target{}, nil)
	if err != nil {
		return err
	}
	balance, err := e.balance(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{"balance": balance.Decimal(), "currency": "USD", "endpoint": e.name})
	}
	fmt.Fprintln(p.stdout, balance)
	return nil
}
