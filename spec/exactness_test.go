package spec

import (
	"strings"
	"testing"
)

// forms are ways for a value, %s, to come into an input as it is.
var forms = map[string]string{
	"alone":           `%s`,
	"a local":         `local.value`,
	"a variable":      `var.value`,
	"each.value":      `each.value`,
	"try":             `try(%s, 1)`,
	"try, second":     `try({}.none, %s)`,
	"a conditional":   `true ? %s : %s`,
	"for, a list":     `[for x in [%s] : x][0]`,
	"for, an object":  `{ for k, x in { a = %s } : k => x }.a`,
	"for, grouped":    `{ for x in [%s] : "a" => x... }.a[0]`,
	"a splat":         `([{ a = %s }][*].a)[0]`,
	"lookup":          `lookup({ a = %s }, "a", null)`,
	"merge":           `merge({ a = 1 }, { a = %s }).a`,
	"concat":          `concat([%s], [1])[0]`,
	"flatten":         `flatten([[%s]])[0]`,
	"one":             `one([%s])`,
	"values":          `values({ a = %s })[0]`,
	"element":         `element([%s], 0)`,
	"tolist":          `tolist([%s])[0]`,
	"tomap":           `tomap({ a = %s }).a`,
	"zipmap":          `zipmap(["a"], [%s]).a`,
	"jsondecode":      `jsondecode(jsonencode([%s]))[0]`,
	"yamldecode":      `yamldecode(yamlencode([%s]))[0]`,
	"jsonldecode":     `jsonldecode("${jsonencode({ a = %s })}\n")[0].a`,
	"nonsensitive":    `nonsensitive(sensitive(%s))`,
	"a lone template": `"${%s}"`,
}

func TestValuesStayExactThroughEveryFormOfExpression(t *testing.T) {
	values := map[string]string{ // as written, and the input that is sent
		"12345678901234567890.123456789": `{"value":12345678901234567890.123456789}`,
		"-0.1":                           `{"value":-0.1}`,
		"1e21":                           `{"value":1000000000000000000000}`,
		"9007199254740993":               `{"value":9007199254740993}`,
		"0.30000000000000004":            `{"value":0.30000000000000004}`,
		"null":                           `{}`,
		`"cafe\u0301"`:                   "{\"value\":\"caf\u00e9\"}",
		"\"cafe\u0301\"":                 "{\"value\":\"caf\u00e9\"}",
		`"\u2028<&>\t\U0001F600"`:        `{"value":"\u2028<&>\t😀"}`,
		`""`:                             `{"value":""}`,
		"true":                           `{"value":true}`,
	}
	for form, template := range forms {
		for value, want := range values {
			expr := strings.ReplaceAll(template, "%s", value)
			s := load(t, `
variable "value" {
  default = `+value+`
}
locals {
  value = `+value+`
}
task "user" {
  for_each = { a = `+value+` }
  model    = "kling-2-6"
  input    = { value = `+expr+` }
}`)
			evaluation, err := s.Instances[0].Evaluate(nil, nil)
			if err != nil || string(evaluation.Request.Input) != want {
				t.Errorf("%s: %s is sent as %s, want %s (%v)", form, expr, evaluation.Request.Input, want, err)
			}
		}
	}
}

func TestMarksStayThroughEveryFormOfExpression(t *testing.T) {
	const secret = "hunter2"
	marked := func(template, value string) *Instance {
		expr := strings.NewReplacer("%s", value, "each.value", value).Replace(template)
		return load(t, `
variable "value" {
  default   = "`+secret+`"
  sensitive = true
}
locals {
  value = `+value+`
}
task "user" {
  model = "kling-2-6"
  input = { value = `+expr+` }
}`).Instances[0]
	}
	for form, template := range forms {
		evaluation, err := marked(template, "var.value").Evaluate(nil, nil)
		shown := strings.Contains(string(evaluation.Request.Input), secret)
		if err != nil || shown != (form == "nonsensitive") || !strings.Contains(string(evaluation.Request.Body()), secret) {
			t.Errorf("%s, sensitive: input %s, %v", form, evaluation.Request.Input, err)
		}
		if form == "a variable" {
			continue // it is not volatile
		}
		if _, err := marked(template, "uuid()").Evaluate(nil, nil); err == nil || !strings.Contains(err.Error(), "differs at each run") {
			t.Errorf("%s, volatile: %v", form, err)
		}
	}
}
