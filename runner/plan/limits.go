package plan

import "apixo-batch/spec"

// Limits are what is declared of a model; 0 for no limit.
type Limits struct {
	MaxInFlight    int // tasks at the API
	CallsPerMinute int
}

// limits gives those of the models that actions submit to, or ask about what was
// submitted to before: that may be others, and no task block may name them any more.
func limits(s *spec.Spec, actions []Action) map[string]Limits {
	all := make(map[string]Limits)
	add := func(model string) {
		if _, there := all[model]; !there {
			inFlight, calls := s.Limits(model)
			all[model] = Limits{inFlight, calls}
		}
	}
	for i := range actions {
		add(actions[i].Model())
		if prior := actions[i].Prior; prior != nil {
			add(prior.Request.Model)
		}
	}
	return all
}
