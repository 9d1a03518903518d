package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// laterValue is an element of for_each that is made from the results of tasks:
// an expression, and what it sees.
type laterValue struct {
	*laterExpr
	names bindings // those of the for expressions around that it uses
	uses  []use
	at    cty.Value // if set, the value is this element of the expression's
}

// laterExpr is what the elements made from one expression share.
type laterExpr struct {
	expr  hcl.Expression
	refs  references
	late  []*local
	input bool // the attribute input of a task that a name stands for may be used
}

// bindings are the names of for expressions around, the innermost last.
type bindings []binding

type binding struct {
	name string
	partial
}

func (b bindings) find(name string) (partial, bool) {
	for n := len(b) - 1; n >= 0; n-- {
		if b[n].name == name {
			return b[n].partial, true
		}
	}
	return partial{}, false
}

// beforeTasks is what an expression that uses tasks sees before any has run.
func (c *configuration) beforeTasks(expr hcl.Expression) (*hcl.EvalContext, hcl.Diagnostics) {
	refs, diags := c.references(expr, scope{tasks: true})
	if diags.HasErrors() {
		return nil, diags
	}
	late := lateLocals(refs.locals)
	ctx := withSteps(c.root)
	return ctx, (&evaluator{config: c}).addTasks(ctx, wholeUses(mentionsOf(refs, late)), refs.locals, late)
}

// wholeUses are uses of all instances of the tasks mentioned.
func wholeUses(mentions []taskUse) []use {
	var uses []use
	for _, mention := range mentions {
		uses = addUse(uses, use{block: mention.block, whole: true, instances: mention.block.instances, input: mention.input})
	}
	return uses
}

// derive finds out what each element of a for_each is made from, so that an
// instance waits for what it uses and for nothing else. It takes the
// expression apart: { for k, t in task.X : … } is made from the instances of X
// one by one, merge(…) from its arguments. What cannot be taken apart is made
// from all that it mentions.
func (c *configuration) derive(expr hcl.Expression, ctx *hcl.EvalContext, list []element, at []cty.Value) {
	refs, _ := c.references(expr, scope{tasks: true}) // checked before
	whole := &laterExpr{expr: expr, refs: refs, late: lateLocals(refs.locals)}
	uses := wholeUses(mentionsOf(refs, whole.late))
	whole.input = slices.ContainsFunc(uses, func(u use) bool { return u.input })
	d := &dissection{c: c, ctx: ctx, input: whole.input, locals: make(map[*local][]part), made: make(map[hcl.Expression]*laterExpr)}
	parts, apart := d.parts(expr, nil)
	byPlace := make(map[string]partial, len(parts))
	for _, p := range parts {
		byPlace[textOf(p.at)] = p.partial
	}
	apart = apart && len(byPlace) == len(list)
	for n := range list {
		e := &list[n]
		if e.value.IsWhollyKnown() {
			continue
		}
		if found, ok := byPlace[textOf(at[n])]; ok && apart {
			e.source, e.later = found.source, found.later
			continue
		}
		e.later = &laterValue{laterExpr: whole, uses: uses, at: at[n]}
	}
}

func textOf(v cty.Value) string {
	text, err := convert.Convert(v, cty.String)
	if err != nil || text.IsNull() || !text.IsKnown() {
		return ""
	}
	return text.AsString()
}

// addUses adds what a value is made from.
func (p partial) addUses(uses []use) []use {
	if p.source != nil {
		uses = addUse(uses, use{block: p.source.expand.block, instances: []*Instance{p.source}})
	}
	if p.later != nil {
		for _, u := range p.later.uses {
			uses = addUse(uses, use{block: u.block, whole: u.whole, instances: slices.Clone(u.instances)})
		}
		for _, bound := range p.later.names {
			uses = bound.addUses(uses)
		}
	}
	return uses
}

// partial evaluates an element of for_each with the results there are.
func (ev *evaluator) partial(p partial, withInput bool) (cty.Value, hcl.Diagnostics) {
	switch {
	case p.source != nil:
		return ev.taskValue(p.source, withInput), nil
	case p.later != nil:
		return ev.later(p.later)
	default:
		return p.value, nil
	}
}

func (ev *evaluator) later(l *laterValue) (cty.Value, hcl.Diagnostics) {
	ctx := withSteps(ev.config.root)
	diags := ev.addTasks(ctx, l.uses, l.refs.locals, l.late)
	for _, bound := range l.names {
		value, nameDiags := ev.partial(bound.partial, l.input)
		diags = append(diags, nameDiags...)
		ctx.Variables[bound.name] = value
	}
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	value, evalDiags := l.expr.Value(ctx)
	diags = append(diags, ev.config.atRows(evalDiags)...)
	if evalDiags.HasErrors() || l.at == cty.NilVal {
		return value, diags
	}
	element, indexDiags := hcl.Index(value, l.at, l.expr.Range().Ptr())
	return element, append(diags, indexDiags...)
}
