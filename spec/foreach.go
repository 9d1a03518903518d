package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// checkForEach checks the references of for_each and of the key beside it.
func (c *configuration) checkForEach(b *taskBlock) hcl.Diagnostics {
	attribute, key := b.content.Attributes["for_each"], b.content.Attributes["key"]
	if attribute == nil {
		if key != nil {
			return hcl.Diagnostics{failf(key.NameRange, "key without for_each", "key tells the elements of a list in for_each apart: for_each = local.rows with key = each.value.id")}
		}
		return nil
	}
	diags := c.checkSource(b)
	refs, refDiags := c.references(attribute.Expr, scope{tasks: true})
	diags = append(diags, refDiags...)
	b.over = mentionsOf(refs, lateLocals(refs.locals))
	b.derived = refs.usesTasks() && b.source == nil
	if key != nil {
		_, refDiags = c.references(key.Expr, scope{each: true, keyless: true})
		diags = append(diags, refDiags...)
	}
	if key != nil && b.source != nil {
		diags = append(diags, failf(key.NameRange, "Keys are there already", "task.%s has keys, and for_each = task.%s keeps them. Remove key, or make a map with other keys: { for k, t in task.%s : … => t }", b.source.name, b.source.name, b.source.name))
	}
	return diags
}

// checkSource recognises for_each = task.X.
func (c *configuration) checkSource(b *taskBlock) hcl.Diagnostics {
	expr := b.content.Attributes["for_each"].Expr
	named, ok := unwrapped(expr).(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return nil
	}
	b.source = c.wholeTask(named.Traversal)
	if b.source != nil && b.source.mode() == unkeyed {
		return hcl.Diagnostics{failf(expr.Range(), "for_each over a single task", "task.%s has no keys, since it has no for_each, count or matrix. Remove for_each here and use task.%s in input.", b.source.name, b.source.name)}
	}
	return nil
}

// forEach evaluates for_each: a map, an object or a set of texts, whose keys
// are the instances' in their order, or a list with a key for each element,
// which keeps its own.
func (c *configuration) forEach(b *taskBlock) ([]element, hcl.Diagnostics) {
	expr := b.content.Attributes["for_each"].Expr
	ctx, diags := withSteps(c.root), hcl.Diagnostics(nil)
	if b.derived {
		if ctx, diags = c.beforeTasks(expr); diags.HasErrors() {
			return nil, diags
		}
	}
	collection, evalDiags := expr.Value(ctx)
	diags = append(diags, c.atRows(evalDiags)...)
	if evalDiags.HasErrors() {
		return nil, diags
	}
	plain, wrong := b.plainForEach(collection, expr.Range())
	if wrong != nil {
		return nil, append(diags, wrong)
	}
	list, at := elementsOf(plain)
	if b.derived {
		c.derive(expr, ctx, list, at)
	}
	if key := b.content.Attributes["key"]; key != nil {
		keyDiags := c.setKeys(list, key.Expr)
		return list, append(diags, keyDiags...)
	}
	for n := range list {
		if !at[n].IsKnown() || at[n].IsNull() {
			return nil, append(diags, failf(expr.Range(), "Invalid for_each", "A key is null or not known. Each key must be a text that is known before any task has run."))
		}
		list[n].key = task.TextKey(at[n].AsString())
	}
	diags = append(diags, c.checkKeys(list, expr.Range(), false)...)
	slices.SortFunc(list, func(a, b element) int { return strings.Compare(a.key.Text(), b.key.Text()) })
	return list, diags
}

// plainForEach is the collection of for_each if instances can be made from it.
func (b *taskBlock) plainForEach(collection cty.Value, where hcl.Range) (cty.Value, *hcl.Diagnostic) {
	plain, sensitive, volatile := unmark(collection)
	switch {
	case volatile:
		return plain, failf(where, "Keys that change at each run", "%s", changesEachRun)
	case sensitive:
		return plain, failf(where, "Sensitive for_each", "The keys become addresses and file names, which are shown, so they cannot be sensitive. Make the map from values that may be shown and use the sensitive ones in input only.")
	case !plain.IsKnown() && b.derived:
		return plain, failf(where, "Unknown for_each", "Which keys there are depends on the result of a task, which is known only after it has run. Take the keys from those of the task, as in { for k, t in task.%s : k => t if k != \"x\" }, and use results in the values only.", b.keyedUpstream())
	case !plain.IsKnown():
		return plain, failf(where, "Unknown for_each", "The keys must be known before any task has run. Use keys from variables, locals or files, and results in input only.")
	case plain.IsNull():
		return plain, failf(where, "for_each is null", "It must be a map or a set of texts; an empty one makes no instances: for_each = {}")
	}
	if wrong := b.misfit(plain); wrong != "" {
		return plain, failf(where, "Invalid for_each", "%s", wrong)
	}
	return plain, nil
}

// keyedUpstream names a task that for_each uses and that has keys, for an
// example.
func (b *taskBlock) keyedUpstream() string {
	for _, mention := range b.over {
		if mention.block.mode() != unkeyed {
			return mention.block.name
		}
	}
	return "hero"
}

// misfit says what is wrong with the type of for_each.
func (b *taskBlock) misfit(v cty.Value) string {
	t := v.Type()
	isList := t.IsListType() || t.IsTupleType() || t.IsSetType() && t.ElementType() != cty.String
	key := b.content.Attributes["key"]
	switch {
	case !isList && !t.IsSetType() && !t.IsMapType() && !t.IsObjectType():
		return fmt.Sprintf("It must be a map, an object or a set of texts, or a list with key = each.value.id, not %s.%s", describeType(t), b.jsonHint(t))
	case isList && key == nil && t.IsSetType():
		return fmt.Sprintf("It is %s; only the texts of a set are keys. Add key = each.value.id, with something unique in each element, or write toset([for x in … : tostring(x)]).", describeType(t))
	case isList && key == nil:
		return "A list gives no stable keys: with a row inserted, each later one would be bought again. Add key = each.value.id, with something unique in each row, or write toset(…) for a list of texts."
	case !isList && key != nil:
		return fmt.Sprintf("It is %s, which has keys. Remove key, at %s, or make a list with values(…).", describeType(t), place(key.NameRange))
	}
	return ""
}

// jsonHint explains what a text in JSON is.
func (b *taskBlock) jsonHint(t cty.Type) string {
	if _, native := b.content.Attributes["for_each"].Expr.(*hclsyntax.LiteralValueExpr); !native || t != cty.String {
		return ""
	}
	return ` In JSON, an expression stands in a template: "${task.hero}".`
}

// elementsOf lists the elements of a collection, without keys, and what they
// stand at in it.
func elementsOf(v cty.Value) (list []element, at []cty.Value) {
	list = make([]element, 0, v.LengthInt())
	at = make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, value := it.Element()
		list = append(list, element{partial: partial{value: value}})
		at = append(at, k)
	}
	return list, at
}
