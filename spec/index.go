package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Of an object that is indexed by a value hcl drops the marks of that value, which
// would let a volatile choice into a request, and a sensitive one be shown. So the
// object takes them, and passes them on to its attribute.

// chosen is the collection of an index expression. It is in parentheses, for a walk
// to visit it.
type chosen struct {
	*hclsyntax.ParenthesesExpr
	by *choice
}

// choice is the key of an index expression. The collection, which is evaluated
// first, leaves its value for it: evaluated twice, keys within keys would take as
// long as two to the power of their depth.
type choice struct{ *hclsyntax.ParenthesesExpr }

// left is the value of a key that has been evaluated and not been used yet.
type left struct {
	of    *choice
	in    *hcl.EvalContext
	value cty.Value
	diags hcl.Diagnostics
}

// markIndex makes an index expression pass on the marks of its key.
func markIndex(n *hclsyntax.IndexExpr) {
	if _, literal := n.Key.(*hclsyntax.LiteralValueExpr); literal {
		return
	}
	by := &choice{&hclsyntax.ParenthesesExpr{Expression: n.Key, SrcRange: n.Key.Range()}}
	n.Key = by
	n.Collection = &chosen{&hclsyntax.ParenthesesExpr{Expression: n.Collection, SrcRange: n.Collection.Range()}, by}
}

func (c *chosen) Range() hcl.Range                 { return c.Expression.Range() }
func (c *chosen) StartRange() hcl.Range            { return c.Expression.StartRange() }
func (c *chosen) UnwrapExpression() hcl.Expression { return c.Expression }

func (c *choice) Range() hcl.Range                 { return c.Expression.Range() }
func (c *choice) StartRange() hcl.Range            { return c.Expression.StartRange() }
func (c *choice) UnwrapExpression() hcl.Expression { return c.Expression }

func (c *chosen) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := c.Expression.Value(ctx)
	if t := value.Type(); !t.IsObjectType() && t != cty.DynamicPseudoType {
		return value, diags
	}
	key, keyDiags := c.by.Expression.Value(ctx)
	if s := stepsOf(ctx); s != nil {
		s.key = left{c.by, ctx, key, keyDiags}
	}
	return value.WithMarks(key.Marks()), diags
}

func (c *choice) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if s := stepsOf(ctx); s != nil && s.key.of == c && s.key.in == ctx {
		key := s.key
		s.key = left{}
		return key.value, key.diags
	}
	return c.Expression.Value(ctx)
}
