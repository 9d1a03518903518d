package spec

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// defaults are what the defaults block says: each counts for every task that
// does not say it itself. An input is merged attribute by attribute.
type defaults struct {
	settings settings
	model    string               // the model's ID; "" if the block names none
	input    map[string]cty.Value // nil if the block has none
	expr     hcl.Expression       // of the input
}

// decodeDefaults evaluates the defaults block. It sees variables and locals:
// what differs by instance has its place in the task.
func (c *configuration) decodeDefaults() hcl.Diagnostics {
	if c.defaults == nil {
		return nil
	}
	d := c.decoder(c.defaults.content)
	c.defaulted.settings = d.settings("defaults")
	if name := d.text("model"); name != "" {
		id, diags := c.modelID(name, d.placeOf("model"))
		c.defaulted.model = id
		c.defaulted.settings.from["model"] = "defaults, " + place(d.content.Attributes["model"].NameRange)
		d.diags = append(d.diags, diags...)
	}
	d.defaultInput(&c.defaulted)
	return d.diags
}

func (d *decoder) defaultInput(into *defaults) {
	attribute := d.content.Attributes["input"]
	if attribute == nil {
		return
	}
	refs, diags := d.c.references(attribute.Expr, scope{})
	if refs.usesTasks() && !diags.HasErrors() {
		d.fail("input", "Result used too early", "The input of defaults is the same for all tasks, so it cannot use the result of one. Use it in the input of the task.")
	}
	d.diags = append(d.diags, diags...)
	if len(d.diags) > 0 && d.diags.HasErrors() {
		return
	}
	value, diags := attribute.Expr.Value(withSteps(d.ctx))
	d.diags = append(d.diags, d.c.atRows(diags)...)
	if diags.HasErrors() {
		return
	}
	attributes, isObject := attributesOf(value)
	if !isObject {
		d.fail("input", "Invalid input", "It must be an object of parameters that tasks have in common, such as { aspect_ratio = \"16:9\" }, not %s.", describe(value))
		return
	}
	into.input, into.expr = attributes, attribute.Expr
}

// attributesOf are the attributes of an object, or the elements of a map, with the
// marks of the whole on each; ok is false if the value is none, or not known.
func attributesOf(value cty.Value) (attributes map[string]cty.Value, ok bool) {
	plain, marks := value.Unmark()
	if t := plain.Type(); plain.IsNull() || !plain.IsKnown() || !t.IsObjectType() && !t.IsMapType() {
		return nil, false
	}
	attributes = make(map[string]cty.Value)
	for it := plain.ElementIterator(); it.Next(); {
		name, attribute := it.Element()
		attributes[name.AsString()] = attribute.WithMarks(marks)
	}
	return attributes, true
}

// under is the input of a task over that of the defaults block. An attribute that
// is null in the task is left out, as if no default named it.
func (d *defaults) under(input cty.Value) cty.Value {
	if len(d.input) == 0 {
		return input
	}
	own, isObject := attributesOf(input)
	if !isObject {
		return input
	}
	merged := maps.Clone(d.input)
	maps.Copy(merged, own)
	return cty.ObjectVal(merged)
}

// placeOf is where an attribute of the input stands.
func (i *Instance) placeOf(name string) hcl.Range {
	own, common := i.expand.block.input, i.expand.config.defaulted.expr
	where := placeIn(own, name)
	if common != nil && where == own.Range() {
		if at := placeIn(common, name); at != common.Range() {
			return at
		}
	}
	return where
}

// Inherited lists the attributes of the input that the defaults block gives, and
// says where that is. It is empty if the task's own input is not written out as
// an object.
func (i *Instance) Inherited() (names []string, where string) {
	if i.expand == nil {
		return nil, ""
	}
	common := &i.expand.config.defaulted
	if common.expr == nil {
		return nil, ""
	}
	own := i.expand.block.input
	for _, name := range sortedKeys(common.input) {
		if i.expand.block.content.Attributes["input"] == nil || writtenOut(own) && placeIn(own, name) == own.Range() {
			names = append(names, name)
		}
	}
	return names, place(common.expr.Range())
}

func writtenOut(object hcl.Expression) bool {
	_, diags := hcl.ExprMap(object)
	return !diags.HasErrors()
}
