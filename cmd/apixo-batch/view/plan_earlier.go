package view

import (
	"fmt"

	"apixo-batch/state"
)

// earlier lists the earlier tasks that are collected beside what the rows say.
func (w planWriter) earlier() {
	total := w.plan.Totals().Followed
	if total == 0 {
		return
	}
	fmt.Fprintf(w, "  %s\n", w.style.bold(count(total, "earlier task")+" to collect, already paid for:"))
	listed := 0
	for i := range w.plan.Actions {
		a := &w.plan.Actions[i]
		for _, p := range a.Earlier() {
			if listed == listExceptional && !w.plan.Expand {
				fmt.Fprintf(w, "    ... and %d more\n\n", total-listed)
				return
			}
			writeEntry(w, w.style, 4, a.Address, w.earlierText(p))
			listed++
		}
	}
	fmt.Fprintln(w)
}

// earlierText says which earlier task it is, and what is to come of it.
func (w planWriter) earlierText(p state.Past) string {
	if p.Status == state.Running {
		return "still runs, task " + Clean(p.TaskID)
	}
	text := fmt.Sprintf("%d of %s on disk", len(p.Artifacts), count(len(p.Result.URLs), "file"))
	if left := p.Result.ExpiresAt().Sub(w.plan.Now); left <= expiringSoon {
		text += ", its URLs expire in " + short(left)
	}
	return text + ", task " + Clean(p.TaskID)
}

// earlierRefs are the same tasks in a JSON line.
func earlierRefs(p Plan) (refs []earlierRef) {
	for i := range p.Actions {
		a := &p.Actions[i]
		for _, past := range a.Earlier() {
			refs = append(refs, earlierRef{refer(a.Address, past.Request.Model), past.TaskID, past.Status})
		}
	}
	return refs
}
