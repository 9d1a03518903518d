package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"apixo-batch/spec/catalog"
)

// Parameters says how the parameters of an input are checked. What does not pass
// is refused with 400 (API document, section 9).
type Parameters byte

const (
	// AnyParameters checks none but that a prompt is there, since the catalog may
	// be older than the model.
	AnyParameters Parameters = iota
	// KnownParameters checks the values of those that the catalog knows: type,
	// values, bounds. Others pass, since names differ between the vendor's pages
	// (API document, section 11, row 17).
	KnownParameters
	// StrictParameters also refuses unknown ones, those of another mode, and an
	// input that lacks a required one without a default.
	StrictParameters
)

var parametersNames = map[string]Parameters{"known": KnownParameters, "strict": StrictParameters, "any": AnyParameters}

// ParseParameters reads "known", "strict" or "any".
func ParseParameters(name string) (Parameters, error) {
	p, ok := parametersNames[name]
	if !ok {
		return 0, fmt.Errorf("parameters %q: want known, strict or any", name)
	}
	return p, nil
}

// checkProvider returns what is wrong with the route: three are documented, and of
// some models only one works, and has to be sent (API document, section 3).
func (m model) checkProvider(provider string, how Parameters) error {
	switch {
	case how != StrictParameters || m.known == nil:
		return nil
	case m.provider != "" && provider != m.provider:
		return fmt.Errorf("provider must be %s for this model", m.provider)
	case provider != "" && !m.known.Channels && !slices.Contains(catalog.Providers[:], provider):
		return fmt.Errorf("provider must be one of %s", strings.Join(catalog.Providers[:], ", "))
	}
	return nil
}

// checkParameters returns what is wrong with an input.
func (m model) checkParameters(input map[string]json.RawMessage, how Parameters) error {
	if how == AnyParameters {
		return nil
	}
	mode := m.mode(input)
	var names []string
	for _, p := range m.params {
		if slices.Contains(names, p.Name) {
			continue // a further case of it
		}
		names = append(names, p.Name)
		if err := m.checkParameter(p, mode, input, how); err != nil {
			return err
		}
	}
	if how == StrictParameters && len(names) > 0 {
		return m.checkNames(input)
	}
	return nil
}

// checkParameter checks one parameter, which may have a row for each of several
// cases: one that accepts the value is enough.
func (m model) checkParameter(p catalog.Param, mode string, input map[string]json.RawMessage, how Parameters) error {
	name, value := p.Name, input[p.Name]
	rows := m.rowsOf(name, mode, input)
	switch given := len(value) > 0 && string(value) != "null"; {
	case !given && slices.ContainsFunc(p.Was, func(old string) bool { return input[old] != nil }):
		return nil
	case !given && len(rows) > 0 && !slices.ContainsFunc(rows, func(p catalog.Param) bool { return !m.needs(p, how) }):
		return fmt.Errorf("%s is required", name)
	case !given:
		return nil
	case len(rows) == 0 && how == StrictParameters:
		return fmt.Errorf("%s is not allowed in mode %.60q", name, mode)
	}
	var first error
	for _, p := range rows {
		err := m.checkValue(p, value)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
	}
	return first
}

// rowsOf are the rows of a parameter that are for the mode and the other values.
func (m model) rowsOf(name, mode string, input map[string]json.RawMessage) []catalog.Param {
	return slices.DeleteFunc(slices.Clone(m.params), func(p catalog.Param) bool {
		return p.Name != name || len(p.Modes) > 0 && !slices.Contains(p.Modes, mode) || !m.inCase(p, input)
	})
}

// inCase reports whether the input has the values of other parameters that a row
// is for. One that it lacks counts with its default.
func (m model) inCase(p catalog.Param, input map[string]json.RawMessage) bool {
	for name, want := range p.When {
		var got any
		if json.Unmarshal(input[name], &got) != nil || got == nil {
			i := slices.IndexFunc(m.params, func(q catalog.Param) bool { return q.Name == name })
			got = m.params[i].Default
		}
		if !sameWord(want, got) {
			return false
		}
	}
	return true
}

// needs reports whether an input without the parameter is refused. The pages call
// many required that their examples leave out; but a task that builds on another
// cannot do without its ID.
func (m model) needs(p catalog.Param, how Parameters) bool {
	return p.Required && (how == StrictParameters && p.Default == nil || p.Name == buildsOn[m.id].parameter)
}

func (m model) checkNames(input map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(input)) {
		if !slices.ContainsFunc(m.params, func(p catalog.Param) bool { return p.Name == name || slices.Contains(p.Was, name) }) {
			return fmt.Errorf("unknown parameter %.60q", name)
		}
	}
	return nil
}

// mode is the input's, or the model's default.
func (m model) mode(input map[string]json.RawMessage) string {
	var mode string
	if json.Unmarshal(input["mode"], &mode) == nil {
		return mode
	}
	for _, p := range m.params {
		if p.Name == "mode" {
			mode, _ = p.Default.(string)
		}
	}
	return mode
}
