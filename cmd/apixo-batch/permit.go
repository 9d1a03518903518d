package main

import (
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
)

// permit stops what the balance does not cover or the user does not want.
func (p *program) permit(at *cli.Command, w *planning, made *plan.Plan, shown view.Plan) error {
	totals := made.Totals()
	if totals.Paying() == 0 {
		return nil // what is left to do is paid for
	}
	most, _ := shown.Most(totals)
	// What the first attempts may cost, as far as the budgets let them.
	if need := min(totals.High, most); shown.Balance != nil && *shown.Balance < need && !at.Bool("allow-insufficient-balance") {
		return &exitStatus{exitMoney, fmt.Errorf("the balance of %s is below the %s that this may cost; nothing was submitted. "+
			"Top up, set -budget, or pass -allow-insufficient-balance to go as far as the money does", *shown.Balance, need)}
	}
	if at.Bool("auto-approve") || w.saved != nil {
		return nil
	}
	return p.approve(at, shown)
}
