package plan

// closure is a selection with what it needs, by the index of the actions.
type closure struct {
	// inside are those that are chosen, and what they need and do not have.
	inside []bool
	// wanted are those that are chosen, and what a wanted purchase needs. What
	// only something blocked needs is inside and not wanted: it would be bought
	// for nothing.
	wanted []bool
	// neededBy is the first in the plan's order of the purchases that need it.
	neededBy []int
}

// withNeeds finds what the chosen instances need, dependents first.
func (d *decision) withNeeds() closure {
	n := len(d.actions)
	c := closure{inside: make([]bool, n), wanted: make([]bool, n), neededBy: make([]int, n)}
	for i := n - 1; i >= 0; i-- {
		a := &d.actions[i]
		by, unchosen := d.out[a.Address]
		if !unchosen {
			c.inside[i], c.wanted[i] = true, true
		}
		if !c.inside[i] || by == ByExclude {
			continue
		}
		for _, upstream := range d.matching.slots[i].eval.After {
			j := d.matching.index[upstream]
			c.inside[j] = true
			if c.wanted[i] && a.Kind.Pays() {
				c.wanted[j], c.neededBy[j] = true, i
			}
		}
	}
	return c
}

// narrow leaves out what the selection neither chooses nor needs. An exclusion
// is decided before: it reaches from an instance to what uses it, where this
// reaches to what it uses.
func (d *decision) narrow() {
	if len(d.out) == 0 {
		return
	}
	c := d.withNeeds()
	for i := range d.actions {
		a := &d.actions[i]
		by, unchosen := d.out[a.Address]
		switch {
		case !unchosen:
		case c.wanted[i]:
			if a.Kind.Pays() {
				a.NeededBy = &d.actions[c.neededBy[i]].Instance.Address
			}
		case a.Kind.Pays(), !c.inside[i] && a.Kind == Blocked:
			leaveOut(a, by, selectionDetail(a, by))
		case !c.inside[i] && a.Reason == LeftOut && !a.LeftOutBy.selects():
			a.LeftOutBy, a.LeftOutWith, a.Detail = by, nil, selectionDetail(a, by)
		}
	}
}

func selectionDetail(a *Action, by Omission) string {
	if a.Kind == Blocked {
		return "-" + string(by) + " leaves it out; it is blocked: " + a.Detail
	}
	return "-" + string(by) + " leaves it out"
}

// leaveOutWith leaves an action out because of one that it uses.
func leaveOutWith(a, upstream *Action) {
	a.LeftOutWith = &upstream.Instance.Address
	leaveOut(a, upstream.LeftOutBy, "uses "+upstream.Address.String()+", which "+upstream.LeftOutBy.leaves())
	if a.Reason == LeftOut && upstream.Otherwise == Blocked {
		a.Otherwise = Blocked // as it would be without what leaves out
	}
}

// leaveOut turns an action that would buy, or is blocked, into one that does
// nothing. A doubt stays one.
func leaveOut(a *Action, by Omission, why string) {
	if a.Reason == Resubmission {
		a.Kind, a.Reason, a.Detail = Doubtful, OutcomeUnknown, doubtDetail(a.Prior)
	} else {
		a.Otherwise, a.LeftOutBy = a.Kind, by
		a.Kind, a.Reason, a.Detail = Keep, LeftOut, why
	}
	a.Price = Price{}
}
