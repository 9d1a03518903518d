package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"apixo-batch/spec/catalog"
)

// TaskBlock is a task block of a model, as fmt writes it: the smallest of which
// validate -strict finds nothing to say.
func TaskBlock(m *catalog.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "task %s {\nmodel = %s\n", quoteHCL(blockName(m.ID)), quoteHCL(m.ID))
	if m.Provider != "" {
		fmt.Fprintf(&b, "provider = %s\n", quoteHCL(m.Provider))
	}
	b.WriteString("input = {\n")
	for _, a := range m.Example() {
		name := a.Name
		if !hclsyntax.ValidIdentifier(name) {
			name = quoteHCL(name)
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
		return quoteHCL(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quoteHCL(s)
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

// quoteHCL writes a text so that nothing in it is a template.
func quoteHCL(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteString(string(r) + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
