package catalog

import (
	"encoding/json"
	"slices"
)

// Checker is Check for many inputs of one model: what does not differ between them
// is found out once. It is for one goroutine.
type Checker struct {
	model *Model
	cases []*checkedCase
}

// NewChecker returns a Checker of inputs for the model.
func (m *Model) NewChecker() *Checker { return &Checker{model: m} }

// checkedCase is what holds for all inputs of one precedent.
type checkedCase struct {
	precedent
	missing, hidden []Doubt
	params          []checkedParam
	coming          map[string][]Param // the rows that may be for a hidden parameter
}

// checkedParam is a parameter of an input, with the value that was checked last.
type checkedParam struct {
	name    string
	fitting []Param
	first   Doubt // whatever the value is
	value   json.RawMessage
	doubt   Doubt // about the value
}

// Check is Model.Check.
func (c *Checker) Check(input map[string]json.RawMessage, hidden ...string) []Doubt {
	return c.CheckComing(nil, input, hidden...)
}

// CheckComing is Check, and doubts besides the types of values that are not known yet
// where no value of the type could be right. Each of coming is among hidden.
func (c *Checker) CheckComing(coming []Coming, input map[string]json.RawMessage, hidden ...string) (doubts []Doubt) {
	if len(c.model.Params) == 0 {
		return nil
	}
	args := newArguments(c.model, input, hidden)
	found := c.find(args)
	doubts = append(doubts, found.missing...)
	for i := range found.params {
		if doubt := args.check(&found.params[i]); doubt.Summary != "" {
			doubts = append(doubts, doubt)
		}
	}
	doubts = append(doubts, found.hidden...)
	for _, later := range coming {
		if rows := found.coming[later.Param]; len(rows) > 0 && !slices.ContainsFunc(rows, func(p Param) bool { return p.mayBe(later) }) {
			doubts = append(doubts, rows[0].doubtComing(later, c.model.ID))
		}
	}
	return doubts
}

// find gives the input's case, which is judged if it is new.
func (c *Checker) find(a arguments) *checkedCase {
	for _, known := range c.cases {
		if known.holds(a.input, a.hidden) {
			return known
		}
	}
	if len(c.cases) == maxPrecedents {
		c.cases = nil
	}
	found := &checkedCase{missing: a.missing(), coming: make(map[string][]Param, len(a.hidden))}
	for _, name := range sortedKeys(a.input) {
		p := checkedParam{name: name}
		p.fitting, p.first = a.rowsFor(name)
		found.params = append(found.params, p)
	}
	for _, name := range a.hidden {
		fitting, doubt := a.rowsFor(name)
		found.coming[name] = fitting
		if doubt.Summary != "" {
			doubt.Param = name
			found.hidden = append(found.hidden, doubt)
		}
	}
	found.precedent = a.precedent() // the values themselves are looked at after this
	c.cases = append(c.cases, found)
	return found
}
