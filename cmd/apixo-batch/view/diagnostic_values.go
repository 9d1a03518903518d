package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec"
)

// ExpressionValue is what a reference in the expression of a diagnostic stood
// for.
type ExpressionValue struct {
	Traversal string `json:"traversal"` // such as each.value.prompt
	Statement string `json:"statement"` // such as: is "a harbour"
}

// maxStatements bounds how many are shown of one expression.
const maxStatements = 10

// expressionValues lists the values of an expression's references, sorted and
// each once.
func expressionValues(d *hcl.Diagnostic) []ExpressionValue {
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var values []ExpressionValue
	for _, traversal := range d.Expression.Variables() {
		name, statement := spec.Statement(traversal, d.EvalContext)
		value := ExpressionValue{Clean(name), Clean(statement)}
		if statement != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	slices.SortFunc(values, func(a, b ExpressionValue) int { return strings.Compare(a.Traversal, b.Traversal) })
	return values[:min(len(values), maxStatements)]
}

// withValues puts the values before the detail, where the writer of hcl puts
// them in other words.
func withValues(diagnostics hcl.Diagnostics) hcl.Diagnostics {
	shown := make(hcl.Diagnostics, len(diagnostics))
	for n, d := range diagnostics {
		var lines []string
		for _, v := range expressionValues(d) {
			lines = append(lines, fmt.Sprintf("  %s %s\n", v.Traversal, v.Statement))
		}
		other := *d
		other.Expression, other.EvalContext = nil, nil
		if len(lines) > 0 {
			other.Detail = strings.Join(lines, "") + "\n" + d.Detail
		}
		shown[n] = &other
	}
	return shown
}
