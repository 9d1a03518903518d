package spec

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// outputBlock is an output block.
type outputBlock struct {
	block
	name        string
	description string
	sensitive   bool
	value       hcl.Expression
	before      []*guard // preconditions
	// What the value, the preconditions and depends_on use.
	refs references
	late []*local
}

// Output is the value of an output block.
type Output struct {
	Name        string
	Description string
	// Value is JSON; null if not Known. Sensitive values stand in the clear.
	Value     json.RawMessage
	Known     bool // all that it uses has run
	Sensitive bool // the value must not be shown unasked
}

func (c *configuration) checkOutput(o *outputBlock) hcl.Diagnostics {
	if o.content.Attributes["value"] == nil {
		return nil // reported when it was collected
	}
	d := c.decoder(o.content)
	o.description, o.sensitive = d.text("description"), d.boolean("sensitive")
	o.value = o.content.Attributes["value"].Expr
	in := scope{tasks: true}
	refs, diags := c.references(o.value, in)
	dependsOn, dependsDiags := c.taskList(o.content.Attributes["depends_on"], in)
	diags = append(diags, dependsDiags...)
	refs.tasks = append(refs.tasks, dependsOn...)
	for _, found := range o.content.Blocks.OfType("precondition") {
		g, guardDiags := c.checkGuard(found, in)
		diags = append(diags, guardDiags...)
		if !guardDiags.HasErrors() {
			o.before = append(o.before, g)
			refs = refs.and(g.refs)
		}
	}
	o.refs, o.late = refs, lateLocals(refs.locals)
	return append(d.diags, diags...)
}

// EvalOutputs evaluates the output blocks in the order of the files. One whose
// tasks have not all succeeded, those in depends_on included, is not Known; nor is
// one with a precondition that is false, which is an error.
func (s *Spec) EvalOutputs(lookup Lookup) ([]Output, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	outputs := make([]Output, 0, len(s.config.outputs))
	ev := &evaluator{config: s.config, lookup: lookup}
	for _, block := range s.config.outputs {
		output, outputDiags := ev.output(block)
		diags = append(diags, outputDiags...)
		outputs = append(outputs, output)
	}
	return outputs, diags
}

func (ev *evaluator) output(o *outputBlock) (Output, hcl.Diagnostics) {
	output := Output{Name: o.name, Description: o.description, Sensitive: o.sensitive, Value: json.RawMessage("null")}
	ctx, uses, diags := ev.outputContext(o)
	if diags.HasErrors() {
		return output, diags
	}
	isKnown := ev.allKnown(uses)
	if isKnown {
		diags = append(diags, ev.config.failing(o.before, ctx)...)
	}
	if diags.HasErrors() {
		return output, diags
	}
	v, valueDiags := o.value.Value(ctx)
	valueDiags = ev.config.atRows(valueDiags)
	if diags = append(diags, valueDiags...); diags.HasErrors() {
		return output, diags
	}
	if hasMarkDeep(v, sensitiveMark) && !o.sensitive {
		return output, append(diags, failf(o.value.Range(), "Sensitive output", "The value of output %q uses a sensitive value. Add sensitive = true to keep it from being shown.", o.name))
	}
	e := encoder{lenient: true}
	_, err := e.value(v)
	switch {
	case err == errUnknown:
		return output, diags
	case err != nil:
		return output, append(diags, failf(o.value.Range(), "Invalid output", "The value%v.", err))
	}
	if output.Known = isKnown; isKnown {
		output.Value = e.out.Bytes()
	}
	return output, diags
}

// outputContext is what an output's expressions see, and the instances that they
// use.
func (ev *evaluator) outputContext(o *outputBlock) (*hcl.EvalContext, []use, hcl.Diagnostics) {
	ctx := withSteps(ev.config.root)
	uses, diags := o.resolve(ctx)
	if !diags.HasErrors() {
		diags = append(diags, ev.addTasks(ctx, uses, o.refs.locals, o.late)...)
	}
	return ctx, uses, diags
}

// outputValue evaluates an output's expression.
func (ev *evaluator) outputValue(o *outputBlock) (cty.Value, hcl.Diagnostics) {
	ctx, _, diags := ev.outputContext(o)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, valueDiags := o.value.Value(ctx)
	return v, append(diags, ev.config.atRows(valueDiags)...)
}

// resolve finds the instances that an output uses.
func (o *outputBlock) resolve(ctx *hcl.EvalContext) ([]use, hcl.Diagnostics) {
	var uses []use
	var diags hcl.Diagnostics
	for _, mention := range mentionsOf(o.refs, o.late) {
		found, useDiags := mention.resolve(ctx, true)
		diags = append(diags, useDiags...)
		if found.block != nil {
			uses = addUse(uses, found)
		}
	}
	return uses, diags
}

func (ev *evaluator) allKnown(uses []use) bool {
	for _, u := range uses {
		for _, i := range u.instances {
			if _, ok := ev.outcome(i.Address); !ok {
				return false
			}
		}
	}
	return true
}
