package plan

import (
	"encoding/json"

	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// pricer prices attempts of one model: by the model block's own price if there is
// one, else by the catalog's, which is dated and may be silent.
type pricer struct {
	model     *catalog.Model // nil if the catalog does not know it: there are no defaults
	prices    []catalog.Price
	estimator *catalog.Estimator
	values    map[string]json.RawMessage // of the input at hand
}

func (s *settings) newPricer(model string) *pricer {
	p := &pricer{values: make(map[string]json.RawMessage)}
	if m, known := s.catalog.Lookup(model); known {
		p.model, p.prices = m, m.Prices
	}
	if own := s.models[model].Price; own != nil {
		p.prices = []catalog.Price{*own}
	}
	p.estimator = p.model.NewEstimator(p.prices)
	return p
}

func (p *pricer) price(eval *spec.Evaluation) Price {
	var estimate catalog.Estimate
	clear(p.values)
	if unknown, ok := eval.AddPriced(p.values); ok {
		estimate = p.estimator.Estimate(p.values, unknown...)
	} else {
		estimate = p.model.EstimateUnknown(p.prices)
	}
	price := Price{Low: task.Cost(estimate.LowMicros), High: task.Cost(estimate.HighMicros), Known: estimate.Known}
	switch {
	case estimate.Contradicts != "":
		price.Note = "sources contradict each other, and the higher figure counts: " + estimate.Contradicts
	case !estimate.Known && len(p.prices) > 0:
		price.Note = estimate.Basis
	}
	return price
}
