package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// checkRest looks, after an error that ends Load, for what else is wrong and can
// be told without a value: names that nothing declares, and tasks that are not
// complete. So that one mistake is not reported as several, it does not where
// blocks may be missing, and says nothing of values.
func (c *configuration) checkRest() hcl.Diagnostics {
	if c.unread || c.checked {
		return nil
	}
	c.partly = true
	if c.root == nil {
		c.root = &hcl.EvalContext{
			Variables: map[string]cty.Value{"var": cty.DynamicVal, "local": cty.DynamicVal},
			Functions: c.functions,
		}
	}
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(c.locals) {
		_, localDiags := c.references(c.locals[name].expr, scope{tasks: true})
		diags = append(diags, localDiags...)
	}
	blocks := []*block{c.batch, c.apixo, c.defaults}
	for _, model := range c.models {
		blocks = append(blocks, &model.block)
	}
	for _, b := range blocks {
		if b != nil {
			diags = append(diags, c.checkNames(b)...)
		}
	}
	return c.notMisnamed(append(diags, c.checkTasks()...))
}

// notMisnamed leaves out what a block of an unknown type may declare or hold.
func (c *configuration) notMisnamed(diags hcl.Diagnostics) hcl.Diagnostics {
	if !c.misnamed {
		return diags
	}
	return slices.DeleteFunc(diags, func(diag *hcl.Diagnostic) bool {
		return strings.HasPrefix(diag.Summary, "Undeclared ") || strings.HasPrefix(diag.Summary, "Task without ")
	})
}

// checkNames checks what the attributes of a block use.
func (c *configuration) checkNames(b *block) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(b.content.Attributes) {
		if name != "output" { // which sees more: checkPaths
			_, attributeDiags := c.references(b.content.Attributes[name].Expr, scope{})
			diags = append(diags, attributeDiags...)
		}
	}
	return diags
}
