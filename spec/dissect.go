package spec

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// dissection takes an expression apart that evaluates without errors.
type dissection struct {
	c      *configuration
	ctx    *hcl.EvalContext              // what the expression sees before any task has run
	input  bool                          // it may use the attribute input of tasks
	locals map[*local][]part             // those taken apart before; nil if that is impossible
	made   map[hcl.Expression]*laterExpr // the values of for expressions, all turns the same
}

// part is an element of a collection: a text key of a map, a number of a list.
type part struct {
	at cty.Value
	partial
}

// parts lists the elements of a collection; not ok if it cannot be taken apart.
// names are those of the for expressions around.
func (d *dissection) parts(expr hcl.Expression, names bindings) (list []part, ok bool) {
	switch e := unwrapped(expr).(type) {
	case *hclsyntax.ScopeTraversalExpr:
		if list, ok := d.named(e, names); ok {
			return list, true
		}
	case *hclsyntax.ForExpr:
		if list, ok := d.forParts(e, names); ok {
			return list, true
		}
	case *hclsyntax.FunctionCallExpr:
		if list, ok := d.callParts(e, names); ok {
			return list, true
		}
	case *hclsyntax.ObjectConsExpr:
		ctx := d.seen(names)
		for _, item := range e.Items {
			key, _ := item.KeyExpr.Value(ctx)
			key, _ = key.Unmark()
			p, ok := d.one(item.ValueExpr, names, ctx)
			if !ok {
				return nil, false
			}
			list = append(list, part{key, p})
		}
		return objectParts(list), true
	}
	return d.known(expr, names)
}

// objectParts makes an object of elements: the last of each key, in the order of
// the keys, which are texts.
func objectParts(list []part) []part {
	byKey := make(map[string]partial, len(list))
	for _, p := range list {
		byKey[textOf(p.at)] = p.partial
	}
	list = list[:0]
	for _, key := range sortedKeys(byKey) {
		list = append(list, part{cty.StringVal(key), byKey[key]})
	}
	return list
}

// known lists the elements of a collection that no result is in.
func (d *dissection) known(expr hcl.Expression, names bindings) (list []part, ok bool) {
	v, diags := expr.Value(d.seen(names))
	if diags.HasErrors() || v.IsMarked() || !v.IsWhollyKnown() || v.IsNull() || !v.CanIterateElements() {
		return nil, false
	}
	elements, at := elementsOf(v)
	for n, e := range elements {
		list = append(list, part{at[n], e.partial})
	}
	return list, true
}

// named lists the instances of task.X, in the order of their keys, as the whole
// value has them, or takes a local apart.
func (d *dissection) named(e *hclsyntax.ScopeTraversalExpr, names bindings) (list []part, ok bool) {
	root := e.Traversal.RootName()
	if _, hidden := names.find(root); hidden {
		return nil, false
	}
	if root == "local" && len(e.Traversal) == 2 {
		if l := d.c.locals[localName(e.Traversal)]; l != nil && l.late {
			return d.local(l)
		}
	}
	block := d.c.wholeTask(e.Traversal)
	if block == nil || block.mode() == unkeyed {
		return nil, false
	}
	for _, i := range block.sorted {
		value := (&evaluator{config: d.c}).taskValue(i, d.input)
		list = append(list, part{keyValue(i.Address.Key), partial{value: value, source: i}})
	}
	return list, true
}

// local takes the expression of a local apart, once: locals can use each other
// in more ways than there is time for.
func (d *dissection) local(l *local) (list []part, ok bool) {
	if list, seen := d.locals[l]; seen {
		return list, list != nil
	}
	d.locals[l] = nil
	ctx, diags := d.c.beforeTasks(l.expr)
	if diags.HasErrors() {
		return nil, false
	}
	inner := &dissection{d.c, ctx, d.input, d.locals, d.made}
	if list, ok = inner.parts(l.expr, nil); ok {
		d.locals[l] = append([]part{}, list...)
	}
	return list, ok
}

// callParts lists the elements of merge(…), the last of each key, and of
// values(…), in the order of the keys.
func (d *dissection) callParts(e *hclsyntax.FunctionCallExpr, names bindings) (list []part, ok bool) {
	if e.ExpandFinal || e.Name != "merge" && (e.Name != "values" || len(e.Args) != 1) {
		return nil, false
	}
	for _, arg := range e.Args {
		parts, ok := d.parts(arg, names)
		if !ok {
			return nil, false
		}
		list = append(list, parts...)
	}
	list = objectParts(list)
	if e.Name == "values" {
		for n := range list {
			list[n].at = cty.NumberIntVal(int64(n))
		}
	}
	return list, true
}

// forParts does what a for expression does, for one element at a time.
func (d *dissection) forParts(e *hclsyntax.ForExpr, names bindings) (list []part, ok bool) {
	over, ok := d.parts(e.CollExpr, names)
	if !ok {
		return nil, false
	}
	for _, from := range over {
		inner := slices.Grow(slices.Clip(names), 2)
		if e.KeyVar != "" {
			inner = append(inner, binding{e.KeyVar, partial{value: from.at}})
		}
		inner = append(inner, binding{e.ValVar, from.partial})
		ctx := d.seen(inner)
		if e.CondExpr != nil && !holds(e.CondExpr, ctx) {
			continue
		}
		at := cty.NumberIntVal(int64(len(list)))
		if e.KeyExpr != nil {
			at, _ = e.KeyExpr.Value(ctx)
			at, _ = at.Unmark()
		}
		p, ok := d.one(e.ValExpr, inner, ctx)
		if !ok {
			return nil, false
		}
		list = append(list, part{at, p})
	}
	switch {
	case e.Group:
		list = d.groups(list)
	case e.KeyExpr != nil:
		list = objectParts(list)
	}
	return list, true
}

// groups makes a list of the elements of each key.
func (d *dissection) groups(list []part) (grouped []part) {
	byKey := make(map[string]bindings)
	for _, p := range list {
		key := textOf(p.at)
		byKey[key] = append(byKey[key], binding{" " + strconv.Itoa(len(byKey[key])), p.partial}) // no name of the language
	}
	for _, key := range sortedKeys(byKey) {
		members := byKey[key]
		values := make([]cty.Value, len(members))
		named := make([]hclsyntax.Expression, len(members))
		for n, member := range members {
			values[n] = member.value
			named[n] = &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: member.name}}}
		}
		p := partial{value: cty.TupleVal(values)}
		if !p.value.IsWhollyKnown() {
			made := &laterExpr{expr: &hclsyntax.TupleConsExpr{Exprs: named}, input: d.input}
			p.later = &laterValue{laterExpr: made, names: members}
		}
		grouped = append(grouped, part{cty.StringVal(key), p})
	}
	return grouped
}

// holds evaluates a condition of which it is known that it can be.
func holds(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	v, _ := expr.Value(ctx)
	v, _ = v.Unmark()
	v, err := convert.Convert(v, cty.Bool)
	return err == nil && v.IsKnown() && !v.IsNull() && v.True()
}

// seen adds the names of for expressions to what the expression sees.
func (d *dissection) seen(names bindings) *hcl.EvalContext {
	ctx := d.ctx.NewChild()
	ctx.Variables = make(map[string]cty.Value, len(names))
	for _, bound := range names {
		ctx.Variables[bound.name] = bound.value
	}
	return ctx
}

// one finds out what a single value is made from.
func (d *dissection) one(expr hcl.Expression, names bindings, ctx *hcl.EvalContext) (partial, bool) {
	if named, ok := unwrapped(expr).(*hclsyntax.ScopeTraversalExpr); ok && len(named.Traversal) == 1 {
		return names.find(named.Traversal.RootName())
	}
	value, diags := expr.Value(ctx)
	if diags.HasErrors() || value.IsWhollyKnown() {
		return partial{value: value}, !diags.HasErrors()
	}
	made, ok := d.made[expr]
	if !ok {
		refs, diags := d.c.references(expr, scope{tasks: true, names: names})
		if diags.HasErrors() {
			return partial{}, false
		}
		made = &laterExpr{expr: expr, refs: refs, late: lateLocals(refs.locals), input: d.input}
		d.made[expr] = made
	}
	later := &laterValue{laterExpr: made}
	for _, mention := range mentionsOf(made.refs, made.late) {
		found, diags := mention.resolve(ctx, false)
		if diags.HasErrors() {
			return partial{}, false
		}
		later.uses = addUse(later.uses, found)
	}
	for _, traversal := range expr.Variables() {
		name := traversal.RootName()
		if _, seen := later.names.find(name); seen {
			continue
		}
		if p, ok := names.find(name); ok {
			later.names = append(later.names, binding{name, p})
		}
	}
	if d.c.isInstance(expr) && len(later.uses) == 1 && len(later.uses[0].instances) == 1 {
		return partial{value: value, source: later.uses[0].instances[0]}, true
	}
	return partial{value: value, later: later}, true
}

// isInstance reports whether an expression is the value of one instance:
// task.X without keys, or task.X[key].
func (c *configuration) isInstance(expr hcl.Expression) bool {
	switch e := unwrapped(expr).(type) {
	case *hclsyntax.ScopeTraversalExpr:
		block := c.wholeTask(e.Traversal[:min(len(e.Traversal), 2)])
		return block != nil && len(e.Traversal) == 2 && block.mode() == unkeyed ||
			block != nil && len(e.Traversal) == 3 && block.mode() != unkeyed
	case *hclsyntax.IndexExpr:
		collection, ok := unwrapped(e.Collection).(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return false
		}
		block := c.wholeTask(collection.Traversal)
		return block != nil && block.mode() != unkeyed
	}
	return false
}
