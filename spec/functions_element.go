package spec

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// elementFunctions pick from collections or ask something of them.
func elementFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":  truthFunction(false),
		"anytrue":  truthFunction(true),
		"coalesce": coalesceFunction(),
		"contains": stdlib.ContainsFunc,
		"element":  stdlib.ElementFunc,
		"index":    indexFunction(),
		"length":   lengthFunction(),
		"lookup":   lookupFunction(),
		"one":      oneFunction(),
	}
}

// truthFunction makes alltrue and anytrue: one element that is decisive (false
// for alltrue, true for anytrue) decides, whatever is still unknown; an empty
// list gives the opposite. Null counts as false.
func truthFunction(decisive bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result := cty.BoolVal(!decisive)
			for _, value := range args[0].Elements() {
				switch {
				case !value.IsKnown():
					result = cty.UnknownVal(cty.Bool)
				case (!value.IsNull() && value.True()) == decisive:
					return cty.BoolVal(decisive), nil
				}
			}
			return result, nil
		},
	})
}

// coalesceFunction returns the first argument that is neither null nor, among
// texts, empty.
func coalesceFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "vals", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			types := make([]cty.Type, len(args))
			for i, value := range args {
				types[i] = value.Type()
			}
			common, _ := convert.UnifyUnsafe(unlike(types))
			if common == cty.NilType {
				return cty.NilType, errors.New("all arguments must have the same type")
			}
			return common, nil
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			var skipped []cty.ValueMarks
			for i, value := range args {
				value, err := convert.Convert(value, retType)
				if err != nil {
					return cty.NilVal, function.NewArgError(i, err)
				}
				plain, marks := value.Unmark()
				skipped = append(skipped, marks) // that a value is empty tells something about it
				if !plain.IsKnown() {
					return cty.UnknownVal(retType).WithMarks(skipped...), nil
				}
				if !plain.IsNull() && !plain.RawEquals(cty.StringVal("")) {
					return plain.WithMarks(skipped...), nil
				}
			}
			return cty.NilVal, errors.New("all arguments are null or empty")
		},
	})
}

// indexFunction finds the place of a value in a list; it must be there.
func indexFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType},
			{Name: "value", Type: cty.DynamicPseudoType},
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
				return cty.NilType, function.NewArgErrorf(0, "a list or tuple is needed, not %s", ty.FriendlyName())
			}
			return cty.Number, nil
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			for i, element := range args[0].AsValueSlice() {
				equal, err := stdlib.Equal(element, args[1])
				if err != nil {
					return cty.NilVal, err
				}
				if !equal.IsKnown() {
					return cty.UnknownVal(retType), nil
				}
				if equal.True() {
					return cty.NumberIntVal(int64(i)), nil
				}
			}
			return cty.NilVal, function.NewArgErrorf(1, "the list does not hold this value")
		},
	})
}

// lengthFunction counts elements, attributes, or the characters of a text as
// people see them (grapheme clusters). The marks of single elements are not
// those of the count.
func lengthFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType,
			AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) {
			ty := args[0].Type()
			if ty == cty.String || ty == cty.DynamicPseudoType || ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType() {
				return cty.Number, nil
			}
			return cty.NilType, function.NewArgErrorf(0, "a text, a collection or an object is needed, not %s", ty.FriendlyName())
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			value, marks := args[0].Unmark()
			var length cty.Value
			switch ty := value.Type(); {
			case ty == cty.DynamicPseudoType:
				length = cty.UnknownVal(retType)
			case ty == cty.String:
				var err error
				if length, err = stdlib.Strlen(value); err != nil {
					return cty.NilVal, err
				}
			case ty.IsTupleType():
				length = cty.NumberIntVal(int64(len(ty.TupleElementTypes())))
			case ty.IsObjectType():
				length = cty.NumberIntVal(int64(len(ty.AttributeTypes())))
			default:
				length = value.Length()
			}
			return length.WithMarks(marks), nil
		},
	})
}

// oneFunction returns the only element, or null if there is none.
func oneFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			switch ty := args[0].Type(); {
			case ty.IsListType() || ty.IsSetType():
				return ty.ElementType(), nil
			case ty.IsTupleType() && ty.Length() == 0:
				return cty.DynamicPseudoType, nil
			case ty.IsTupleType() && ty.Length() == 1:
				return ty.TupleElementType(0), nil
			default:
				return cty.NilType, errNotOne
			}
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if !args[0].Type().IsTupleType() && !args[0].Length().IsKnown() {
				return cty.UnknownVal(retType), nil // unknown elements of a set may be equal
			}
			switch elements := args[0].AsValueSlice(); len(elements) {
			case 0:
				return cty.NullVal(retType), nil
			case 1:
				return elements[0], nil
			default:
				return cty.NilVal, errNotOne
			}
		},
	})
}

var errNotOne = function.NewArgErrorf(0, "a list, set or tuple of at most one element is needed")
