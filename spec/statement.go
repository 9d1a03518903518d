package spec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Statement says what a reference stands for in a context, for the messages
// about the expression that it is in: each.value.prompt, and: is "a harbour". The
// statement is "" if nothing can be said. Sensitive values are not told.
func Statement(traversal hcl.Traversal, ctx *hcl.EvalContext) (name, statement string) {
	value, diags := traversal.TraverseAbs(ctx)
	if diags.HasErrors() {
		return "", ""
	}
	name = writeTraversal(traversal)
	switch {
	case value.IsMarked():
		return name, "has a sensitive value"
	case !value.IsKnown():
		return name, "is known after apply only"
	case value.IsNull():
		return name, "is null"
	case value.Type() == cty.String:
		return name, "is " + strconv.Quote(clip(value.AsString(), 60))
	case value.Type().IsPrimitiveType():
		return name, "is " + describe(value)
	case value.Type().IsObjectType() || value.Type().IsMapType():
		return name, fmt.Sprintf("is %s with %s", describeType(value.Type()), counts(value.LengthInt(), "attribute"))
	case value.Type().IsTupleType() || value.Type().IsCollectionType():
		return name, fmt.Sprintf("is %s with %s", describeType(value.Type()), counts(value.LengthInt(), "element"))
	}
	return name, ""
}

func counts(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// writeTraversal writes a reference as it stands in an expression.
func writeTraversal(traversal hcl.Traversal) string {
	var b strings.Builder
	for _, step := range traversal {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if s.Key.Type() == cty.String {
				b.WriteString("[" + strconv.Quote(clip(s.Key.AsString(), 60)) + "]")
			} else {
				b.WriteString("[" + describe(s.Key) + "]")
			}
		}
	}
	return b.String()
}
