package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
)

// taskBlock is a task block of a model, as fmt writes it: the smallest of which
// validate -strict finds nothing to say.
func taskBlock(m *catalog.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "task %s {\nmodel = %s\n", spec.Quote(blockName(m.ID)), spec.Quote(m.ID))
	if m.Provider != "" {
		fmt.Fprintf(&b, "provider = %s\n", spec.Quote(m.Provider))
	}
	b.WriteString("input = {\n")
	for _, a := range m.Example() {
		name := a.Name
		if !hclsyntax.ValidIdentifier(name) {
			name = spec.Quote(name)
		}
		fmt.Fprintf(&b, "%s = %s\n", name, valueHCL(a.Value))
	}
	b.WriteString("}\n}\n")
	return string(hclwrite.Format([]byte(b.String())))
}

// blockName turns an ID into a name that expressions can use: task.nano_banana.
func blockName(id string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, id)
	if !hclsyntax.ValidIdentifier(name) {
		return "_" + name // it begins with a digit
	}
	return name
}

func valueHCL(value any) string {
	switch v := value.(type) {
	case string:
		return spec.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = spec.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return "null"
		}
		return string(text)
	}
}
