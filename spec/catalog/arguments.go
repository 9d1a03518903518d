package catalog

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// arguments are an input's values, and behind them the model's defaults.
type arguments struct {
	model *Model
	input map[string]json.RawMessage
}

// match reports whether the input has all values that a row is for.
func (a arguments) match(when map[string]any) bool {
	for name, want := range when {
		if got, ok := a.value(name); !ok || !sameValue(got, want) {
			return false
		}
	}
	return true
}

// value is the input's value, else the parameter's default. A null counts as
// missing, since it is not sent.
func (a arguments) value(name string) (any, bool) {
	if raw, ok := a.input[name]; ok {
		if value := decodeValue(raw); value != nil {
			return value, true
		}
	}
	if a.model == nil {
		return nil, false
	}
	for _, p := range a.model.Params {
		if p.Name == name && p.Default != nil {
			return p.Default, true
		}
	}
	return nil, false
}

// decodeValue keeps a number's digits. What is not JSON becomes its own text,
// which equals nothing and is no number.
func decodeValue(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return string(raw)
	}
	return value
}

// sameValue compares as loosely as the pages write: "1k" is "1K" and "10" is 10
// (API document, section 11, rows 17 and 18).
func sameValue(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	x, isText := a.(string)
	y, both := b.(string)
	if isText && both {
		return strings.EqualFold(x, y)
	}
	p, isBool := a.(bool)
	q, both := b.(bool)
	return isBool && both && p == q
}

// number reads a number, or a text that holds one.
func number(value any) (float64, bool) {
	var text string
	switch v := value.(type) {
	case float64:
		return v, true
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}
