package catalog

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Inputs of all kinds, alike and not, come to one Checker and one Estimator, which
// have to say of each what is said of it alone.
func TestWhatIsJudgedByAPrecedentIsJudgedAsAlone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	doubted, priced, followed := 0, 0, 0
	for _, m := range Default().Models() {
		if len(m.Params) == 0 {
			continue
		}
		prices := m.Prices
		if len(prices) == 0 || rnd.IntN(2) == 0 {
			prices = anyPrices(rnd, m)
		}
		checker, estimator := m.NewChecker(), m.NewEstimator(prices)
		given := listedInput(rnd, m)
		var hidden []string
		for range 300 {
			switch rnd.IntN(8) {
			case 0:
				given, hidden = listedInput(rnd, m), nil
			case 1:
				given, hidden = blur(rnd, m, given)
			default:
				given = otherValue(rnd, m, given)
			}
			kept := len(estimator.known)
			want, wantEstimate := m.Check(given, hidden...), m.EstimateAt(prices, given, hidden...)
			if diff := cmp.Diff(want, checker.Check(given, hidden...)); diff != "" {
				t.Fatalf("%s, %s, hidden %v: doubts (-alone +together)\n%s", m.ID, given, hidden, diff)
			}
			if diff := cmp.Diff(wantEstimate, estimator.Estimate(given, hidden...)); diff != "" {
				t.Fatalf("%s, %s, hidden %v: estimate (-alone +together)\n%s", m.ID, given, hidden, diff)
			}
			if len(want) > 0 {
				doubted++
			}
			if wantEstimate.Known {
				priced++
			}
			if len(estimator.known) == kept {
				followed++
			}
		}
	}
	if doubted < 1000 || priced < 1000 || followed < 1000 {
		t.Errorf("%d inputs with doubts, %d with a price, %d by a precedent: the test says little", doubted, priced, followed)
	}
}

// otherValue is the input with another value of one parameter, or without it.
func otherValue(rnd *rand.Rand, m *Model, given map[string]json.RawMessage) map[string]json.RawMessage {
	other := maps.Clone(given)
	p := m.Params[rnd.IntN(len(m.Params))]
	values := []json.RawMessage{json.RawMessage(`"x"`), json.RawMessage(`"a longer text"`), json.RawMessage(`3`), json.RawMessage(`true`), json.RawMessage(`[]`)}
	for _, v := range listedValues(p) {
		raw, err := json.Marshal(v)
		if err == nil {
			values = append(values, raw, raw)
		}
	}
	if n := rnd.IntN(len(values) + 1); n < len(values) {
		other[p.Name] = values[n]
	} else {
		delete(other, p.Name)
	}
	return other
}

func TestTextsThatNothingRestsOnAreNotPartOfAPrecedent(t *testing.T) {
	m, _ := Default().Lookup("nano-banana")
	checker, estimator := m.NewChecker(), m.NewEstimator(m.Prices)
	for _, prompt := range []string{"a", "b", "c"} {
		given := input(t, `{"mode": "text-to-image", "prompt": "`+prompt+`"}`)
		checker.Check(given)
		estimator.Estimate(given)
	}
	if len(checker.cases) != 1 || len(estimator.known) != 1 {
		t.Errorf("%d cases and %d estimates of inputs that differ in a prompt: want one of each", len(checker.cases), len(estimator.known))
	}
}
