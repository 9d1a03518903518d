package view

import (
	"slices"

	"apixo-batch/runner/plan"
)

// kinds are the actions in the order of their rows; Keep has none.
var kinds = [...]plan.Kind{
	plan.Submit, plan.Regenerate, plan.Retry, plan.Collect, plan.Blocked, plan.Doubtful, plan.Orphan,
}

// words say what a row counts.
func words(k plan.Kind) string {
	switch k {
	case plan.Submit:
		return "to submit"
	case plan.Regenerate:
		return "to regenerate"
	case plan.Retry:
		return "to retry"
	case plan.Collect:
		return "to collect"
	case plan.Blocked:
		return "blocked"
	case plan.Doubtful:
		return "in doubt"
	default:
		return "not declared"
	}
}

// row is the actions of one kind in one group.
type row struct {
	kind    plan.Kind
	actions []*plan.Action
}

// group is a task block and a model.
type group struct {
	block, model string
	rows         []row
	kept         []*plan.Action // unchanged
}

// groups sorts a plan's actions into rows, in the plan's order.
func groups(p *plan.Plan) []group {
	type key struct{ block, model string }
	index := make(map[key]int)
	var found []group
	for i := range p.Actions {
		a := &p.Actions[i]
		k := key{a.Address.Block(), a.Model()}
		at, seen := index[k]
		if !seen {
			at = len(found)
			index[k] = at
			found = append(found, group{block: k.block, model: k.model, rows: newRows()})
		}
		if a.Kind == plan.Keep && !moved(a) && !a.Judged && !a.Restored {
			if a.Reason != plan.LeftOut {
				found[at].kept = append(found[at].kept, a)
			}
			continue
		}
		j := slices.IndexFunc(found[at].rows, func(r row) bool { return r.kind == a.Kind })
		found[at].rows[j].actions = append(found[at].rows[j].actions, a)
	}
	for i := range found {
		found[i].rows = slices.DeleteFunc(found[i].rows, func(r row) bool { return len(r.actions) == 0 })
	}
	return found
}

func newRows() []row {
	rows := make([]row, 0, len(kinds)+1)
	for _, k := range kinds {
		rows = append(rows, row{kind: k})
	}
	return append(rows, row{kind: plan.Keep}) // moved, and nothing else
}

func moved(a *plan.Action) bool {
	_, is := a.Moved()
	return is
}
