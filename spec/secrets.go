package spec

import "github.com/zclconf/go-cty/cty"

// Secrets lists the texts in the values of the sensitive variables, so that they
// can be hidden in what comes back from where they were sent.
func (s *Spec) Secrets() []string { return s.config.secrets() }

func (c *configuration) secrets() []string {
	var texts []string
	for _, name := range sortedKeys(c.variables) {
		v := c.variables[name]
		if !v.sensitive || v.value == cty.NilVal {
			continue
		}
		value, _ := v.value.UnmarkDeep()
		_ = cty.Walk(value, func(_ cty.Path, part cty.Value) (bool, error) {
			if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
				texts = append(texts, part.AsString())
			}
			return true, nil
		})
	}
	return texts
}
