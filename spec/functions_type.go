package spec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// typeFunctions convert, and set or remove the mark of sensitive values.
func typeFunctions() map[string]function.Function {
	return map[string]function.Function{
		"nonsensitive": remark(func(marks cty.ValueMarks) { delete(marks, sensitiveMark) }),
		"sensitive":    remark(func(marks cty.ValueMarks) { marks[sensitiveMark] = struct{}{} }),
		"tobool":       stdlib.MakeToFunc(cty.Bool),
		"tolist":       stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":        stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber":     stdlib.MakeToFunc(cty.Number),
		"toset":        stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":     stdlib.MakeToFunc(cty.String),
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
