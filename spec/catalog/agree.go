package catalog

import "slices"

// agree checks what the parts of a model say of each other.
func (r *reader) agree(n *node, m *Model) {
	modes := m.modes()
	params := n.member("params")
	for i, p := range m.Params {
		at := params.element(i)
		if p.Default != nil && p.Enum != nil {
			r.check(at, slices.ContainsFunc(p.Enum, func(v any) bool { return p.isOne(p.Default, v) }), "the default %s is not in enum", show(p.Default))
		}
		for _, mode := range p.Modes {
			r.check(at, slices.Contains(modes, mode), "it is for mode %s, which the model does not have", show(mode))
		}
		r.knows(at, m, p.When)
		for _, q := range m.Params[:i] {
			r.check(at, p.Name != q.Name || !overlap(p, q), "it has the name and the case of another, %s", show(p.Name))
		}
	}
	for i, row := range m.Results {
		at := n.member("results").element(i)
		for _, mode := range row.Modes {
			r.check(at, slices.Contains(modes, mode), "it is for mode %s, which the model does not have", show(mode))
		}
		for _, other := range m.Results[:i] {
			r.check(at, !overlapModes(row.Modes, other.Modes), "another row is for the same mode")
		}
	}
	for i, p := range m.Prices {
		r.knows(n.member("prices").element(i), m, p.When)
	}
}

// modes are the values that the model's parameter mode may have.
func (m *Model) modes() []string {
	for _, p := range m.Params {
		if p.Name != "mode" {
			continue
		}
		var modes []string
		for _, v := range p.Enum {
			if mode, ok := v.(string); ok {
				modes = append(modes, mode)
			}
		}
		return modes
	}
	return nil
}

// knows checks that a condition is about parameters of the model.
func (r *reader) knows(n *node, m *Model, when map[string]any) {
	for _, name := range sortedKeys(when) {
		r.check(n, slices.ContainsFunc(m.Params, func(p Param) bool { return p.Name == name }), "when names %s, which is no parameter of the model", show(name))
	}
}

// overlap reports whether two rows may both be for the same input.
func overlap(p, q Param) bool {
	for name, want := range p.When {
		if other, ok := q.When[name]; ok && !sameValue(want, other) {
			return false
		}
	}
	return overlapModes(p.Modes, q.Modes)
}

// overlapModes reports whether a mode is in both lists, of which an empty one has all.
func overlapModes(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 ||
		slices.ContainsFunc(a, func(mode string) bool { return slices.Contains(b, mode) })
}
