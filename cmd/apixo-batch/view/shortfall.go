package view

import (
	"fmt"

	"apixo-batch/spec/task"
)

// Shortfall is what budgets lack for what they kept a run from buying.
type Shortfall struct {
	// Rest is the price of what was left, by one attempt of each. What has no price
	// that is known is not in it.
	Rest task.Cost
	// Budget is that of the batch block, for all runs of the state, of which so much is
	// Committed, and SetIn the place that sets it; nil if there is none.
	Budget    *task.Cost
	SetIn     string
	Committed task.Cost
	// RunBudget is that of the run, of which so much was Taken; nil if there was none.
	RunBudget *task.Cost
	Taken     task.Cost
}

// needed is what the budget of the batch block has to be at least, for the rest to be
// bought; 0 if it is enough.
func (s *Shortfall) needed() task.Cost {
	if s == nil || s.Budget == nil || s.Committed.Plus(s.Rest) <= *s.Budget {
		return 0
	}
	return s.Committed.Plus(s.Rest)
}

// neededOfRun is what the budget of another run has to be at least; 0 if this one's was
// enough.
func (s *Shortfall) neededOfRun() task.Cost {
	if s == nil || s.RunBudget == nil || s.Taken.Plus(s.Rest) <= *s.RunBudget {
		return 0
	}
	return s.Rest
}

// shortfall says what has to be done before the next command: that would stop at the
// budget of the batch block again.
func (w summaryWriter) shortfall() {
	s := w.sum.Shortfall
	needed, ofRun := s.needed(), s.neededOfRun()
	if needed > 0 {
		w.paragraph(fmt.Sprintf("For the rest, first raise the budget of %s (%s) to %s or more: %s is committed in all runs of this state, the rest costs %s, and the next command would stop there again.",
			s.Budget, Clean(s.SetIn), needed, s.Committed, s.Rest))
	}
	if ofRun > 0 {
		w.paragraph(fmt.Sprintf("The budget of %s was for this run alone: for the rest, give the next command -budget=%s or more, or none.", s.RunBudget, ofRun.Decimal()))
	}
	if needed == 0 && ofRun == 0 {
		w.paragraph("For the rest: a budget in the batch block is for all runs, and has to be raised first; -budget is for one run, and begins anew with the next.")
	}
}
