package main

import (
	"errors"
	"fmt"
	"time"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// bind holds the plan against the state, under its lock: before the first apply
// it must be exactly the one that the plan was made against.
func (w *planning) bind(store *state.Store) error {
	saved, header := w.saved, store.Header()
	if header.Lineage != saved.Lineage {
		return w.stale(fmt.Errorf("the state %s is not the one that it was made against", w.statePath))
	}
	if approval, begun := store.Approval(saved.Nonce); begun {
		saved.begun, saved.rest = &approval, saved.Rest(store.Spends())
		if saved.RunBudget != nil {
			w.runBudget = new(max(0, *saved.RunBudget-saved.rest.Committed()))
		}
		return nil
	}
	if header.Changes != saved.Changes {
		return w.stale(fmt.Errorf("the state %s has changed since it was made", w.statePath))
	}
	return nil
}

// compare holds the plan made anew against the one that was approved.
func (w *planning) compare(made *plan.Plan) error {
	var err error
	if w.saved.begun != nil {
		err = w.saved.rest.Check(made)
	} else {
		err = w.saved.Same(made)
	}
	if err != nil {
		return w.stale(err)
	}
	return nil
}

// stale refuses the plan, and says how to make another.
func (w *planning) stale(why error) error {
	args := []string{"-out=" + w.saved.path}
	for _, pattern := range w.saved.Replace {
		if w.saved.begun == nil { // afterwards it would buy again what it has bought
			args = append(args, "-replace="+pattern)
		}
	}
	if w.saved.RunBudget != nil {
		args = append(args, "-budget="+w.saved.RunBudget.Decimal())
	}
	if w.saved.AllowUnpriced {
		args = append(args, "-allow-unpriced")
	}
	refused := fmt.Errorf("the saved plan %s cannot be applied: %w; nothing was submitted. Make a new one:\n  %s",
		w.saved.path, why, w.target.Command("plan", args...))
	if w.saved.begun != nil {
		refused = fmt.Errorf("%w\nWhat runs already is collected by:\n  %s", refused, w.target.Command("resume"))
	}
	return refused
}

// begin writes down that the plan is carried out, once and before anything else
// changes the state: from here on it goes on, and cannot be begun anew.
func (s *savedPlan) begin(store *state.Store, run string) error {
	if s == nil || s.begun != nil {
		return nil
	}
	approval := &state.Approval{Plan: s.Nonce, Run: run, At: time.Now().UTC()}
	return store.Commit(state.Change{Op: "approve", Approve: approval})
}

// nonce names the plan in the ledger; "" without one.
func (s *savedPlan) nonce() string {
	if s == nil {
		return ""
	}
	return s.Nonce
}

// shown is the plan's file as it is shown.
func (s *savedPlan) shown() *view.SavedPlan {
	if s == nil {
		return nil
	}
	file := &view.SavedPlan{Path: s.path, Nonce: s.Nonce, Created: s.Created}
	if s.begun != nil {
		file.Begun = s.begun.At
	}
	return file
}

// idle ends an apply that finds nothing to do. A plan that was carried out is
// done, also the second time; what it did not achieve takes a new plan.
func (p *program) idle(w *planning, made *plan.Plan) error {
	if w.saved != nil && w.saved.begun != nil {
		p.view.Note(fmt.Sprintf("The saved plan %s was applied already. Nothing was submitted now.", w.saved.path))
	}
	if w.saved != nil && made.Totals().Withheld() > 0 {
		return w.leftOut(made)
	}
	return exitWith(codeOfPlan(made))
}

// leftOut is the error of a plan that does not cover what is still missing.
func (w *planning) leftOut(made *plan.Plan) error {
	return fmt.Errorf("the saved plan %s does not buy %s that is left, or not again. Make a new one:\n  %s",
		w.saved.path, tasks(made.Totals().Withheld()), w.target.Command("plan", "-out="+w.saved.path))
}

// withLeftOut is the end of a run that had to leave something out: no rerun of
// the same plan gets it.
func (w *planning) withLeftOut(err error, made *plan.Plan) error {
	if w.saved == nil || made.Totals().Withheld() == 0 {
		return err
	}
	status := (*exitStatus)(nil)
	if err == nil || errors.As(err, &status) && status.err == nil && (status.code == exitAgain || status.code == exitFailed) {
		return w.leftOut(made)
	}
	return err
}

// replaces reports whether -replace counts for an instance. Once a saved plan has
// begun, it counts only where the plan was approved to replace a result.
func (s *savedPlan) replaces(a task.Address) bool {
	return s == nil || s.rest == nil || s.rest.Replaces(a)
}
