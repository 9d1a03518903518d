package plan

import (
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// priceOf prices one attempt: by the model block's own price if there is one,
// else by the catalog's, which is dated and may be silent.
func priceOf(c *catalog.Catalog, own *catalog.Price, model string, eval spec.Evaluation) Price {
	m, known := c.Lookup(model)
	var prices []catalog.Price
	switch {
	case own != nil:
		prices = []catalog.Price{*own}
	case known:
		prices = m.Prices
	}
	if !known {
		m = nil // no defaults
	}
	estimate := m.EstimateUnknown(prices)
	if values, unknown, ok := eval.Priced(); ok {
		estimate = m.EstimateAt(prices, values, unknown...)
	}
	price := Price{Low: task.Cost(estimate.LowMicros), High: task.Cost(estimate.HighMicros), Known: estimate.Known}
	switch {
	case estimate.Contradicts != "":
		price.Note = "sources contradict each other, and the higher figure counts: " + estimate.Contradicts
	case !estimate.Known && len(prices) > 0:
		price.Note = estimate.Basis
	}
	return price
}
