package spec

import (
	"github.com/hashicorp/hcl/v2"

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

// quotesSecret reports whether a diagnostic is about a key that is sensitive.
func quotesSecret(diag *hcl.Diagnostic) bool {
	if diag.Summary != "Duplicate object key" || diag.Expression == nil || diag.EvalContext == nil {
		return false
	}
	key, _ := diag.Expression.Value(diag.EvalContext)
	return hasMarkDeep(key, sensitiveMark)
}
