package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// triggersDigest tells one set of results from another: SHA-256 over their task
// IDs, sorted. It is "" if there are none, or not all of them are known.
func triggersDigest(triggers []task.Address, taskID func(task.Address) (string, bool)) string {
	if len(triggers) == 0 {
		return ""
	}
	ids := make([]string, len(triggers))
	for n, address := range triggers {
		id, known := taskID(address)
		if !known || id == "" {
			return ""
		}
		ids[n] = id
	}
	slices.Sort(ids)
	sum := sha256.New()
	for _, id := range ids {
		sum.Write([]byte(id + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// TriggersDigest is what a record keeps of the results that replace_triggered_by
// names, as they are when its request is submitted.
func (a *Action) TriggersDigest(lookup spec.Lookup) string {
	return triggersDigest(a.Instance.Lifecycle.Triggers, func(upstream task.Address) (string, bool) {
		outcome, known := lookup(upstream)
		return outcome.TaskID, known
	})
}

// Outdated reports whether a result, bought when the digest was the recorded one,
// is older than what replace_triggered_by names. Where none was recorded nothing
// is known to have changed.
func Outdated(recorded, now string) bool { return recorded != "" && recorded != now }

// listID tells lists of addresses apart by where they begin. Instances with the
// same whole task as trigger share one list, of which one digest is enough.
type listID *task.Address

func listOf(addresses []task.Address) listID { return &addresses[0] }

// outdated is Outdated for the record that a slot has claimed.
func (m *matching) outdated(s *slot) bool {
	triggers := s.instance.Lifecycle.Triggers
	if len(triggers) == 0 || s.record.Triggers == "" || !holdsResult(s.record) {
		return false
	}
	now, cached := m.digests[listOf(triggers)]
	if !cached {
		now = triggersDigest(triggers, func(a task.Address) (string, bool) {
			outcome, known := m.outcome(a)
			return outcome.TaskID, known
		})
		if now != "" {
			m.digests[listOf(triggers)] = now
		}
	}
	return Outdated(s.record.Triggers, now)
}

// baseline is the digest of the results that the instances have on record, for a
// record that has none: replace_triggered_by is new.
func (m *matching) baseline(s *slot) string {
	return triggersDigest(s.instance.Lifecycle.Triggers, func(a task.Address) (string, bool) {
		r := m.slots[m.index[a]].record
		if r == nil {
			return "", false
		}
		return r.TaskID, true
	})
}
