package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// validation is a validation block of a variable: a rule for its value.
type validation struct {
	block
	condition, message hcl.Expression // nil if absent
}

// declareRules notes the validation blocks. What their expressions use is
// checked when all variables are known.
func (v *variable) declareRules() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range v.content.Blocks.OfType("validation") {
		content, contentDiags := validationGrammar.content(b.Body)
		diags = append(diags, contentDiags...)
		rule := &validation{block: block{content, b.DefRange}}
		if attribute := content.Attributes["condition"]; attribute != nil {
			rule.condition = attribute.Expr
		} else if !contentDiags.HasErrors() {
			diags = append(diags, failf(b.DefRange, "Validation without a condition", "Add a condition, which is true for what is allowed, such as: condition = length(var.%s) > 0", v.name))
		}
		if attribute := content.Attributes["error_message"]; attribute != nil {
			rule.message = attribute.Expr
		} else if !contentDiags.HasErrors() {
			diags = append(diags, failf(b.DefRange, "Validation without a message", "Add what is said of a value that is not allowed, such as: error_message = \"At least one %s is needed.\"", v.name))
		}
		v.rules = append(v.rules, rule)
	}
	return diags
}

// rules say which of the validation rules are meant.
type rules bool

const (
	// rulesOfVariables use variables only. They are checked before anything is
	// made from the values, which could fail in ways that are harder to read.
	rulesOfVariables rules = false
	rulesWithLocals  rules = true
)

// validate checks the values of the variables by their rules.
func (c *configuration) validate(which rules) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(c.variables) {
		v := c.variables[name]
		for _, rule := range v.rules {
			if (usesLocals(rule.condition) || usesLocals(rule.message)) == bool(which) {
				diags = append(diags, c.checkRule(v, rule)...)
			}
		}
	}
	return diags
}

func usesLocals(expr hcl.Expression) bool {
	for _, traversal := range expr.Variables() {
		if traversal.RootName() == "local" {
			return true
		}
	}
	return false
}

func (c *configuration) checkRule(v *variable, rule *validation) hcl.Diagnostics {
	if diags := c.checkRuleReferences(v, rule); diags.HasErrors() {
		return diags
	}
	holds, diags := truthOf(rule.condition, withSteps(c.root))
	switch {
	case diags.HasErrors():
		return c.atRows(diags)
	case !holds.IsKnown() || holds.True():
		return diags
	}
	message, messageDiags := c.ruleMessage(rule)
	if diags = append(diags, messageDiags...); messageDiags.HasErrors() {
		return diags
	}
	refused := failf(rule.condition.Range(), "Invalid value for a variable", "%s\n\nThe value of variable %q is from %s.", message, v.name, v.from)
	refused.Expression, refused.EvalContext = rule.condition, c.root
	return append(diags, refused)
}

// checkRuleReferences allows what is known before any task has run, and asks
// that the rule is about its variable.
func (c *configuration) checkRuleReferences(v *variable, rule *validation) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, expr := range []hcl.Expression{rule.condition, rule.message} {
		_, refDiags := c.references(expr, scope{})
		diags = append(diags, refDiags...)
	}
	for _, traversal := range rule.condition.Variables() {
		if traversal.RootName() == "var" && len(traversal) > 1 {
			if name, ok := stepName(traversal[1]); ok && name == v.name {
				return diags
			}
		}
	}
	return append(diags, failf(rule.condition.Range(), "Condition about something else", "The condition does not use var.%s, so it says nothing about its value.", v.name))
}

// ruleMessage is error_message as a text.
func (c *configuration) ruleMessage(rule *validation) (string, hcl.Diagnostics) {
	value, diags := rule.message.Value(withSteps(c.root))
	if diags.HasErrors() {
		return "", diags
	}
	where := rule.message.Range()
	if hasMarkDeep(value, sensitiveMark) {
		return "", append(diags, failf(where, "Sensitive message", "error_message is shown, so it cannot use a sensitive value."))
	}
	value, _ = value.UnmarkDeep()
	text, err := convert.Convert(value, cty.String)
	if err != nil || text.IsNull() || !text.IsKnown() || text.AsString() == "" {
		return "", append(diags, failf(where, "Invalid message", "error_message must be a text that says what is allowed, not %s.", describe(value)))
	}
	return text.AsString(), diags
}
