package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// pick is a mention of one element of a local that uses tasks: local.urls[each.key],
// lookup(local.urls, each.key), or local.urls["cat"].
// An instance waits for what that element is made from, and evaluates it alone:
// many instances that each made all of the local would take time in the product.
type pick struct {
	local   *local
	key     hclsyntax.Expression
	lookup  bool // by the function
	written bool // the key is written out, and the same for all instances
	guarded bool // as in taskUse; lookup itself says what is missing
	where   hcl.Range
}

// picked is what a pick came to for one instance.
type picked struct {
	local *local
	key   string // as the input has it
	of    partial
	none  bool // the local has no such element, and evaluation decides what that means
}

// picks notes local.X[key] with a key that can be evaluated by itself, where the
// scope allows it.
func (w *referenceWalker) picks(collection *hclsyntax.ScopeTraversalExpr, p pick) {
	if !w.scope.picks || len(collection.Traversal) != 2 || w.isHidden("local") || w.isGiven("local") {
		return
	}
	if w.pick(p, collection.Traversal) {
		w.done[collection] = true
	}
}

// written notes local.X["key"], local.X[0] and local.X.key.
func (w *referenceWalker) written(n *hclsyntax.ScopeTraversalExpr) bool {
	if !w.scope.picks || n.Traversal.RootName() != "local" || len(n.Traversal) < 3 {
		return false
	}
	var key cty.Value
	switch step := n.Traversal[2].(type) {
	case hcl.TraverseAttr:
		key = cty.StringVal(step.Name)
	case hcl.TraverseIndex:
		key = step.Key
	default:
		return false
	}
	literal := &hclsyntax.LiteralValueExpr{Val: key, SrcRange: n.SrcRange}
	return w.pick(pick{key: literal, written: true, guarded: w.guards > 0, where: w.place(n.SrcRange)}, n.Traversal)
}

// pick notes an element of a local that uses tasks, if its key can be evaluated.
func (w *referenceWalker) pick(p pick, of hcl.Traversal) bool {
	p.local = w.c.locals[localName(of)]
	if p.local == nil || !p.local.late || !w.canEvaluate(p.key) {
		return false
	}
	w.refs.picks = append(w.refs.picks, p)
	return true
}

// settlePicks gives up those of a local that is used as a whole too.
func (r references) settlePicks() references {
	whole := func(p pick) bool { return slices.Contains(r.locals, p.local) }
	r.picks = slices.DeleteFunc(slices.Clone(r.picks), whole)
	return r
}

// mentionsOfPicks lists the tasks that the locals of picks use.
func mentionsOfPicks(picks []pick) []taskUse {
	var locals []*local
	for _, p := range picks {
		if !slices.Contains(locals, p.local) {
			locals = append(locals, p.local)
		}
	}
	return mentionsOf(references{}, lateLocals(locals))
}

// resolvePicks finds the elements that an instance uses, and the tasks that these
// are made from. Of a local that cannot be taken apart it uses all.
func (c *configuration) resolvePicks(i *Instance, ctx *hcl.EvalContext, hints bool) (uses []use, diags hcl.Diagnostics) {
	e := i.expand
	for _, p := range e.block.refs.picks {
		parts := c.partsOf(p.local)
		key, keyDiags := p.key.Value(ctx)
		plain, sensitive, _ := unmark(key)
		if parts == nil || p.lookup && !parts.object || keyDiags.HasErrors() || !plain.IsKnown() || plain.IsNull() {
			if !slices.Contains(e.whole, p.local) {
				e.whole = append(e.whole, p.local)
			}
			continue
		}
		text := textOf(plain)
		of, ok := parts.of[parts.place(plain)]
		if !ok && !p.guarded {
			diags = append(diags, p.missing(text, parts.of, hints, sensitive))
			continue
		}
		e.picked = append(e.picked, picked{p.local, text, of, !ok})
		uses = of.addUses(uses)
	}
	e.picked = slices.DeleteFunc(e.picked, func(p picked) bool { return slices.Contains(e.whole, p.local) })
	late := lateLocals(e.whole)
	e.uses = addUses(e.uses, wholeUses(mentionsOf(references{}, late)))
	return addUses(uses, e.uses), diags
}

func addUses(uses, more []use) []use {
	for _, u := range more {
		uses = addUse(uses, u)
	}
	return uses
}

func (p pick) missing(key string, parts map[string]partial, hints, sensitive bool) *hcl.Diagnostic {
	if sensitive {
		return failf(p.where, "No such element", "local.%s has no such element. The key is sensitive and is not shown.", p.local.name)
	}
	hint := ""
	if hints {
		hint = suggest(key, sortedKeys(parts))
	}
	return failf(p.where, "No such element", "local.%s has no element %q.%s", p.local.name, clip(key, 60), hint)
}

// apart is a local's value, taken apart.
type apart struct {
	of       map[string]partial
	numbered bool // by its elements' places, which may be written as "01" too
	object   bool // lookup makes a default for a map the type of its elements
}

// place is where the element with a key is.
func (a *apart) place(key cty.Value) string {
	if !a.numbered {
		return textOf(key)
	}
	number, err := convert.Convert(key, cty.Number)
	if err != nil {
		return ""
	}
	return textOf(number)
}

// partsOf takes the value of a local apart, once; nil if that is impossible. The
// tasks that it uses have been expanded.
func (c *configuration) partsOf(l *local) *apart {
	if parts, done := c.apart[l]; done {
		return parts
	}
	parts := c.takeApart(l)
	c.apart[l] = parts
	return parts
}

func (c *configuration) takeApart(l *local) *apart {
	ctx, diags := c.beforeTasks(l.expr)
	if diags.HasErrors() {
		return nil
	}
	value, diags := l.expr.Value(ctx)
	if diags.HasErrors() || value.IsMarked() || !value.IsKnown() || value.IsNull() || !value.CanIterateElements() || value.Type().IsSetType() {
		return nil
	}
	list, at := elementsOf(value)
	c.derive(l.expr, ctx, list, at)
	parts := make(map[string]partial, len(list))
	for n, e := range list {
		if e.later != nil && e.later.at != cty.NilVal {
			return nil // it is made from all of the local
		}
		parts[textOf(at[n])] = e.partial
	}
	if len(parts) != len(list) {
		return nil
	}
	t := value.Type()
	return &apart{parts, t.IsTupleType() || t.IsListType(), t.IsObjectType()}
}

// addPicked puts the elements that an instance uses into the object local.
func (ev *evaluator) addPicked(ctx *hcl.EvalContext, e *expansion) hcl.Diagnostics {
	if len(e.picked) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	elements := make(map[*local]map[string]cty.Value)
	for _, p := range e.picked {
		if elements[p.local] == nil {
			elements[p.local] = make(map[string]cty.Value)
		}
		if p.none {
			continue
		}
		value, valueDiags := ev.partial(p.of, true)
		diags = append(diags, valueDiags...)
		elements[p.local][p.key] = value
	}
	object := make(map[string]cty.Value)
	if seen, ok := ctx.Variables["local"]; ok {
		object = seen.AsValueMap()
	} else {
		for _, l := range e.block.refs.locals {
			object[l.name] = l.value
		}
	}
	for l, of := range elements {
		object[l.name] = cty.ObjectVal(of)
	}
	ctx.Variables["local"] = cty.ObjectVal(object)
	return diags
}
