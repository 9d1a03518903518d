package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"apixo-batch/spec/catalog"
)

func (s *Simulator) outOfFunds() error {
	if s.config.FundsStatus == http.StatusBadRequest {
		return refuse(http.StatusBadRequest, "Insufficient credits")
	}
	return refuse(http.StatusPaymentRequired, "Insufficient balance")
}

// cost is what a task with so many results costs, in micro-dollars. Of max_images
// only those are billed that came (API document, section 4), and so where the input
// leaves open how many there are to be.
func (s *Simulator) cost(sub submission, results int) int64 {
	input := sub.input
	if name := sub.openCount(); name != "" {
		input = maps.Clone(input)
		input[name] = json.RawMessage(strconv.Itoa(max(results, 1)))
	}
	switch price := s.price(sub.model, input); {
	case !price.Known:
		return s.config.UnpricedCost
	case sub.atMost() > 0 && results == 0:
		return 0
	default:
		return price.HighMicros // of a range, as a careful buyer reserves it
	}
}

func (s *Simulator) price(m model, input map[string]json.RawMessage) catalog.Estimate {
	if own, ok := s.config.Prices[m.id]; ok {
		return m.known.EstimateAt([]catalog.Price{own}, input)
	}
	if m.known == nil {
		return catalog.Estimate{}
	}
	return m.known.Estimate(input)
}

// openCount is the parameter that would say how many results there are, if the
// input does not: max_images is a bound only, and others may have no default.
func (b submission) openCount() string {
	if b.atMost() > 0 {
		return "max_images"
	}
	for _, p := range b.model.params {
		if slices.Contains(catalog.CountParams[:], p.Name) && p.Default == nil && b.input[p.Name] == nil {
			return p.Name
		}
	}
	return ""
}

// atMost is the max_images of an input, 0 if it has none.
func (b submission) atMost() int {
	var n json.Number
	if json.Unmarshal(b.input["max_images"], &n) != nil {
		return 0
	}
	most, err := strconv.Atoi(n.String())
	if err != nil {
		return 0
	}
	return max(most, 0)
}
