package view

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// explained is all that a plan has to say about one instance.
type explained struct {
	*plan.Action
	plan    Plan
	uses    []*plan.Action // what its input depends on
	request []requestField
	// settled: the request to come is known, or none is to come. Otherwise the
	// fields may have further ones beside them.
	settled bool
}

// requestField is a top-level attribute of the request on record, of the one that
// is declared, or of both. What is sensitive in them is masked.
type requestField struct {
	name     string
	old, new json.RawMessage // nil where there is none
	later    bool            // its new value is known after apply
}

// changed is what becomes of the field: "" for nothing.
func (f requestField) changed() string {
	switch {
	case f.later:
		return "known_after_apply"
	case f.old == nil:
		return "added"
	case f.new == nil:
		return "removed"
	case !bytes.Equal(f.old, f.new):
		return "changed"
	default:
		return ""
	}
}

// explain gathers what the plan has to say about the instances of which is true.
func explain(p Plan, of map[task.Address]bool) []explained {
	byAddress := make(map[task.Address]*plan.Action, len(p.Actions))
	for i := range p.Actions {
		byAddress[p.Actions[i].Address] = &p.Actions[i]
	}
	var list []explained
	for i := range p.Actions {
		a := &p.Actions[i]
		if !of[a.Address] {
			continue
		}
		e := explained{Action: a, plan: p}
		e.request, e.settled = requestFields(a, p.Secrets)
		if a.Instance != nil {
			for _, upstream := range a.Instance.DependsOn {
				e.uses = append(e.uses, byAddress[upstream])
			}
		}
		list = append(list, e)
	}
	return list
}

// requestFields sets the request on record against the one that is declared.
// Texts that a sensitive variable has now are hidden even where they were
// recorded before it was sensitive.
func requestFields(a *plan.Action, secrets task.Redactor) (list []requestField, settled bool) {
	var before, after map[string]json.RawMessage
	settled = true
	var hidden []string
	if a.Prior != nil {
		before = attributes(secrets.JSON(a.Prior.Request.Input))
	}
	switch {
	case a.Instance == nil:
		after = before // nothing is declared that could differ
	case a.Eval.Known:
		after = attributes(secrets.JSON(a.Eval.Request.Input))
	default:
		after, hidden = attributes(secrets.JSON(a.Eval.Draft)), a.Eval.Hidden
		settled = a.Eval.Draft != nil
	}
	names := make(map[string]bool)
	for _, name := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)), hidden) {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := requestField{name: name, old: before[name], new: after[name]}
		f.later = f.new == nil && (!settled || slices.Contains(hidden, name))
		list = append(list, f)
	}
	return list, settled
}

// attributes are those of a JSON object; none if it is no object.
func attributes(object json.RawMessage) map[string]json.RawMessage {
	var found map[string]json.RawMessage
	_ = json.Unmarshal(object, &found) // what cannot be read has no attributes to show
	return found
}

// fingerprints are those of the request on record and of the one that is
// declared; "" where there is none, or it is not known yet.
func (e explained) fingerprints() (old, now task.Fingerprint) {
	if e.Prior != nil {
		old = e.Prior.Fingerprint
	}
	if e.Instance != nil && e.Eval.Known {
		now = e.Eval.Request.Fingerprint()
	}
	return old, now
}

// would is the kind of action without what leaves it out.
func (e explained) would() plan.Kind {
	if e.Reason == plan.LeftOut {
		return e.Otherwise
	}
	return e.Kind
}

// priced is what one attempt would cost, also where it is left out; ok is false
// for what buys nothing.
func (e explained) priced() (price plan.Price, ok bool) {
	switch {
	case !e.would().Pays():
		return plan.Price{}, false
	case e.Reason == plan.LeftOut:
		return e.PriceOf(e.Eval), true
	default:
		return e.Price, true
	}
}
