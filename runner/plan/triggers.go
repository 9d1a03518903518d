package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// What replace_triggered_by names is compared element by element, so that adding
// one to the list, or taking one away, buys nothing. A record keeps of each element
// NAME:RESULTS, two digests, separated by spaces and sorted.

// unknownResults is what stands for results that are not known: none are like them.
const unknownResults = "?"

// triggersText is the digests of all elements. Where a task ID is not known the
// element has those of unknownResults.
func triggersText(triggers []spec.Trigger, results func(spec.Trigger) string) string {
	if len(triggers) == 0 {
		return ""
	}
	elements := make(map[string]string, len(triggers))
	for _, t := range triggers {
		elements[digest(t.Name)] = results(t)
	}
	return joinElements(elements)
}

func joinElements(elements map[string]string) string {
	var list []string
	for name, results := range elements {
		list = append(list, name+":"+results)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func elementsOf(text string) map[string]string {
	elements := make(map[string]string)
	for element := range strings.FieldsSeq(text) {
		if name, results, ok := strings.Cut(element, ":"); ok {
			elements[name] = results
		}
	}
	return elements
}

// resultsDigest tells one set of results from another by their task IDs, whatever
// their order.
func resultsDigest(of []task.Address, taskID func(task.Address) (string, bool)) string {
	ids := make([]string, len(of))
	for n, address := range of {
		id, known := taskID(address)
		if !known || id == "" {
			return unknownResults
		}
		ids[n] = id
	}
	slices.Sort(ids)
	return digest(strings.Join(ids, "\n"))
}

// digest is the first 16 bytes of SHA-256, hexadecimal.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// TriggersText is what a record keeps of the results that replace_triggered_by
// names, as they are when its request is submitted.
func (a *Action) TriggersText(lookup spec.Lookup) string {
	return triggersText(a.Instance.Lifecycle.Triggers, func(t spec.Trigger) string {
		return resultsDigest(t.Instances, func(upstream task.Address) (string, bool) {
			outcome, known := lookup(upstream)
			return outcome.TaskID, known
		})
	})
}

// Outdated reports whether a result, bought when the triggers were the recorded
// ones, is older than what replace_triggered_by names: of the elements that were
// listed then and are listed now one has another result.
func Outdated(recorded, now string) bool {
	if recorded == "" || recorded == now && !strings.Contains(now, unknownResults) {
		return false
	}
	before := elementsOf(recorded)
	for name, results := range elementsOf(now) {
		if was, listed := before[name]; listed && was != unknownResults && was != results {
			return true
		}
	}
	return false
}

// listID tells lists of addresses apart by where they begin. Instances with the
// same whole task as trigger share one list, of which one digest is enough.
type listID *task.Address

func listOf(addresses []task.Address) listID { return &addresses[0] }

// outdated is Outdated for the record that a slot has claimed.
func (m *matching) outdated(s *slot) bool {
	return len(s.instance.Lifecycle.Triggers) > 0 && s.record.Triggers != "" && holdsResult(s.record) &&
		Outdated(s.record.Triggers, m.triggersOf(s.instance))
}

// triggersOf is what replace_triggered_by stands for as far as it is known.
func (m *matching) triggersOf(instance *spec.Instance) string {
	return triggersText(instance.Lifecycle.Triggers, func(t spec.Trigger) string {
		if len(t.Instances) > 0 {
			if known := m.digests[listOf(t.Instances)]; known != "" {
				return known
			}
		}
		now := resultsDigest(t.Instances, func(a task.Address) (string, bool) {
			outcome, known := m.outcome(a)
			return outcome.TaskID, known
		})
		if now != unknownResults && len(t.Instances) > 0 {
			m.digests[listOf(t.Instances)] = now
		}
		return now
	})
}

// baseline is a record's triggers brought to the list of today: an element that is
// new counts from the results that the instances have on record.
func (m *matching) baseline(s *slot) string {
	before := elementsOf(s.record.Triggers)
	now := make(map[string]string)
	for _, t := range s.instance.Lifecycle.Triggers {
		name := digest(t.Name)
		results, listed := before[name]
		if !listed || results == unknownResults {
			results = resultsDigest(t.Instances, func(a task.Address) (string, bool) {
				r := m.slots[m.index[a]].record
				if r == nil {
					return "", false
				}
				return r.TaskID, true
			})
		}
		if results != unknownResults {
			now[name] = results
		}
	}
	if len(now) == 0 || maps.Equal(now, before) {
		return s.record.Triggers
	}
	return joinElements(now)
}

func triggerNames(triggers []spec.Trigger) string {
	names := make([]string, len(triggers))
	for n, t := range triggers {
		names[n] = t.Name
	}
	return joinNames(names)
}
