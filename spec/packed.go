package spec

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// packed is a value that may be in little: the attributes of an object side by side. In
// a map for each, as cty holds them, the rows of a large table are most of what a plan
// takes.
type packed struct {
	*shape             // nil if the value is the only one of values
	values []cty.Value // of the attributes
}

// shape names the attributes of an object, in order. Packed values share it.
type shape struct{ names []string }

// pack packs a value. If it has the attributes of the last one, it has its shape.
func pack(v cty.Value, last packed) packed {
	if v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() {
		return packed{values: []cty.Value{v}}
	}
	p := packed{shape: last.shape, values: make([]cty.Value, v.LengthInt())}
	if !p.shape.fits(v) {
		p.shape = &shape{sortedKeys(v.Type().AttributeTypes())}
	}
	for n, name := range p.names {
		p.values[n] = v.GetAttr(name)
	}
	return p
}

// fits reports whether an object has the attributes of the shape and no others.
func (s *shape) fits(v cty.Value) bool {
	return s != nil && len(s.names) == v.LengthInt() &&
		!slices.ContainsFunc(s.names, func(name string) bool { return !v.Type().HasAttribute(name) })
}

// value is what was packed.
func (p packed) value() cty.Value {
	if p.shape == nil {
		return p.values[0]
	}
	attributes := make(map[string]cty.Value, len(p.names))
	for n, name := range p.names {
		attributes[name] = p.values[n]
	}
	return cty.ObjectVal(attributes)
}
