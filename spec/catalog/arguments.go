package catalog

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// arguments are an input's values, and behind them the model's defaults.
type arguments struct {
	model  *Model
	input  map[string]json.RawMessage
	hidden []string // parameters that are given and whose values are not known
	// anything: not even the names of the parameters that are given are known.
	anything bool

	decoded map[string]any // of the input, so far
}

func newArguments(m *Model, input map[string]json.RawMessage, hidden []string) arguments {
	return arguments{model: m, input: input, hidden: hidden, decoded: make(map[string]any)}
}

// fit is whether an input has the values that a row is for.
type fit int

const (
	never   fit = iota
	perhaps     // it depends on a value that is not known
	always
)

// given reports whether the input has a parameter, by its name or an older one.
func (a arguments) given(p Param) bool {
	return a.named(p.Name) || slices.ContainsFunc(p.Was, a.named)
}

// named reports whether the input has a parameter by this very name.
func (a arguments) named(name string) bool {
	_, known := a.input[name]
	return known || slices.Contains(a.hidden, name)
}

// applies reports whether a row is the one for the input's mode and its other
// values.
func (a arguments) applies(p Param) fit {
	result := a.match(p.When)
	if len(p.Modes) == 0 || result == never {
		return result
	}
	if a.isHidden("mode") {
		return perhaps
	}
	mode, ok := a.plain("mode")
	text, isText := mode.(string)
	switch {
	case !ok, !isText:
		return perhaps // that the mode is wrong is another matter
	case !slices.ContainsFunc(p.Modes, func(m string) bool { return strings.EqualFold(m, text) }):
		return never
	}
	return result
}

// match reports whether the input has all values that a row is for.
func (a arguments) match(when map[string]any) fit {
	result := always
	for name, want := range when {
		if a.isHidden(name) {
			result = min(result, perhaps)
		} else if got, ok := a.plain(name); !ok || !sameValue(got, want) {
			return never
		}
	}
	return result
}

func (a arguments) isHidden(name string) bool {
	if a.anything || slices.Contains(a.hidden, name) {
		return true
	}
	return slices.ContainsFunc(a.was(name), func(old string) bool { return slices.Contains(a.hidden, old) })
}

// was lists the older names of a parameter.
func (a arguments) was(name string) []string {
	for _, p := range a.params() {
		if p.Name == name && len(p.Was) > 0 {
			return p.Was
		}
	}
	return nil
}

// isOld reports whether the model has a newer name for the parameter.
func (a arguments) isOld(name string) bool {
	return slices.ContainsFunc(a.params(), func(p Param) bool { return slices.Contains(p.Was, name) })
}

func (a arguments) params() []Param {
	if a.model == nil {
		return nil
	}
	return a.model.Params
}

// plain is the value of a parameter that rows depend on: the input's, else its
// default. One that depends on others itself does not count, so that no row can
// depend on itself.
func (a arguments) plain(name string) (any, bool) {
	if value, ok := a.sent(name); ok {
		return value, true
	}
	for _, p := range a.params() {
		if p.Name == name && p.Default != nil && len(p.Modes)+len(p.When) == 0 {
			return p.Default, true
		}
	}
	return nil, false
}

// sent is the input's own value, by the parameter's name or an older one.
func (a arguments) sent(name string) (any, bool) {
	if values := a.allSent(name); len(values) > 0 {
		return values[0], true
	}
	return nil, false
}

// allSent are the input's own values of a parameter: more than one if it is
// given by its name and an older one, and nobody knows which the API takes.
func (a arguments) allSent(name string) (values []any) {
	if value := a.decode(name); value != nil {
		values = append(values, value)
	}
	for _, old := range a.was(name) {
		if value := a.decode(old); value != nil {
			values = append(values, value)
		}
	}
	return values
}

// decode decodes a value of the input once; nil if there is none.
func (a arguments) decode(name string) any {
	value, done := a.decoded[name]
	if raw, given := a.input[name]; given && !done {
		value = decodeValue(raw)
		a.decoded[name] = value
	}
	return value
}

// decodeValue keeps a number's digits. What is not JSON becomes its own text,
// which equals nothing and is no number.
func decodeValue(raw json.RawMessage) any {
	var text string
	if bytes.HasPrefix(raw, []byte(`"`)) && json.Unmarshal(raw, &text) == nil {
		return text // as most are, and told without the cost of a decoder
	}
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

// number reads a number, or a text that holds one in decimal: no hexadecimal, no
// "_" and no word such as "inf", which other languages read otherwise or not at all.
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
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}
