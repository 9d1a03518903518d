package catalog

import "encoding/json"

// Estimator is EstimateAt for many inputs of one model: those that agree in all
// that the price rests on are priced once. It is for one goroutine.
type Estimator struct {
	model  *Model
	prices []Price
	known  []estimated
}

type estimated struct {
	precedent
	estimate Estimate
}

// NewEstimator returns an Estimator by the given rows. A nil model has no defaults.
func (m *Model) NewEstimator(prices []Price) *Estimator {
	return &Estimator{model: m, prices: prices}
}

// Estimate is Model.EstimateAt.
func (e *Estimator) Estimate(input map[string]json.RawMessage, hidden ...string) Estimate {
	for i := range e.known {
		if e.known[i].holds(input, hidden) {
			return e.known[i].estimate
		}
	}
	if len(e.known) == maxPrecedents {
		e.known = nil
	}
	args := newArguments(e.model, input, hidden)
	estimate := args.estimate(e.prices)
	e.known = append(e.known, estimated{args.precedent(), estimate})
	return estimate
}
