package spec

import (
	"errors"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Whether an expression succeeds may rest on a sensitive or a volatile value, and
// then what try and can give tells of it: it carries the marks of all that was
// tried. Each expression is evaluated once, so that calls within calls take no
// longer than they look.

// tryFunction gives the value of the first expression that has one. Where part
// of it is unknown, it is unknown which will succeed.
func tryFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "expressions", Type: customdecode.ExpressionClosureType},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			marks := make(cty.ValueMarks)
			var failures hcl.Diagnostics
			for _, arg := range args {
				value, diags := attempt(arg, marks)
				switch {
				case diags.HasErrors():
					failures = append(failures, diags...)
				case !value.IsWhollyKnown():
					return cty.DynamicVal.WithMarks(marks), nil
				default:
					return value.WithMarks(marks), nil
				}
			}
			return cty.NilVal, noneSucceeded(failures)
		},
	})
}

func noneSucceeded(failures hcl.Diagnostics) error {
	if len(failures) == 0 {
		return errors.New("at least one argument is required")
	}
	text := "no expression succeeded:"
	for _, diag := range failures {
		text += "\n- " + diag.Summary
		if diag.Subject != nil {
			text += " (at " + place(*diag.Subject) + ")"
		}
		text += "\n  " + diag.Detail
	}
	return errors.New(text + "\n\nAt least one must succeed")
}

// canFunction reports whether an expression has a value.
func canFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "expression", Type: customdecode.ExpressionClosureType}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			marks := make(cty.ValueMarks)
			value, diags := attempt(args[0], marks)
			switch {
			case diags.HasErrors():
				return cty.False.WithMarks(marks), nil
			case !value.IsWhollyKnown():
				return cty.UnknownVal(cty.Bool).WithMarks(marks), nil
			default:
				return cty.True.WithMarks(marks), nil
			}
		},
	})
}

// attempt evaluates an expression and adds the marks that its outcome rests on:
// those of its value, or, where it fails, of what it uses. Marks within a value
// stay where they are.
func attempt(arg cty.Value, marks cty.ValueMarks) (cty.Value, hcl.Diagnostics) {
	closure := customdecode.ExpressionClosureFromVal(arg)
	value, diags := closure.Value()
	if !diags.HasErrors() {
		_, own := value.Unmark()
		maps.Copy(marks, own)
		return value, nil
	}
	for _, traversal := range closure.Expression.Variables() {
		addMarks(marks, traversal, closure.EvalContext)
	}
	if node, ok := closure.Expression.(hclsyntax.Node); ok {
		hclsyntax.VisitAll(node, func(node hclsyntax.Node) hcl.Diagnostics {
			if call, ok := node.(*hclsyntax.FunctionCallExpr); ok {
				if m, ok := markers[call.Name]; ok {
					marks[m] = struct{}{}
				}
			}
			return nil
		})
	}
	return value, diags
}

// markers are the functions that mark.
var markers = map[string]mark{"sensitive": sensitiveMark, "timestamp": volatileMark, "uuid": volatileMark}

// addMarks adds the marks that are met on the way of a traversal.
func addMarks(marks cty.ValueMarks, traversal hcl.Traversal, ctx *hcl.EvalContext) {
	for n := 1; n <= len(traversal); n++ {
		value, diags := traversal[:n].TraverseAbs(ctx)
		if diags.HasErrors() {
			return
		}
		_, own := value.Unmark()
		maps.Copy(marks, own)
	}
}
