package view

import (
	"fmt"
	"strings"

	"apixo-batch/runner/plan"
)

// selectors are what selects, in the order of a sentence.
var selectors = [...]plan.Omission{plan.ByTarget, plan.ByExclude, plan.ByLimit, plan.BySample}

// selectionLeaves says how many purchases the flags that select leave out, and
// what becomes of them; "" if none.
func selectionLeaves(leftOut map[plan.Omission]int) string {
	n, purchases := 0, "purchase"
	var parts, flags []string
	for _, by := range selectors {
		if leftOut[by] == 0 {
			continue
		}
		n += leftOut[by]
		flags = append(flags, "-"+string(by))
		parts = append(parts, fmt.Sprintf("%d by -%s", leftOut[by], by))
	}
	if n != 1 {
		purchases = "purchases"
	}
	switch len(flags) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%d %s by %s; a later apply without it buys only the rest.", n, purchases, flags[0])
	default:
		return fmt.Sprintf("%d %s, %s; a later apply without these flags buys only the rest.", n, purchases, strings.Join(parts, " and "))
	}
}

// leftOut says what is not bought, by what, and what to do to buy it after all.
func (w planWriter) leftOut(t plan.Totals) {
	if n := t.LeftOut[plan.ByResume]; n > 0 {
		w.line("Left out", count(n, "new purchase")+": resume buys nothing new; apply does.")
	}
	if n := t.LeftOut[plan.BySavedPlan]; n > 0 {
		w.line("Left out", count(n, "purchase")+" that this plan does not cover; a new plan shows what it would cost.")
	}
	if text := selectionLeaves(t.LeftOut); text != "" {
		w.line("Left out", text)
	}
	w.listLeftOut()
}

// listLeftOut lists what was left out, as far as the flags do not say it.
func (w planWriter) listLeftOut() {
	listed, hidden := 0, 0
	for i := range w.plan.Actions {
		a := &w.plan.Actions[i]
		switch {
		case a.Reason != plan.LeftOut:
		case w.plan.Expand, w.plan.Listed[a.Address]:
			writeEntry(w, w.style, 6, a.Address, Clean(a.Detail))
		case !indirect(a):
		case listed == listExceptional:
			hidden++
		default:
			listed++
			writeEntry(w, w.style, 6, a.Address, Clean(a.Detail))
		}
	}
	if hidden > 0 {
		fmt.Fprintf(w, "      ... and %d more; -expand lists them\n", hidden)
	}
}

// indirect reports whether what is left out is not named by a flag that leaves
// it out, so that its reader has to be told.
func indirect(a *plan.Action) bool {
	return a.LeftOutBy == plan.BySavedPlan || a.LeftOutBy == plan.ByExclude && a.LeftOutWith != nil
}

// neededBy says for which instance one is bought that nobody chose.
func neededBy(a *plan.Action) string {
	if a.NeededBy == nil {
		return ""
	}
	return "needed by " + a.NeededBy.String()
}
