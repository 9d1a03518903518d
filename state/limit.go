package state

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Limit is what runs have found of how a model may be called: a guess, for the
// next run to begin with. Nothing else depends on it.
type Limit struct {
	Model string `json:"model"`
	// SpacingMicros is the time between two calls, in microseconds, and Tasks the
	// number at the same time that were let in; 0 for what was not found.
	SpacingMicros int64     `json:"spacing_us,omitempty"`
	Tasks         int       `json:"tasks,omitempty"`
	At            time.Time `json:"at"` // when the API last told so, by a refusal
}

// Limits returns what runs have found, by model. The slice is the caller's.
func (s *Store) Limits() []Limit {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return values(s.view.limits)
}

// keepLimit replaces what is known of the limit's model. The list is made anew: a
// snapshot may be written from the old one.
func (v *view) keepLimit(l Limit, raw json.RawMessage) {
	all := slices.Clone(v.limits)
	i, known := slices.BinarySearchFunc(all, l.Model, func(k kept[Limit], model string) int { return cmp.Compare(k.value.Model, model) })
	if known {
		all = slices.Delete(all, i, i+1)
	}
	if l.SpacingMicros != 0 || l.Tasks != 0 {
		all = slices.Insert(all, i, kept[Limit]{value: l, raw: raw})
	}
	v.limits = all
}

func (v *view) loadLimit(l *Limit, raw json.RawMessage) error {
	v.keepLimit(*l, raw)
	return nil
}
