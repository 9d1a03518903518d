package main

import (
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func explainFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "explain", Usage: "instead of the plan, show all about `ADDRESS`; may be repeated"}
}

// explainingOnly refuses the flags that are about the plan that -explain replaces.
func explainingOnly(at *cli.Command) error {
	for _, name := range []string{"out", "expand"} {
		if at.IsSet("explain") && at.IsSet(name) {
			return fmt.Errorf("-explain shows instances instead of the plan, and -%s is about the plan; give one of them", name)
		}
	}
	return nil
}

// explainPlan shows what the plan has to say about single instances, and about
// records that are not declared any more.
func (p *program) explainPlan(at *cli.Command, shown view.Plan) error {
	of, err := selectActions("-explain", at.StringSlice("explain"), shown.Plan)
	if err != nil {
		return err
	}
	p.view.Explain(shown, of)
	if at.Bool("detailed-exitcode") && shown.Pending() {
		return exitWith(exitChanges)
	}
	return nil
}
