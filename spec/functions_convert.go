package spec

import (
	"maps"
	"slices"

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
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if namesNumbers(to) && !fitNumbers(args[0]) {
				return cty.NilVal, function.NewArgError(0, errLong)
			}
			value, err := alike(args[0], to)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			if isKindOf(value.Type(), to) && !marksWithin(value) {
				return value, nil
			}
			return plain.Call([]cty.Value{value})
		},
	}
	for _, p := range plain.Params() {
		spec.Params = append(spec.Params, permissive(p))
	}
	return function.New(&spec)
}

// isKindOf reports whether a type is the collection type to, or one that it leaves
// the elements of open.
func isKindOf(t, to cty.Type) bool {
	switch {
	case !to.IsCollectionType() || !t.IsCollectionType():
		return false
	case to.ElementType() != cty.DynamicPseudoType:
		return t.Equals(to)
	default:
		return t.IsListType() == to.IsListType() && t.IsSetType() == to.IsSetType()
	}
}

// marksWithin reports whether anything within a value is marked; a set is marked
// as a whole.
func marksWithin(v cty.Value) bool {
	plain, _ := v.Unmark()
	return !plain.Type().IsSetType() && plain.ContainsMarked()
}

// alike converts a tuple, an object or a list to a collection of the kind of to, if
// that is possible. Where to leaves the type of the elements open, it is found from
// the types that differ; cty does that for each pair of elements. Otherwise the
// value stays as it is, for cty to say what is wrong with it.
func alike(v cty.Value, to cty.Type) (cty.Value, error) {
	plain, marks := v.Unmark()
	t := plain.Type()
	toSet := t.IsListType() && to.IsSetType()
	if !to.IsCollectionType() || !toSet && !t.IsTupleType() && !t.IsObjectType() || !plain.IsKnown() || plain.IsNull() || t.IsObjectType() != to.IsMapType() {
		return v, nil
	}
	element := to.ElementType()
	switch {
	case element == cty.DynamicPseudoType && toSet:
		element = t.ElementType()
	case element == cty.DynamicPseudoType:
		common, ok := commonType(t)
		if !ok {
			return v, nil
		}
		element = common
	}
	result, ok, err := collect(plain, to, element)
	if err != nil || !ok {
		return v, err
	}
	return result.WithMarks(marks), nil
}

// collect makes a collection of the kind of to from elements that convert to one
// type.
func collect(v cty.Value, to, element cty.Type) (result cty.Value, ok bool, err error) {
	if v.LengthInt() == 0 || element.HasDynamicTypes() {
		return cty.NilVal, false, nil
	}
	values := make([]cty.Value, 0, v.LengthInt())
	var keys []string
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if !value.Type().Equals(element) {
			value, err = convert.Convert(value, element)
			if err != nil {
				return cty.NilVal, false, nil
			}
		}
		values = append(values, value)
		if to.IsMapType() {
			keys = append(keys, key.AsString())
		}
	}
	switch {
	case to.IsListType():
		return cty.ListVal(values), true, nil
	case to.IsSetType():
		set, err := newSet(values)
		return set, true, err
	}
	byKey := make(map[string]cty.Value, len(keys))
	for n, key := range keys {
		byKey[key] = values[n]
	}
	return cty.MapVal(byKey), true, nil
}

// commonType is the type that all elements of a tuple or an object convert to;
// not ok if there is none, or if there are no elements.
func commonType(t cty.Type) (common cty.Type, ok bool) {
	switch {
	case t.IsTupleType():
		return unified(t.TupleElementTypes())
	case t.IsObjectType():
		return unified(slices.Collect(maps.Values(t.AttributeTypes())))
	}
	return cty.NilType, false
}

// unified is the type that values of all the types convert to; not ok if there is
// none, or if there are no types. cty compares each with each.
func unified(types []cty.Type) (common cty.Type, ok bool) {
	types = unlike(types)
	if len(types) == 0 || len(types) > maxUnlike {
		return cty.NilType, false
	}
	common, _ = convert.UnifyUnsafe(types)
	return common, common != cty.NilType && !common.HasDynamicTypes()
}

// unlike lists each type once; one more than maxUnlike at most.
func unlike(types []cty.Type) []cty.Type {
	var list []cty.Type
	for _, t := range types {
		if len(list) > maxUnlike {
			break
		}
		if !slices.ContainsFunc(list, t.Equals) {
			list = append(list, t)
		}
	}
	return list
}

// maxUnlike bounds the different types that are compared with each other.
const maxUnlike = 200
