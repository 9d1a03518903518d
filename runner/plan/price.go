package plan

import (
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// priceOf prices one attempt: by the model block's own price if there is one,
// else by the catalog's, which is dated and may be silent.
func priceOf(c *catalog.Catalog, own *catalog.Price, model string, eval spec.Evaluation) Price {
	var estimate catalog.Estimate
	m, known := c.Lookup(model)
	switch {
	case own != nil && known:
		estimate = m.EstimateAt([]catalog.Price{*own}, eval.Partial)
	case own != nil:
		estimate = catalog.EstimatePrice([]catalog.Price{*own}, eval.Partial)
	case known:
		estimate = m.Estimate(eval.Partial)
	}
	return Price{
		Low: task.Cost(estimate.LowMicros), High: task.Cost(estimate.HighMicros), Known: estimate.Known,
	}
}
