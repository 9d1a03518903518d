package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
)

// precedent is what a judgement of an input rested on: the parameters that were
// given, and the values of those that were looked at on the way. An input that has
// the same is judged the same, whatever its other values are. The inputs of a batch
// mostly differ in a prompt alone, so one of them is judged for all.
type precedent struct {
	given  map[string]given
	hidden []string
}

type given struct {
	looked bool // the value counted
	value  json.RawMessage
}

// maxPrecedents bounds those that are kept of a model: beyond it, looking for the
// right one costs as much as judging anew.
const maxPrecedents = 16

// precedent is that of all that was judged by these arguments so far. Every look at
// a value leads through decode, which notes it.
func (a arguments) precedent() precedent {
	p := precedent{given: make(map[string]given, len(a.input)), hidden: slices.Clone(a.hidden)}
	for name, value := range a.input {
		if _, looked := a.decoded[name]; looked {
			p.given[name] = given{true, bytes.Clone(value)}
		} else {
			p.given[name] = given{}
		}
	}
	return p
}

// holds reports whether an input has all that the judgement rested on.
func (p precedent) holds(input map[string]json.RawMessage, hidden []string) bool {
	if len(input) != len(p.given) || !slices.Equal(hidden, p.hidden) {
		return false
	}
	for name, value := range input {
		before, named := p.given[name]
		if !named || before.looked && !bytes.Equal(value, before.value) {
			return false
		}
	}
	return true
}
