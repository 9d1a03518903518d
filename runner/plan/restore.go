package plan

import (
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Restore is a record with the newest of its earlier tasks that the declared
// request asks for as its own again: who changes an input and changes it back has
// paid for that result, or for that which runs. triggers is what replace_triggered_by
// stands for now. found is false where the record itself is in doubt.
func (a *Action) Restore(r *state.Record, declared task.Request, triggers string) (next state.Record, found bool) {
	return restored(a.Instance, r, declared, triggers)
}

func restored(instance *spec.Instance, r *state.Record, declared task.Request, triggers string) (next state.Record, found bool) {
	if len(r.Past) == 0 || !givesWay(r) {
		return state.Record{}, false
	}
	n, found := earlier(instance, r, declared, triggers)
	if !found {
		return state.Record{}, false
	}
	return r.Restore(n, declared), true
}

// earlier finds the newest earlier task that the declared request asks for: one that
// has a result, or that runs.
func earlier(instance *spec.Instance, r *state.Record, declared task.Request, triggers string) (n int, found bool) {
	print := declared.Fingerprint()
	for n, p := range slices.Backward(r.Past) {
		if !mayServe(p) || Outdated(p.Triggers, triggers) || p.Triggers == "" && triggers != "" {
			continue
		}
		if p.Fingerprint == print || p.Request.Model != "" && instance.Lifecycle.Ignores(p.Request, declared) {
			return n, true
		}
	}
	return 0, false
}

// givesWay reports whether a record's latest submit can be one of its past. What is not
// here of it is collected there too, but a doubt is shown and settled at the front.
func givesWay(r *state.Record) bool {
	switch r.Status {
	case state.Pending, state.Running, state.Failed, state.Succeeded:
		return true
	default:
		return false
	}
}

func bought(p state.Past) bool { return p.Status == state.Succeeded }

// mayServe reports whether an earlier task has a result, or may have one.
func mayServe(p state.Past) bool {
	return bought(p) && p.Result != nil || p.Status == state.Running && p.TaskID != ""
}

// displacedDetail says what is still to come of the task that made room for an earlier
// one; "" for nothing.
func displacedDetail(r *state.Record) string {
	if len(r.Past) == 0 {
		return ""
	}
	switch p := r.Past[len(r.Past)-1]; {
	case p.Status == state.Running:
		return "; task " + p.TaskID + ", bought since, still runs and is collected too"
	case p.Incomplete(nil):
		return "; the files of task " + p.TaskID + ", bought since, are fetched too"
	default:
		return ""
	}
}

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
