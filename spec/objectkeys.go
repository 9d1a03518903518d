package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// listedKeys bounds the findings about keys of one object.
const listedKeys = 20

// duplicateKeySummary does not name the key, which may be of a sensitive value.
const duplicateKeySummary = "Duplicate key"

// repeatedKeys reports literal keys that an object has twice. Evaluation keeps the
// last one without a word, and an instance or an attribute is lost.
func repeatedKeys(node hclsyntax.Node) hcl.Diagnostics {
	return hclsyntax.VisitAll(node, func(node hclsyntax.Node) hcl.Diagnostics {
		if object, ok := node.(*hclsyntax.ObjectConsExpr); ok && len(object.Items) > 1 {
			return repeatedIn(object)
		}
		return nil
	})
}

func repeatedIn(object *hclsyntax.ObjectConsExpr) hcl.Diagnostics {
	var diags hcl.Diagnostics
	seen := make(map[string]hcl.Range, len(object.Items))
	for _, item := range object.Items {
		key, ok := literalKey(item.KeyExpr)
		if !ok {
			continue
		}
		where := item.KeyExpr.Range()
		first, again := seen[key]
		if !again {
			seen[key] = where
			continue
		}
		diags = append(diags, failf(where, duplicateKeySummary, "The object has the key %q already, at %s; only the last one would count. Remove or rename one of the two.", clip(key, 60), place(first)))
		if len(diags) == listedKeys {
			break
		}
	}
	return diags
}

// literalKey is the key of an object as evaluation reads it, if it is a bare word, a
// text in quotes or a number.
func literalKey(expr hclsyntax.Expression) (string, bool) {
	key, ok := expr.(*hclsyntax.ObjectConsKeyExpr)
	if !ok || key.ForceNonLiteral {
		return "", false
	}
	if word := hcl.ExprAsKeyword(key.Wrapped); word != "" {
		return word, true
	}
	switch e := key.Wrapped.(type) {
	case *hclsyntax.LiteralValueExpr:
	case *hclsyntax.TemplateExpr:
		for _, part := range e.Parts {
			if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
				return "", false
			}
		}
	default:
		return "", false
	}
	value, diags := key.Wrapped.Value(nil)
	if diags.HasErrors() || value.IsNull() || near(value) != nil {
		return "", false
	}
	value, err := convert.Convert(value, cty.String)
	if err != nil || !value.IsKnown() {
		return "", false
	}
	return value.AsString(), true
}
