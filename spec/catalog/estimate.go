package catalog

import (
	"encoding/json"
	"math"
	"slices"
)

// Estimate is what a task will cost, as far as its input and the prices tell,
// in micro-dollars. Low and High differ where a price is a range, where the API
// may return fewer files than asked, and where a value that the price depends on
// is not known yet.
type Estimate struct {
	LowMicros, HighMicros int64
	Known                 bool // false: no price fits, and the amounts are 0
	// Basis says in words what the amounts rest on, or why there are none.
	Basis string
	// Contradicts says what other sources have where they do not agree; the
	// amounts are the higher figure. "" where they do.
	Contradicts string
}

// Estimate prices one task by the catalog's own rows. A parameter that the input
// lacks counts with its default; hidden names those that it has and whose values
// are not known yet, which count with all that they may be.
func (m *Model) Estimate(input map[string]json.RawMessage, hidden ...string) Estimate {
	return m.EstimateAt(m.Prices, input, hidden...)
}

// EstimatePrice prices one task by the given rows, without a model's defaults.
func EstimatePrice(prices []Price, input map[string]json.RawMessage, hidden ...string) Estimate {
	return (*Model)(nil).EstimateAt(prices, input, hidden...)
}

// EstimateAt prices one task by the given rows, such as a user's own, in place
// of the catalog's. Of the rows that fit, those with the most conditions count,
// and among these the dearest. A nil model has no defaults.
func (m *Model) EstimateAt(prices []Price, input map[string]json.RawMessage, hidden ...string) Estimate {
	args := newArguments(m, input, hidden)
	sure, possible := args.rows(prices)
	switch {
	case sure != nil:
		possible = append(possible, *sure)
	case len(possible) == 0:
		return Estimate{Basis: "no price is known for this model and input"}
	case !args.cover(possible):
		return Estimate{Basis: "the price depends on values that are not known yet"}
	}
	estimate := args.cost(possible[0])
	for _, price := range possible[1:] {
		estimate = estimate.or(args.cost(price))
	}
	return estimate
}

// rows finds the row that fits the input for sure, nil if there is none, and
// those that may turn out to fit better once all values are known.
func (a arguments) rows(prices []Price) (sure *Price, possible []Price) {
	var fits []Price
	for _, price := range prices {
		switch a.match(price.When, a.value) {
		case always:
			fits = append(fits, price)
		case perhaps:
			possible = append(possible, price)
		}
	}
	for i := range fits {
		if sure == nil || len(fits[i].When) > len(sure.When) ||
			len(fits[i].When) == len(sure.When) && fits[i].HighMicros > sure.HighMicros {
			sure = &fits[i]
		}
	}
	return sure, possible
}

// cover reports whether one of the rows will fit whatever the value turns out to
// be that all of them depend on.
func (a arguments) cover(rows []Price) bool {
	for name := range rows[0].When {
		return len(rows[0].When) == 1 && slices.ContainsFunc(a.params(), func(p Param) bool {
			return p.Name == name && len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(v any) bool {
				return !slices.ContainsFunc(rows, func(row Price) bool {
					want, ok := row.When[name]
					return ok && len(row.When) == 1 && sameValue(v, want)
				})
			})
		})
	}
	return true
}

// or widens the estimate by another that may hold instead. What may have no
// price has none.
func (e Estimate) or(other Estimate) Estimate {
	switch {
	case !e.Known:
		return e
	case !other.Known:
		return other
	}
	if other.Basis != e.Basis {
		e.Basis += "; " + other.Basis
	}
	if e.Contradicts == "" {
		e.Contradicts = other.Contradicts
	}
	e.LowMicros = min(e.LowMicros, other.LowMicros)
	e.HighMicros = max(e.HighMicros, other.HighMicros)
	return e
}

// maxPriceMicros keeps the products far from overflow.
const maxPriceMicros = math.MaxInt64 / (maxUnits * whole * 2)

// cost is what a task comes to by one row.
func (a arguments) cost(price Price) Estimate {
	q, err := a.quantity(price.Per)
	if err != nil {
		return Estimate{Basis: err.Error()}
	}
	if price.LowMicros < 0 || price.HighMicros < price.LowMicros || price.HighMicros > maxPriceMicros {
		return Estimate{Basis: "the price is out of range"}
	}
	basis := q.words
	if price.Source != "" {
		basis += " (" + price.Source + ")"
	}
	return Estimate{
		LowMicros:   price.LowMicros * q.low / whole,
		HighMicros:  (price.HighMicros*q.high + whole - 1) / whole,
		Known:       true,
		Basis:       basis,
		Contradicts: price.Contradicts,
	}
}
