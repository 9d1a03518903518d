package plan

import (
	"fmt"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Rest is what is left of a saved plan whose apply has begun. An action is
// consumed by the first submit that was paid for, or may have been, and belongs
// to no other apply of the plan than the one that sent it.
type Rest struct {
	approved  map[task.Address]*SavedAction
	consumed  map[task.Address]bool
	committed task.Cost
}

// Rest finds out from the ledger what was consumed.
func (s *Saved) Rest(spends []state.Spend) *Rest {
	r := &Rest{approved: s.byAddress(), consumed: make(map[task.Address]bool)}
	accepted := make(map[task.Address]int)
	for _, spend := range spends {
		if spend.Plan != s.Nonce {
			continue
		}
		r.committed += spend.Committed()
		if !spend.ChargedAt.IsZero() {
			accepted[spend.Address]++
		}
		a := r.approved[spend.Address]
		if spend.ReleasedAt.IsZero() || a == nil || accepted[spend.Address] >= a.MaxAttempts {
			r.consumed[spend.Address] = true
		}
	}
	return r
}

// Committed is the money that earlier applies of the plan reserved and spent.
func (r *Rest) Committed() task.Cost { return r.committed }

// Replaces reports whether the plan is still to submit an instance again at the
// user's request. What it was to submit for the first time may have a result by
// now, which nobody asked to replace.
func (r *Rest) Replaces(a task.Address) bool {
	approved := r.approved[a]
	return approved != nil && approved.Reason == Requested && !r.consumed[a]
}

// Withhold says why the plan does not buy an action that pays; "" if it does. It
// is for Options.Withhold.
func (r *Rest) Withhold(a *Action) string {
	approved, known := r.approved[a.Address]
	now := savedAction(a)
	switch {
	case r.consumed[a.Address] && a.Reason == RetryableFailure:
		return "it failed retryably under this plan: " + a.Prior.Failure.Kind()
	case r.consumed[a.Address]:
		return "it was submitted under this plan already"
	case !known || !approved.Kind.Pays():
		return "this plan does not buy it"
	case approved.Fingerprint == "" && approved.exceeded(now):
		return fmt.Sprintf("with the results that it uses it costs %s, and %s was approved", now.price(), approved.price())
	default:
		return ""
	}
}

// exceeded reports whether a price is more than what was approved, or may be.
func (a *SavedAction) exceeded(now SavedAction) bool {
	return a.Priced && (!now.Priced || now.High > a.High)
}

// Check holds what is left to buy against what was approved. The error names
// the first difference: another request, or a higher price.
func (r *Rest) Check(p *Plan) error {
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind.Pays() {
			if err := r.check(a); err != nil {
				return fmt.Errorf("%s: %w", a.Address, err)
			}
		}
	}
	return nil
}

func (r *Rest) check(a *Action) error {
	if why := r.Withhold(a); why != "" {
		return fmt.Errorf("it is to %s now: %s", a.Kind.Word(), why)
	}
	approved, now := r.approved[a.Address], savedAction(a)
	switch {
	case now.Model != approved.Model:
		return fmt.Errorf("its model is %s now, and %s in the plan", now.Model, approved.Model)
	case approved.Fingerprint != "" && now.Fingerprint != approved.Fingerprint:
		return errAnotherRequest
	case approved.exceeded(now):
		return fmt.Errorf("its price is %s now, and %s in the plan", now.price(), approved.price())
	case now.MaxAttempts > approved.MaxAttempts:
		return fmt.Errorf("it may have %d attempts now, and %d in the plan", now.MaxAttempts, approved.MaxAttempts)
	}
	return nil
}
