package catalog

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// An input that the catalog lists is priced; then parts of it are made hard to
// read, so that the API may still take it for the same: its price has to stay
// within the estimate, or no estimate is to be had.
func TestTheEstimateCoversAllThatAnInputMayMean(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	priced := 0
	for _, m := range Default().Models() {
		for range 300 {
			prices := m.Prices
			if len(prices) == 0 || rnd.IntN(2) == 0 {
				prices = anyPrices(rnd, m)
			}
			given := listedInput(rnd, m)
			exact := m.EstimateAt(prices, given)
			blurred, hidden := blur(rnd, m, given)
			got := m.EstimateAt(prices, blurred, hidden...)
			if !covers(got, exact) {
				t.Fatalf("%s at %+v:\n%s may mean %s, hidden %v\ngot  %+v\nwant %+v within", m.ID, prices, show(blurred), show(given), hidden, got, exact)
			}
			if whole := m.EstimateUnknown(prices); !covers(whole, exact) {
				t.Fatalf("%s at %+v:\nunknown may mean %s\ngot  %+v\nwant %+v within", m.ID, prices, show(given), whole, exact)
			}
			if got.Known {
				priced++
			}
		}
	}
	if priced < 2000 {
		t.Errorf("only %d inputs had a price: the test says little", priced)
	}
}

func covers(e, exact Estimate) bool {
	return !e.Known || exact.Known && e.LowMicros <= exact.LowMicros && e.HighMicros >= exact.HighMicros
}

// anyPrices are a price of all tasks, and dearer or cheaper ones by the values
// of one or two parameters.
func anyPrices(rnd *rand.Rand, m *Model) []Price {
	price := func(when map[string]any) Price {
		micros := rnd.Int64N(1_000_000)
		return Price{LowMicros: micros, HighMicros: micros, Per: PerUnits[rnd.IntN(len(PerUnits))], When: when}
	}
	prices := []Price{price(nil)}
	if rnd.IntN(3) == 0 {
		prices = nil
	}
	for _, p := range m.Params {
		for _, v := range listedValues(p) {
			if rnd.IntN(4) > 0 {
				prices = append(prices, price(map[string]any{p.Name: v}))
			}
		}
	}
	return prices
}

// listedValues are those that decide about prices.
func listedValues(p Param) []any {
	if p.Type == "boolean" {
		return []any{true, false}
	}
	return p.Enum
}

// listedInput has values that the catalog has for the input's case.
func listedInput(rnd *rand.Rand, m *Model) map[string]json.RawMessage {
	given := make(map[string]json.RawMessage)
	args := newArguments(m, given, nil)
	for _, p := range slices.SortedStableFunc(slices.Values(m.Params), func(p, q Param) int {
		return len(p.Modes) + len(p.When) - len(q.Modes) - len(q.When) // what others depend on comes first
	}) {
		if p.Default != nil && rnd.IntN(3) == 0 || args.applies(p) != always {
			continue
		}
		if values := listedValues(p); len(values) > 0 {
			given[p.Name], _ = json.Marshal(values[rnd.IntN(len(values))])
		} else if p.Min != nil && p.Max != nil {
			given[p.Name] = json.RawMessage(strconv.Itoa(int(*p.Min) + rnd.IntN(int(*p.Max-*p.Min)+1)))
		}
	}
	return given
}

// blur makes parts of an input hard to read.
func blur(rnd *rand.Rand, m *Model, given map[string]json.RawMessage) (blurred map[string]json.RawMessage, hidden []string) {
	blurred = maps.Clone(given)
	for _, name := range sortedKeys(given) {
		switch rnd.IntN(8) {
		case 0:
			delete(blurred, name)
			hidden = append(hidden, name)
		case 1: // as from a CSV file
			if raw := given[name]; raw[0] != '"' {
				blurred[name] = json.RawMessage(strconv.Quote(string(raw)))
			}
		case 2:
			odd := []string{`"none of the list"`, `[1]`, `{}`, `"0x1p-2"`, `0.25`, `77`, `"1_0"`, `"1080"`, `true`, `1`}[rnd.IntN(10)]
			if !meansItself(m, name, odd) {
				blurred[name] = json.RawMessage(odd)
			}
		case 3: // by its older name, besides
			for _, old := range (arguments{model: m}).was(name) {
				blurred[old] = json.RawMessage("1")
			}
		}
	}
	return blurred, hidden
}

// meansItself reports whether some page has a value for a parameter.
func meansItself(m *Model, name, raw string) bool {
	n, err := strconv.ParseFloat(raw, 64)
	return slices.ContainsFunc(m.Params, func(p Param) bool {
		return p.Name == name && (err == nil && p.Min != nil && p.Max != nil && n >= *p.Min && n <= *p.Max ||
			slices.ContainsFunc(listedValues(p), func(v any) bool {
				listed, err := json.Marshal(v)
				return err == nil && string(listed) == raw
			}))
	})
}
