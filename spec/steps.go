package spec

import (
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A for expression within another, over a list each, can take days, and a text
// put together in it all memory. So evaluation counts its steps: parsing puts
// counters into loops, templates and calls (count below), which find in the
// context what is left.

// maxSteps bounds one evaluation: of a local, a for_each, an input. A step is
// half a microsecond or so, or nodeBytes of text.
const maxSteps = 6_000_000

// What is counted, in steps.
const (
	loopSteps = 4 // once around a for expression or a splat
	callSteps = 4 // an argument of a call, and
	perStep   = 4 // elements of it

	// To go through a set is to sort it. A call does so three times, a comparison
	// four.
	sortSteps     = 12 // an element that is a text, a number or a truth value
	sortDeepSteps = 75 // any other
	callSorts     = 3
	equalSorts    = 4
)

// steps are what an evaluation may still take. One evaluation is of one
// goroutine.
type steps struct {
	left  int
	spent *hcl.Diagnostic // once there is none left: the same for all that is not done
	key   left            // of the index expression that is being evaluated
}

var stepsType = cty.Capsule("steps", reflect.TypeFor[steps]())

// stepsName is no name that an expression can refer to.
const stepsName = " steps"

// withSteps is a new context within parent, for one evaluation.
func withSteps(parent *hcl.EvalContext) *hcl.EvalContext {
	ctx := parent.NewChild()
	ctx.Variables = map[string]cty.Value{stepsName: newSteps()}
	return ctx
}

func newSteps() cty.Value { return cty.CapsuleVal(stepsType, &steps{left: maxSteps}) }

// take takes n steps for an expression. It gives an error when there are none
// left.
func take(ctx *hcl.EvalContext, n int, expr hcl.Expression) hcl.Diagnostics {
	if s := stepsOf(ctx); s != nil {
		return s.take(n, expr)
	}
	return nil
}

// stepsOf finds the steps of the evaluation that a context is of; nil if it counts
// none.
func stepsOf(ctx *hcl.EvalContext) *steps {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[stepsName]; ok {
			return v.EncapsulatedValue().(*steps)
		}
	}
	return nil
}

func (s *steps) take(n int, expr hcl.Expression) hcl.Diagnostics {
	if s.left -= n; s.left >= 0 {
		return nil
	}
	if s.spent == nil {
		s.spent = failf(expr.Range(), "Expression takes too much", "Evaluated to the end it would take very long or very much memory: more than %d million steps. Is there a loop within a loop, or contains() within one? A map made once, and lookup(), find things faster.", maxSteps/1_000_000)
	}
	return hcl.Diagnostics{s.spent}
}

// counter counts the evaluations of the expression that it embeds, which is in
// parentheses, for a walk to visit it.
type counter struct {
	*hclsyntax.ParenthesesExpr
	steps int
	sized bool // and what the value holds
	bytes bool // and the text that it is
	sorts int  // and what it takes to sort the set that it is, so many times
}

func (c *counter) Range() hcl.Range      { return c.Expression.Range() }
func (c *counter) StartRange() hcl.Range { return c.Expression.StartRange() }

// UnwrapExpression lets those look at the expression who read it as a list, a map
// or a call, such as the types of variables.
func (c *counter) UnwrapExpression() hcl.Expression { return c.Expression }

func (c *counter) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if spent := take(ctx, c.steps, c); spent != nil {
		return cty.DynamicVal, spent
	}
	value, diags := c.Expression.Value(ctx)
	if diags.HasErrors() {
		return value, diags
	}
	if spent := take(ctx, c.weigh(value), c); spent != nil {
		return cty.DynamicVal, spent
	}
	return value, diags
}

// weigh is how many steps a value is worth to whoever reads all of it.
func (c *counter) weigh(v cty.Value) int {
	v, _ = v.Unmark()
	switch t := v.Type(); {
	case !c.sized && !c.bytes && c.sorts == 0 || v.IsNull() || !v.IsKnown():
		return 0
	case t.IsSetType():
		return c.sorts * v.LengthInt() * setSteps(t)
	case t == cty.String && (c.sized || c.bytes):
		return len(v.AsString()) / nodeBytes
	case c.sized && (isSequence(t) || t.IsMapType() || t.IsObjectType()):
		return v.LengthInt() / perStep
	default:
		return 0
	}
}

func setSteps(t cty.Type) int {
	if t.ElementType().IsPrimitiveType() {
		return sortSteps
	}
	return sortDeepSteps
}

// count puts counters into one expression.
func count(node hclsyntax.Node) {
	switch n := node.(type) {
	case *hclsyntax.ForExpr:
		n.CollExpr = counting(n.CollExpr, counter{sorts: 1})
		_, shared := unwrapped(n.ValExpr).(*hclsyntax.ScopeTraversalExpr)
		n.ValExpr = counting(n.ValExpr, counter{steps: loopSteps, bytes: !shared})
		if n.CondExpr != nil {
			n.CondExpr = counting(n.CondExpr, counter{steps: loopSteps})
		}
	case *hclsyntax.SplatExpr:
		n.Each = counting(n.Each, counter{steps: loopSteps})
	case *hclsyntax.BinaryOpExpr:
		if n.Op == hclsyntax.OpEqual || n.Op == hclsyntax.OpNotEqual {
			n.LHS = counting(n.LHS, counter{sorts: equalSorts})
			n.RHS = counting(n.RHS, counter{sorts: equalSorts})
		}
	case *hclsyntax.TemplateExpr:
		for i, part := range n.Parts {
			if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
				n.Parts[i] = counting(part, counter{steps: 1, bytes: true})
			}
		}
	case *hclsyntax.FunctionCallExpr:
		if isGuard(n) {
			return
		}
		if quick[n.Name] {
			for i, arg := range n.Args {
				n.Args[i] = counting(arg, counter{sorts: callSorts})
			}
			return
		}
		for i, arg := range n.Args {
			n.Args[i] = counting(arg, counter{steps: callSteps, sized: true, sorts: callSorts})
		}
	}
}

// quick functions do not look at all of their arguments.
var quick = map[string]bool{"element": true, "length": true, "lookup": true, "slice": true}

func counting(expr hclsyntax.Expression, c counter) *counter {
	c.ParenthesesExpr = &hclsyntax.ParenthesesExpr{Expression: expr, SrcRange: expr.Range()}
	return &c
}
