package spec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// conversionFunction makes tostring, tolist and their kind. Unlike cty's own it
// takes time in proportion to the elements.
func conversionFunction(to cty.Type) function.Function {
	plain := stdlib.MakeToFunc(to)
	spec := function.Spec{
		Description: plain.Description(),
		Params:      plain.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if holdsNumbers(to) && !fitNumbers(args[0]) {
				return cty.NilType, function.NewArgError(0, errLong)
			}
			return plain.ReturnTypeForValues([]cty.Value{alike(args[0], to)})
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return plain.Call([]cty.Value{alike(args[0], to)})
		},
	}
	return function.New(&spec)
}

// alike converts a tuple or an object to a collection of the kind of to, if that
// is possible. Where to leaves the type of the elements open, it is found from
// the types that differ; cty does that for each pair of elements. Otherwise the
// value stays as it is, for cty to say what is wrong with it.
func alike(v cty.Value, to cty.Type) cty.Value {
	plain, marks := v.Unmark()
	t := plain.Type()
	if !to.IsCollectionType() || !t.IsTupleType() && !t.IsObjectType() || !plain.IsKnown() || plain.IsNull() || t.IsObjectType() != to.IsMapType() {
		return v
	}
	element := to.ElementType()
	if element == cty.DynamicPseudoType {
		common, ok := commonType(t)
		if !ok {
			return v
		}
		element = common
	}
	result, ok := collect(plain, to, element)
	if !ok {
		return v
	}
	return result.WithMarks(marks)
}

// collect makes a collection of the kind of to from elements that convert to one
// type.
func collect(v cty.Value, to, element cty.Type) (result cty.Value, ok bool) {
	if v.LengthInt() == 0 || element.HasDynamicTypes() {
		return cty.NilVal, false
	}
	values := make([]cty.Value, 0, v.LengthInt())
	var keys []string
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		value, err := convert.Convert(value, element)
		if err != nil {
			return cty.NilVal, false
		}
		values = append(values, value)
		if to.IsMapType() {
			keys = append(keys, key.AsString())
		}
	}
	switch {
	case to.IsListType():
		return cty.ListVal(values), true
	case to.IsSetType():
		return cty.SetVal(values), true
	}
	byKey := make(map[string]cty.Value, len(keys))
	for n, key := range keys {
		byKey[key] = values[n]
	}
	return cty.MapVal(byKey), true
}

// commonType is the type that all elements of a tuple or an object convert to;
// not ok if there is none, or if there are no elements.
func commonType(t cty.Type) (common cty.Type, ok bool) {
	var types []cty.Type
	add := func(element cty.Type) {
		for _, seen := range types {
			if seen.Equals(element) {
				return
			}
		}
		types = append(types, element)
	}
	switch {
	case t.IsTupleType():
		for _, element := range t.TupleElementTypes() {
			add(element)
		}
	case t.IsObjectType():
		for _, attribute := range t.AttributeTypes() {
			add(attribute)
		}
	}
	if len(types) == 0 || len(types) > maxUnlike {
		return cty.NilType, false
	}
	common, _ = convert.UnifyUnsafe(types)
	return common, common != cty.NilType && !common.HasDynamicTypes()
}

// maxUnlike bounds the different types that are compared with each other.
const maxUnlike = 200
