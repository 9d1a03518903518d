package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
)

// Check evaluates every input as if nothing had run, and reports what is wrong
// with it and what the catalog doubts: parameters that are missing or that it
// does not know, and numbers given as text. Doubts are warnings, since models
// change without notice. Equal findings about many instances are reported once.
// Afterwards Digests covers the files that inputs read.
func (s *Spec) Check() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, i := range s.Instances {
		evaluation, evalDiags := (&evaluator{config: s.config}).evaluate(i, nil)
		if len(evalDiags) > 0 {
			diags = append(diags, about(i, evalDiags)...)
		}
		if evalDiags.HasErrors() {
			continue
		}
		if model, ok := s.Catalog.Lookup(i.Model); ok {
			diags = append(diags, about(i, s.doubts(i, model, evaluation))...)
		}
	}
	s.refreshDigests()
	return byPlace(merge(diags))
}

// refreshDigests adds the files that expressions have read.
func (s *Spec) refreshDigests() { maps.Copy(s.Digests, s.config.files.digests()) }

// doubts compares an input with what the catalog knows of the model.
func (s *Spec) doubts(i *Instance, model *catalog.Model, evaluation Evaluation) hcl.Diagnostics {
	if len(model.Params) == 0 {
		return nil
	}
	where := i.expand.block.input.Range()
	var diags hcl.Diagnostics
	known := make(map[string]bool, len(model.Params))
	names := make([]string, 0, len(model.Params))
	var missing []string
	for _, param := range model.Params {
		known[param.Name] = true
		names = append(names, param.Name)
		value, given := evaluation.Partial[param.Name]
		switch {
		case given && isNumeric(param.Type) && isNumberText(value):
			diags = append(diags, warnf(where, "Number given as text: "+param.Name, "%s of %s is a number, and %s is a text. Cells of a CSV file are texts: write tonumber(…) around it.", param.Name, model.ID, clip(string(value), 40)))
		case !given && param.Required && evaluation.Known && !hasAttribute(evaluation, param.Name) && forMode(param, evaluation.Partial["mode"]):
			missing = append(missing, param.Name)
		}
	}
	if list := strings.Join(missing, ", "); list != "" {
		diags = append(diags, warnf(where, "Missing parameters: "+list, "As far as the catalog knows, %s requires %s; without, the task may be refused.", model.ID, list))
	}
	for _, name := range sortedKeys(evaluation.Partial) {
		if !known[name] {
			diags = append(diags, warnf(where, "Unknown parameter: "+name, "The catalog knows no parameter %q of %s.%s It is sent as written.", name, model.ID, suggest(name, names)))
		}
	}
	return diags
}

// hasAttribute reports whether a known request has a parameter; Partial leaves
// out those that are sensitive.
func hasAttribute(evaluation Evaluation, name string) bool {
	var input map[string]json.RawMessage
	if err := json.Unmarshal(evaluation.Request.Input, &input); err != nil {
		return true
	}
	_, ok := input[name]
	return ok
}

// forMode reports whether a parameter is for the mode of the input.
func forMode(param catalog.Param, mode json.RawMessage) bool {
	var name string
	if len(param.Modes) == 0 || json.Unmarshal(mode, &name) != nil {
		return true
	}
	return slices.Contains(param.Modes, name)
}

func isNumeric(kind string) bool { return kind == "integer" || kind == "number" }

// isNumberText reports whether JSON is a text that holds a number.
func isNumberText(raw json.RawMessage) bool {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return false
	}
	var number json.Number
	return json.Unmarshal([]byte(strings.TrimSpace(text)), &number) == nil && number != ""
}
