package spec

import (
	"encoding/json"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
)

// Check evaluates every input, condition and output as if nothing had run, and
// reports what is wrong with it, except that a condition is false, and what the
// catalog doubts: parameters that are missing, that it does
// not know or that are for another mode, values that it does not have, and a
// provider that the model is not known to work with.
// Doubts are warnings, since models change without notice. Equal findings about
// many instances are reported once. The inputs stay as they are. Afterwards
// Digests covers the files that inputs read. Nothing may be evaluated meanwhile.
func (s *Spec) Check() hcl.Diagnostics {
	diags := s.perTask()
	checked := checking{checkers: make(map[string]*catalog.Checker), partial: make(map[string]json.RawMessage)}
	functions := withoutFiles(s.config.functions)
	var last packed
	for _, i := range s.Instances {
		ev := &evaluator{config: s.config}
		evaluation, evalDiags := ev.evaluate(i, nil)
		last = i.expand.pack(last)
		if len(evalDiags) > 0 {
			diags = append(diags, about(i, evalDiags)...)
		}
		if evalDiags.HasErrors() {
			continue
		}
		diags = append(diags, about(i, ev.checkTypes(i, functions))...)
		if model, ok := s.Catalog.Lookup(i.Model); ok {
			diags = append(diags, about(i, checked.doubts(i, model, evaluation))...)
		}
		diags = append(diags, about(i, s.severalForOne(i, evaluation))...)
	}
	_, outputDiags := s.EvalOutputs(nil)
	diags = append(diags, outputDiags...)
	for _, output := range s.config.outputs {
		diags = append(diags, (&evaluator{config: s.config}).checkOutputTypes(output, functions)...)
	}
	s.refreshDigests()
	return byPlace(merge(diags))
}

// refreshDigests adds the files that expressions have read.
func (s *Spec) refreshDigests() { maps.Copy(s.Digests, s.config.files.digests()) }

// checking is the comparison of many inputs with the catalog.
type checking struct {
	checkers map[string]*catalog.Checker // by model
	partial  map[string]json.RawMessage  // of the input at hand
}

// doubts compares an input with what the catalog knows of the model.
func (c *checking) doubts(i *Instance, model *catalog.Model, evaluation *Evaluation) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if doubt, ok := model.CheckProvider(i.Provider); !ok {
		diags = append(diags, warnf(i.providerPlace(), doubt.Summary, "%s", doubt.Detail))
	}
	clear(c.partial)
	if !evaluation.addPartial(c.partial) {
		return diags
	}
	if c.checkers[model.ID] == nil {
		c.checkers[model.ID] = model.NewChecker()
	}
	for _, doubt := range c.checkers[model.ID].CheckComing(typesOf(evaluation.coming), c.partial, evaluation.Hidden...) {
		where := i.placeOf(doubt.Param)
		if doubt.Element {
			doubt.Detail += i.writeAsList(where)
		}
		diags = append(diags, warnf(where, doubt.Summary, "%s", doubt.Detail))
	}
	return diags
}

// providerPlace is where the task's block sets the provider, else the block: an
// outer one that sets it may be right for other models.
func (i *Instance) providerPlace() hcl.Range {
	if attribute := i.expand.block.content.Attributes["provider"]; attribute != nil {
		return attribute.Expr.Range()
	}
	return i.Range
}

// placeIn is where an attribute of an object stands: its value, or the whole
// expression if that is not written out as an object.
func placeIn(object hcl.Expression, name string) hcl.Range {
	pairs, _ := hcl.ExprMap(object)
	for _, pair := range pairs {
		key, diags := pair.Key.Value(nil)
		if !diags.HasErrors() && key.RawEquals(cty.StringVal(name)) {
			return pair.Value.Range()
		}
	}
	return object.Range()
}

// Strict turns warnings into errors, which say so.
func Strict(diags hcl.Diagnostics) hcl.Diagnostics {
	for i, diag := range diags {
		if diag.Severity == hcl.DiagWarning {
			strict := *diag
			strict.Severity = hcl.DiagError
			strict.Detail += "\n\nIt is a warning that -strict makes an error."
			diags[i] = &strict
		}
	}
	return diags
}
