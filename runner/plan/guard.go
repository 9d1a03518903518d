package plan

import (
	"fmt"
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// guard finds out what the configuration forbids of what is to be bought. A
// precondition that needs what is not known yet is evaluated before the submit.
func (d *decision) guard() {
	for i := range d.actions {
		a := &d.actions[i]
		if !a.Kind.Pays() {
			continue
		}
		if kept, protected := protects(a); protected {
			if d.opts.Resume {
				leaveOut(a, ByResume, "prevent_regenerate protects its result")
				continue
			}
			d.refused = append(d.refused, a.Instance.Prevented(preventedDetail(a, kept)))
		}
		if before, _ := a.Instance.Guarded(); before {
			switch err := a.Instance.Preconditions(d.matching.outcome); {
			case err == nil:
			case d.opts.Resume: // what is paid for is collected whatever else is wrong
				leaveOut(a, ByResume, "a precondition is false")
			default:
				d.refused = append(d.refused, err)
			}
		}
	}
}

// duplicates finds the instances that ask for the same thing, in the plan's order.
func (d *decision) duplicates() []spec.Duplicate {
	if !slices.ContainsFunc(d.actions, func(a Action) bool { return a.Kind.Pays() }) {
		return nil // as most often: all is there
	}
	first := make(map[task.Fingerprint]*Action, len(d.actions))
	more := make(map[task.Fingerprint][]*Action) // of those that are there twice, the first too
	for i := range d.actions {
		a := &d.actions[i]
		if a.Instance.AllowDuplicates || !a.Eval.Known || a.Reason == LeftOut {
			continue
		}
		print := d.matching.slots[i].print
		switch other := first[print]; {
		case other == nil:
			first[print] = a
		case more[print] == nil:
			more[print] = []*Action{other, a}
		default:
			more[print] = append(more[print], a)
		}
	}
	var found []spec.Duplicate
	for i := range d.actions {
		same := more[d.matching.slots[i].print]
		if len(same) == 0 || same[0] != &d.actions[i] || !slices.ContainsFunc(same, func(a *Action) bool { return a.Kind.Pays() }) {
			continue
		}
		duplicate := spec.Duplicate{Cost: repeatedCost(same)}
		for _, a := range same {
			duplicate.Instances = append(duplicate.Instances, a.Instance)
		}
		found = append(found, duplicate)
	}
	return found
}

// repeatedCost says what equal requests cost in this plan; "" if nobody knows.
func repeatedCost(same []*Action) string {
	var high task.Cost
	paying := 0
	for _, a := range same {
		if !a.Kind.Pays() {
			continue
		}
		if !a.Price.Known {
			return ""
		}
		high, paying = high.Plus(a.Price.High), paying+1
	}
	if paying == 1 {
		return fmt.Sprintf("%s for one that is there already", high)
	}
	return fmt.Sprintf("%s for %d submits", high, paying)
}
