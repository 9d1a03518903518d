package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// hidden takes sensitive values out of what diagnostics say. hcl quotes the key that
// two turns of a for expression made, marked or not; of all others it is the last
// look, for the texts of sensitive variables.
func (c *configuration) hidden(diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) == 0 {
		return nil
	}
	secrets := task.NewRedactor(c.secrets())
	for _, diag := range diags {
		if quotesSecret(diag) {
			diag.Detail = "Two different items produced the same key in this 'for' expression. The key is sensitive and is not shown."
		}
		diag.Summary, diag.Detail = secrets.Text(diag.Summary), secrets.Text(diag.Detail)
	}
	return diags
}

// namesSecret reports whether an input has a name that may be a secret: it is
// sensitive as a whole, as hcl makes it for a sensitive key, and the catalog does not
// know the name.
func (c *configuration) namesSecret(model string, input cty.Value) bool {
	plain, sensitive, _ := unmark(input)
	if !sensitive || !plain.IsKnown() || plain.IsNull() || !plain.Type().IsObjectType() && !plain.Type().IsMapType() {
		return false
	}
	known, _ := c.catalog.Lookup(model)
	for it := plain.ElementIterator(); it.Next(); {
		name, _ := it.Element()
		isName := func(p catalog.Param) bool { return p.Name == name.AsString() }
		if known == nil || !slices.ContainsFunc(known.Params, isName) {
			return true
		}
	}
	return false
}

// quotesSecret reports whether a diagnostic is about a key that is sensitive.
func quotesSecret(diag *hcl.Diagnostic) bool {
	if diag.Summary != "Duplicate object key" || diag.Expression == nil || diag.EvalContext == nil {
		return false
	}
	key, _ := diag.Expression.Value(diag.EvalContext)
	return hasMarkDeep(key, sensitiveMark)
}
