package state

import "slices"

// keepApprovals adds the saved plans that another view saw begun.
func (v *view) keepApprovals(other *view) {
	for _, k := range other.approvals {
		if _, begun := v.approval(k.value.Plan); !begun {
			v.approvals = append(v.approvals, k)
		}
	}
}

// keepInterventions adds what another view knows was done. A loss that is open
// in one of the two stays open, unless the other knows that it was accepted or
// this one holds all of it.
func (v *view) keepInterventions(other *view) {
	mine := values(v.interventions)
	theirs := slices.Clone(other.interventions)
	for i, k := range theirs {
		if !contains(mine, k.value) && v.holds(k.value) {
			k.value.Loss = nil
			theirs[i] = kept[Intervention]{value: k.value}
		}
	}
	others := values(theirs)
	open := append(unsettled(openLosses(mine), others), unsettled(openLosses(others), mine)...)
	var settled, last, all []kept[Intervention]
	for _, k := range slices.Concat(v.interventions, theirs) {
		switch {
		case contains(values(all), k.value):
			continue
		case contains(open, k.value): // no acceptance of another may come after it
			last = append(last, k)
		default:
			settled = append(settled, k)
		}
		all = append(all, k)
	}
	slices.SortStableFunc(settled, func(a, b kept[Intervention]) int { return a.value.At.Compare(b.value.At) })
	v.interventions = append(settled, last...)
}

// unsettled are the open losses that another list does not know as accepted.
func unsettled(open, other []Intervention) []Intervention {
	stillOpen := openLosses(other)
	return slices.DeleteFunc(open, func(i Intervention) bool { return contains(other, i) && !contains(stillOpen, i) })
}

func contains(all []Intervention, i Intervention) bool {
	return slices.ContainsFunc(all, func(other Intervention) bool { return equalJSON(other, i) })
}

// holds reports whether a view has all that was lost when an older document
// replaced a whole state: the note of that names every paid task.
func (v *view) holds(i Intervention) bool {
	if i.Kind != Replaced || i.Loss == nil || len(i.Loss.Tasks) == 0 || after(i.Loss.Gaps, v.header.Changes) {
		return false
	}
	known := v.known()
	return !slices.ContainsFunc(i.Loss.Tasks, func(id string) bool { return !known.has(Paid{TaskID: id}) })
}
