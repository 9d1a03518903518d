package view

import (
	"fmt"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
)

// spend tells what an event did to the money, if it did anything.
func (j *JSON) spend(e runner.Event, spent task.Cost) {
	kind, cost := "", amountIf(e.Record.Cost, e.Record.Priced)
	switch {
	case e.Kind == runner.Submitted, e.Kind == runner.Unrecorded, e.Kind == runner.Imported && spent != 0:
		kind = "spent"
	case e.Kind == runner.Settled:
		kind = "settled"
	case e.Kind == runner.Doubted:
		kind = "reserved"
	default:
		return
	}
	message := fmt.Sprintf("%s: %s; %s spent so far, %s in doubt", e.Address, kind, j.run.spent, j.run.reserved)
	j.put("info", "spend", message, spendLine{
		Resource: refer(e.Address, e.Record.Request.Model), TaskID: e.Record.TaskID, Kind: kind, Cost: cost,
		Spent: amount(j.run.spent), Reserved: amount(j.run.reserved),
	}, false)
}

// budget tells how much of a budget is committed.
func (j *JSON) budget(b runner.BoundEvent, level, message string) {
	name, what := "budget", "the budget"
	if b.Run {
		name, what = "run_budget", "this run's budget"
	}
	if message == "" {
		message = fmt.Sprintf("%s of %s of %s is committed", b.Committed, what, b.Limit)
	}
	j.put(level, "budget", message, budgetLine{name, amount(b.Limit), amount(b.Committed), amount(max(0, b.Limit-b.Committed))}, true)
}
