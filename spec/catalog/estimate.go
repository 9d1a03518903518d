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

// EstimateAt prices one task by the given rows, such as a user's own, in place
// of the catalog's. Of the rows that fit, those with the most conditions count,
// and among these the dearest. What may be another spelling of a listed value may
// be read as any, so that all of them count; any other value that a price depends
// on and that the catalog does not list has no price. A nil model has no defaults.
func (m *Model) EstimateAt(prices []Price, input map[string]json.RawMessage, hidden ...string) Estimate {
	return newArguments(m, input, hidden).estimate(prices)
}

// EstimateUnknown prices one task by the given rows while nothing is known of its
// input, not even the names in it: by all that the catalog allows.
func (m *Model) EstimateUnknown(prices []Price) Estimate {
	args := newArguments(m, nil, nil)
	args.anything = true
	return args.estimate(prices)
}

func (a arguments) estimate(prices []Price) Estimate {
	if why := a.unpriced(prices); why != "" {
		return Estimate{Basis: why}
	}
	sure, possible := a.rows(prices)
	switch {
	case sure != nil:
		possible = append(possible, *sure)
	case len(possible) == 0:
		return Estimate{Basis: "no price is known for this model and input"}
	case !a.cover(possible) && (a.anything || len(a.hidden) > 0):
		return Estimate{Basis: "the price depends on values that are not known yet"}
	case !a.cover(possible):
		return Estimate{Basis: "the price depends on values that the catalog does not list"}
	}
	estimate := a.cost(possible[0])
	for _, price := range possible[1:] {
		estimate = estimate.or(a.cost(price))
	}
	return estimate
}

// rows finds the row that fits the input for sure, nil if there is none, and
// those that may turn out to fit better.
func (a arguments) rows(prices []Price) (sure *Price, possible []Price) {
	for i, price := range prices {
		switch a.fits(price, prices) {
		case always:
			if sure == nil || len(price.When) > len(sure.When) ||
				len(price.When) == len(sure.When) && a.cost(price).dearer(a.cost(*sure)) {
				sure = &prices[i]
			}
		case perhaps:
			possible = append(possible, price)
		}
	}
	return sure, possible
}

// dearer compares two estimates; what has no price may cost anything.
func (e Estimate) dearer(other Estimate) bool {
	return other.Known && (!e.Known || e.HighMicros > other.HighMicros)
}

// cover reports whether one of the rows will fit whatever the input turns out to
// have: there is a parameter of which each listed value has a row.
func (a arguments) cover(rows []Price) bool {
	return slices.ContainsFunc(conditions(rows), func(name string) bool {
		params := a.possible(name)
		return len(params) > 0 && !a.excludes(name) && !slices.ContainsFunc(params, func(p Param) bool { return !p.covered(rows) })
	})
}

// conditions are the parameters that prices depend on, in order.
func conditions(prices []Price) []string {
	names := make(map[string]bool)
	for _, price := range prices {
		for name := range price.When {
			names[name] = true
		}
	}
	return sortedKeys(names)
}

// covered reports whether each value of a parameter's list has a row of its own.
func (p Param) covered(rows []Price) bool {
	return len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(v any) bool {
		return !slices.ContainsFunc(rows, func(row Price) bool {
			want, ok := row.When[p.Name]
			return ok && len(row.When) == 1 && sameValue(v, want)
		})
	})
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
