package spec

import (
	"maps"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// unknownAfter is what self has in a postcondition of which only the types are known.
var unknownAfter = map[string]cty.Value{
	"files": cty.UnknownVal(cty.List(cty.Object(map[string]cty.Type{
		"path": cty.String, "bytes": cty.Number, "sha256": cty.String,
	}))),
	"urls": unknownTask["urls"], "result": unknownTask["result"],
	"cost": unknownTask["cost"], "task_id": unknownTask["task_id"],
}

// checkTypes evaluates the conditions of an instance for their types alone: whether
// one is true or false matters only where something is bought.
func (ev *evaluator) checkTypes(i *Instance, functions map[string]function.Function) hcl.Diagnostics {
	var diags hcl.Diagnostics
	check := func(guards []*guard, self map[string]cty.Value) {
		for _, g := range guards {
			ctx, guardDiags := ev.guardContext(i, g, maps.Clone(self))
			if !guardDiags.HasErrors() {
				guardDiags = ev.config.checkType(g, ctx, functions)
			}
			diags = append(diags, guardDiags...)
		}
	}
	check(i.expand.block.before, map[string]cty.Value{})
	check(i.expand.block.after, unknownAfter)
	return diags
}

// checkType finds a condition that cannot be true or false whatever is not known yet.
func (c *configuration) checkType(g *guard, ctx *hcl.EvalContext, functions map[string]function.Function) hcl.Diagnostics {
	inner := ctx.NewChild()
	inner.Functions = functions
	_, diags := truthOf(g.condition, inner)
	return c.atRows(diags)
}

// withoutFiles are the functions with those that may read a file giving what is not
// known: it may be one that a result brings, and is not to be read before.
func withoutFiles(functions map[string]function.Function) map[string]function.Function {
	functions = maps.Clone(functions)
	unread := function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "args", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.DynamicVal, nil },
	})
	for name := range functions {
		if strings.HasPrefix(name, "file") || strings.HasPrefix(name, "template") {
			functions[name] = unread
		}
	}
	return functions
}

// checkOutputTypes is checkTypes for the preconditions of an output, unless what it
// sees is wrong, which is found with its value.
func (ev *evaluator) checkOutputTypes(o *outputBlock, functions map[string]function.Function) hcl.Diagnostics {
	ctx, _, diags := ev.outputContext(o)
	if diags.HasErrors() {
		return nil
	}
	diags = nil
	for _, g := range o.before {
		diags = append(diags, ev.config.checkType(g, ctx, functions)...)
	}
	return diags
}
