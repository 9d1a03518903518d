package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// maxNamesShown bounds how many attributes are listed where none is near.
const maxNamesShown = 10

// addMeant adds to a finding about an attribute or a key that is not there which
// one may be meant, or which there are.
func addMeant(diag *hcl.Diagnostic) {
	if diag.Expression == nil || diag.EvalContext == nil {
		return
	}
	object, name := missingName(diag.Expression, diag.EvalContext)
	if object == cty.NilVal || object.ContainsMarked() { // keys may be secret, too
		return
	}
	names := namesIn(object)
	hint := suggest(name, names)
	if hint == "" && len(names) > 0 && len(names) <= maxNamesShown {
		hint = " It has " + clip(strings.Join(names, ", "), 200) + "."
	}
	if !strings.Contains(diag.Detail, hint) {
		diag.Detail += hint
	}
}

// missingName finds the first step of an expression that leads nowhere: the
// value it starts from, NilVal if there is no such step, and the name.
func missingName(expr hcl.Expression, ctx *hcl.EvalContext) (from cty.Value, name string) {
	switch e := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		root, diags := e.Traversal[:1].TraverseAbs(ctx)
		if diags.HasErrors() {
			return cty.NilVal, ""
		}
		return missingStep(root, e.Traversal[1:])
	case *hclsyntax.RelativeTraversalExpr:
		source, diags := e.Source.Value(ctx)
		if diags.HasErrors() {
			return cty.NilVal, ""
		}
		return missingStep(source, e.Traversal)
	case *hclsyntax.IndexExpr:
		collection, diags := e.Collection.Value(ctx)
		key, keyDiags := e.Key.Value(ctx)
		if diags.HasErrors() || keyDiags.HasErrors() || key.IsMarked() {
			return cty.NilVal, ""
		}
		text, err := convert.Convert(key, cty.String)
		if err != nil || text.IsNull() || !text.IsKnown() {
			return cty.NilVal, ""
		}
		return collection, text.AsString()
	}
	return cty.NilVal, ""
}

func missingStep(from cty.Value, steps hcl.Traversal) (cty.Value, string) {
	for n := range steps {
		to, diags := hcl.Traversal(steps[n : n+1]).TraverseRel(from)
		if diags.HasErrors() {
			name, _ := stepName(steps[n])
			return from, name
		}
		from = to
	}
	return cty.NilVal, ""
}

// namesIn lists the attributes of an object, or the keys of a map.
func namesIn(v cty.Value) []string {
	switch t := v.Type(); {
	case t.IsObjectType():
		return sortedKeys(t.AttributeTypes())
	case t.IsMapType() && v.IsKnown() && !v.IsNull():
		return sortedKeys(v.AsValueMap())
	}
	return nil
}
