package spec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// lookupFunction returns the element of a map or object by its key, else the
// default if one is given. The result carries the marks of the collection, of
// the key and of the element, not those of its siblings.
func lookupFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "inputMap", Type: cty.DynamicPseudoType, AllowMarked: true},
			{Name: "key", Type: cty.String, AllowMarked: true},
		},
		VarParam: &function.Parameter{
			Name: "default", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		},
		Type: lookupType,
		Impl: lookup,
	})
}

func lookupType(args []cty.Value) (cty.Type, error) {
	if len(args) > 3 {
		return cty.NilType, function.NewArgErrorf(3, "a map, a key and at most one default are needed")
	}
	key, _ := args[1].Unmark()
	switch ty := args[0].Type(); {
	case ty.IsMapType():
		if len(args) == 3 {
			if _, err := converted(args[2], ty.ElementType()); err != nil {
				return cty.NilType, function.NewArgErrorf(2, "the default must have the type of the map's elements: %s", err)
			}
		}
		return ty.ElementType(), nil
	case !ty.IsObjectType():
		return cty.NilType, function.NewArgErrorf(0, "a map or an object is needed, not %s", ty.FriendlyName())
	case !key.IsKnown():
		return cty.DynamicPseudoType, nil
	case ty.HasAttribute(key.AsString()):
		return ty.AttributeType(key.AsString()), nil
	case len(args) == 3:
		return args[2].Type(), nil
	default:
		return cty.NilType, function.NewArgErrorf(1, "there is no element with the key %q, and no default", key.AsString())
	}
}

func lookup(args []cty.Value, retType cty.Type) (cty.Value, error) {
	collection, marks := args[0].Unmark()
	key, keyMarks := args[1].Unmark()
	if !collection.IsKnown() || !key.IsKnown() {
		return cty.UnknownVal(retType).WithMarks(marks, keyMarks), nil
	}
	name := key.AsString()
	if ty := collection.Type(); ty.IsObjectType() && ty.HasAttribute(name) {
		return collection.GetAttr(name).WithMarks(marks, keyMarks), nil
	}
	if collection.Type().IsMapType() && collection.HasIndex(key).True() {
		return collection.Index(key).WithMarks(marks, keyMarks), nil
	}
	if len(args) < 3 {
		return cty.NilVal, function.NewArgErrorf(1, "there is no element with the key %q, and no default", name)
	}
	value, err := converted(args[2], retType)
	if err != nil {
		return cty.NilVal, function.NewArgError(2, err)
	}
	return value.WithMarks(marks, keyMarks), nil
}
