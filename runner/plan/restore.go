package plan

import (
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Restore is a record with the newest of its earlier results that the declared
// request asks for as its own again: who changes an input and changes it back has
// paid for that result. triggers is what replace_triggered_by stands for now. found
// is false where the record itself is still to be collected or in doubt.
func (a *Action) Restore(r *state.Record, declared task.Request, triggers string) (next state.Record, found bool) {
	return restored(a.Instance, r, declared, triggers)
}

func restored(instance *spec.Instance, r *state.Record, declared task.Request, triggers string) (next state.Record, found bool) {
	if len(r.Past) == 0 || !settled(r) {
		return state.Record{}, false
	}
	n, found := earlier(instance, r, declared, triggers)
	if !found {
		return state.Record{}, false
	}
	return r.Restore(n, declared), true
}

// earlier finds the newest earlier result that the declared request asks for.
func earlier(instance *spec.Instance, r *state.Record, declared task.Request, triggers string) (n int, found bool) {
	print := declared.Fingerprint()
	for n, p := range slices.Backward(r.Past) {
		if !bought(p) || p.Result == nil || Outdated(p.Triggers, triggers) || p.Triggers == "" && triggers != "" {
			continue
		}
		if p.Fingerprint == print || p.Request.Model != "" && instance.Lifecycle.Ignores(p.Request, declared) {
			return n, true
		}
	}
	return 0, false
}

// settled reports whether nothing is to come of a record's latest submit.
func settled(r *state.Record) bool {
	switch r.Status {
	case state.Pending, state.Failed, state.Succeeded:
		return !collectable(r)
	default:
		return false
	}
}

func bought(p state.Past) bool { return p.Status == state.Succeeded }

// restore gives a slot an earlier result in the place of its record's own, if
// there is one that it asks for.
func (m *matching) restore(s *slot, r *state.Record) bool {
	if s.print == "" || len(r.Past) == 0 || m.replacing != nil && m.replacing(s.instance.Address) {
		return false
	}
	next, found := restored(s.instance, r, s.eval.Request, m.triggersOf(s.instance))
	if !found {
		return false
	}
	stored := next
	stored.Address = m.storedOf(r).Address
	m.moved[&next] = &stored
	m.claimed[r] = true
	s.record, s.same, s.triggered, s.restored = &next, true, false, true
	return true
}

// matchEarlier matches a record with the instance of its address where that asks
// for a result which was bought before the record's own.
func (m *matching) matchEarlier() (progress bool) {
	for i := range m.slots {
		s := &m.slots[i]
		if r := m.records[s.instance.Address]; s.record == nil && r != nil && !m.claimed[r] && m.restore(s, r) {
			progress = true
		}
	}
	return progress
}

// matchEarlierElsewhere is matchEarlier for an instance without a record and one that
// is no longer declared: who renames a task and undoes a change has paid too.
func (m *matching) matchEarlierElsewhere() (progress bool) {
	if len(m.claimed) == len(m.records) {
		return false
	}
	var orphans []*state.Record
	for _, r := range m.left() {
		if _, declared := m.index[r.Address]; !declared && len(r.Past) > 0 {
			orphans = append(orphans, r)
		}
	}
	slices.SortFunc(orphans, func(a, b *state.Record) int { return a.Address.Compare(b.Address) })
	byPrint := make(map[task.Fingerprint][]*state.Record)
	for _, r := range orphans {
		for _, p := range r.Past {
			byPrint[p.Fingerprint] = append(byPrint[p.Fingerprint], r)
		}
	}
	for i := range m.slots {
		s := &m.slots[i]
		if s.record != nil || m.records[s.instance.Address] != nil {
			continue
		}
		for _, r := range byPrint[s.print] {
			if !m.claimed[r] && m.restore(s, r) {
				progress = true
				break
			}
		}
	}
	return progress
}
