package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

const (
	// maxKeyText bounds a key, which is in every message about its instance.
	maxKeyText = 4096
	// maxKeyErrors bounds how many keys of a block are complained of one by one.
	maxKeyErrors = 5
)

// setKeys evaluates key for each element of a list.
func (c *configuration) setKeys(list []element, expr hcl.Expression) hcl.Diagnostics {
	d := &decoder{c: c, scope: scope{each: true, keyless: true}, content: &hcl.BodyContent{
		Attributes: hcl.Attributes{"key": {Name: "key", Expr: expr}},
	}}
	d.ctx = withSteps(c.root)
	for n := range list {
		value := list[n].value
		d.ctx.Variables[stepsName] = newSteps()
		d.ctx.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"value": value})
		found := len(d.diags)
		key, ok := d.evaluated("key", cty.String)
		if !ok && len(d.diags) == found {
			d.fail("key", "Invalid key", "It is null; each element needs a text or a number of its own.")
		}
		if !ok {
			c.locate(d.diags[found:], value, elementName(n))
			d.ctx = withSteps(c.root) // what is wrong shows the values of the one before
			continue
		}
		list[n].key = task.TextKey(key.AsString())
	}
	if len(d.diags) > 0 {
		return d.diags
	}
	return c.checkKeys(list, expr.Range(), true)
}

// checkKeys reports keys that cannot be part of an address, and those that two
// elements have. Where elements are rows of a table, it points at them there;
// else those of a list are numbered.
func (c *configuration) checkKeys(list []element, where hcl.Range, numbered bool) hcl.Diagnostics {
	var diags hcl.Diagnostics
	seen := make(map[string]int, len(list))
	for n := range list {
		text := list[n].key.Text()
		trimmed := strings.TrimSpace(text)
		first, taken := seen[trimmed]
		var diag *hcl.Diagnostic
		switch {
		case trimmed == "":
			diag = failf(where, "Empty key", "A key is empty. Each key is part of an address and of file names; is a cell of the table empty?")
		case len(text) > maxKeyText:
			diag = failf(where, "Key too long", "The key %q has %d bytes, more than %d. It is part of an address; use something short, such as a number or an ID.", clip(text, 40), len(text), maxKeyText)
		case taken && list[first].key == list[n].key:
			diag = failf(where, "Duplicate key", "The key %q is there twice: for %s and for %s. Each instance needs one of its own.", clip(text, 60), c.nameOf(list, first), c.nameOf(list, n))
		case taken:
			diag = failf(where, "Keys differ in spaces only", "The keys %q and %q differ in spaces only. Use trimspace() when the keys are made.", clip(list[first].key.Text(), 60), clip(text, 60))
		default:
			seen[trimmed] = n
			continue
		}
		if !c.pointAtRow(diag, list, n) && numbered && !taken {
			diag.Detail += fmt.Sprintf(" It is that of %s.", c.nameOf(list, n))
		}
		if diags = append(diags, diag); len(diags) == maxKeyErrors {
			break
		}
	}
	return diags
}

// nameOf says which element of for_each is meant.
func (c *configuration) nameOf(list []element, n int) string {
	if p, ok := c.rowOf(list, n); ok {
		return p.String()
	}
	return elementName(n)
}

func elementName(n int) string { return fmt.Sprintf("element [%d] of for_each", n) }

// rowOf finds the row that an element is. Of rows with equal cells, the first
// element is the first row.
func (c *configuration) rowOf(list []element, n int) (rowPlace, bool) {
	rows := c.files.tables.find(list[n].value)
	if len(rows) == 0 {
		return rowPlace{}, false
	}
	same := 0
	if len(rows) > 1 {
		for _, before := range list[:n] {
			if before.value.RawEquals(list[n].value) {
				same++
			}
		}
	}
	return rows[min(same, len(rows)-1)], true
}

// pointAtRow moves a finding about an element to its row, if it is one.
func (c *configuration) pointAtRow(diag *hcl.Diagnostic, list []element, n int) bool {
	p, ok := c.rowOf(list, n)
	if !ok {
		return false
	}
	diag.Detail += fmt.Sprintf(" The keys are made at %s.", place(*diag.Subject))
	where, file := c.files.tables.source(p)
	diag.Subject = &where
	c.sources[where.Filename] = file
	return true
}

// locate says of findings which row they are about, or, if it is in no table,
// how else it is called.
func (c *configuration) locate(diags hcl.Diagnostics, value cty.Value, otherwise string) {
	for _, diag := range diags {
		from, known := diag.Extra.(origin)
		if !known {
			from.inner = diag.Extra
		}
		if rows := c.files.tables.find(value); len(rows) > 0 {
			from.row = rows[0].String()
		} else if from.row == "" {
			from.row = otherwise
		}
		diag.Extra = from
	}
}

// atRows says of what went wrong within a for expression which row it was about,
// and of a name that is not there which may be meant.
func (c *configuration) atRows(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, diag := range c.hidden(diags) {
		addMeant(diag)
		values := loopValues(diag.EvalContext)
		at := slices.IndexFunc(values, func(v cty.Value) bool { return len(c.files.tables.find(v)) > 0 })
		if len(values) > 0 {
			c.locate(hcl.Diagnostics{diag}, values[max(at, 0)], "")
		}
	}
	return diags
}

// loopValues lists the variables of the for expressions around, the innermost
// first.
func loopValues(ctx *hcl.EvalContext) []cty.Value {
	var values []cty.Value
	for ; ctx != nil; ctx = ctx.Parent() {
		for _, name := range sortedKeys(ctx.Variables) {
			switch name {
			case "var", "local", "task", "each", "count", "matrix", "self", "result", stepsName:
			default:
				values = append(values, ctx.Variables[name])
			}
		}
	}
	return values
}
