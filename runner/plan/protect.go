package plan

import (
	"fmt"
	"slices"
	"strings"

	"apixo-batch/state"
)

// protects reports whether prevent_regenerate forbids what an action buys: there is
// a result, of this request or an earlier one, and it would not be used again. kept
// is the newest such.
func protects(a *Action) (kept state.Past, protected bool) {
	if !a.Instance.Lifecycle.PreventRegenerate || a.Prior == nil {
		return state.Past{}, false
	}
	if a.Kind == Regenerate && holdsResult(a.Prior) {
		return a.Prior.AsPast(), true
	}
	for _, p := range slices.Backward(a.Prior.Past) {
		if bought(p) {
			return p, true
		}
	}
	return state.Past{}, false
}

// preventedDetail says what would be bought in the place of what, and what can be done.
func preventedDetail(a *Action, kept state.Past) string {
	price := ""
	if a.Price.Known {
		price = ", for at most " + a.Price.High.String()
		if a.Price.Low == a.Price.High {
			price = ", for " + a.Price.High.String()
		}
	}
	return fmt.Sprintf("%s would be bought anew%s: %s. Its lifecycle says prevent_regenerate = true, which keeps task %s.\n\nTo go on with that result, %s, or leave it out with -exclude='%s'. To buy another, remove prevent_regenerate: nothing of the earlier one is deleted, and it is used again when its input comes back.",
		a.Address, price, a.Detail, keptDetail(kept), undoing(a), a.Address)
}

// keptDetail names a task that was paid for, and where its files are.
func keptDetail(p state.Past) string {
	var b strings.Builder
	b.WriteString(p.TaskID)
	if p.Request.Model != "" {
		b.WriteString(" of " + p.Request.Model)
	}
	if !p.AcceptedAt.IsZero() { // it was not bought elsewhere
		b.WriteString(", bought at " + p.AcceptedAt.UTC().Format(minutes))
		if p.Priced {
			b.WriteString(" for " + p.Cost.String())
		}
	}
	switch {
	case p.Status == state.Running:
		b.WriteString(", which still runs")
	case len(p.Artifacts) == 0:
		b.WriteString(", of which no file is on disk")
	default:
		b.WriteString(", in " + joinPaths(p.Artifacts))
	}
	return b.String()
}

func joinPaths(artifacts []state.Artifact) string {
	paths := make([]string, len(artifacts))
	for n, artifact := range artifacts {
		paths[n] = artifact.Path
	}
	return joinNames(paths)
}

const minutes = "2006-01-02 15:04 UTC"

// undoing says what would let the earlier result be used.
func undoing(a *Action) string {
	switch {
	case a.Reason == Requested:
		return "run without -replace for it"
	case a.Reason == Triggered:
		return "take what changed out of replace_triggered_by"
	case a.Eval.Known:
		return "undo the change, name the fields in ignore_changes"
	default:
		return "undo the change of what it uses"
	}
}
