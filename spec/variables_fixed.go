package spec

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// VariableValues are the values of the variables that are not sensitive, as
// JSON by name. With them as LoadOptions.Fixed, a later Load sees the same.
func (s *Spec) VariableValues() (map[string]json.RawMessage, error) {
	values := make(map[string]json.RawMessage)
	for name, v := range s.config.variables {
		if v.sensitive || v.value == cty.NilVal {
			continue
		}
		raw, err := ctyjson.Marshal(v.value, v.typ.WithoutOptionalAttributesDeep())
		if err != nil {
			return nil, fmt.Errorf("encode variable %s: %w", name, err)
		}
		values[name] = raw
	}
	return values, nil
}

// Sensitive reports whether a variable of that name is declared sensitive.
func (s *Spec) Sensitive(name string) bool {
	v, declared := s.config.variables[name]
	return declared && v.sensitive
}

// settable reports whether the environment or the command line may set v. Where
// values are fixed, only those that are not kept anywhere may be.
func (v *variable) settable(fixed map[string]json.RawMessage) bool {
	return fixed == nil || v.sensitive
}

// fixVariables gives the variables that are not sensitive the values of before.
// A name that is not declared any more is left to whoever compares the files.
func (c *configuration) fixVariables(fixed map[string]json.RawMessage) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(fixed) {
		v, declared := c.variables[name]
		if !declared || v.sensitive {
			continue
		}
		value, err := ctyjson.Unmarshal(fixed[name], v.typ.WithoutOptionalAttributesDeep())
		if err != nil {
			diags = append(diags, failf(v.where, "Invalid value for a variable", "The value that variable %q had before does not fit its type: %v.", name, err))
			continue
		}
		v.value, v.from = value, "the approved plan"
	}
	return diags
}
