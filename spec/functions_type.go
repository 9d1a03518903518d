package spec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// typeFunctions convert, and set or remove the mark of sensitive values.
func typeFunctions() map[string]function.Function {
	return map[string]function.Function{
		"issensitive":  isSensitiveFunction(),
		"nonsensitive": remark(func(marks cty.ValueMarks) { delete(marks, sensitiveMark) }),
		"sensitive":    remark(func(marks cty.ValueMarks) { marks[sensitiveMark] = struct{}{} }),
		"tobool":       conversionFunction(cty.Bool),
		"tolist":       conversionFunction(cty.List(cty.DynamicPseudoType)),
		"tomap":        conversionFunction(cty.Map(cty.DynamicPseudoType)),
		"tonumber":     conversionFunction(cty.Number),
		"toset":        conversionFunction(cty.Set(cty.DynamicPseudoType)),
		"tostring":     conversionFunction(cty.String),
	}
}

// remark makes a function that returns its argument with other marks. Marks
// deeper in the value stay as they are.
func remark(change func(cty.ValueMarks)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			value, marks := args[0].Unmark()
			if marks == nil {
				marks = make(cty.ValueMarks)
			}
			change(marks)
			return value.WithMarks(marks), nil
		},
	})
}

// isSensitiveFunction reports whether a value is marked as sensitive itself. The
// answer is not.
func isSensitiveFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			_, sensitive, _ := unmark(args[0])
			return cty.BoolVal(sensitive), nil
		},
	})
}
