package spec

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func numberFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs":      stdlib.AbsoluteFunc,
		"ceil":     stdlib.CeilFunc,
		"floor":    stdlib.FloorFunc,
		"log":      stdlib.LogFunc,
		"max":      stdlib.MaxFunc,
		"min":      stdlib.MinFunc,
		"parseint": parseintFunction(),
		"pow":      stdlib.PowFunc,
		"signum":   stdlib.SignumFunc,
		"sum":      sumFunction(),
	}
}

// sumFunction adds the numbers of a list, set or tuple that is not empty.
func sumFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !isSequence(args[0].Type()) {
				return cty.NilType, function.NewArgErrorf(0, "a list, set or tuple of numbers is needed, not %s", args[0].Type().FriendlyName())
			}
			return cty.Number, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].LengthInt() == 0 {
				return cty.NilVal, function.NewArgErrorf(0, "an empty list has no sum")
			}
			total := cty.Zero
			for _, value := range args[0].Elements() {
				n, err := convert.Convert(value, cty.Number)
				if err == nil && n.IsNull() {
					err = errors.New("null has no value")
				}
				if err != nil {
					return cty.NilVal, function.NewArgErrorf(0, "all elements must be numbers: %s", err)
				}
				total = total.Add(n)
			}
			return total, nil
		},
	})
}

// isSequence reports whether values of the type are lists, sets or tuples.
func isSequence(ty cty.Type) bool {
	return ty.IsListType() || ty.IsSetType() || ty.IsTupleType()
}

// parseintFunction reads a whole number in a base from 2 to 62.
func parseintFunction() function.Function {
	return function.New(&function.Spec{
		Params: stdlib.ParseIntFunc.Params(),
		Type:   stdlib.ParseIntFunc.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(textArgument(args[0])) > maxNumberText {
				return cty.NilVal, function.NewArgError(0, errLong)
			}
			return stdlib.ParseIntFunc.Call(args)
		},
	})
}
