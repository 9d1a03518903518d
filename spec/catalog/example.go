package catalog

import (
	"encoding/json"
	"slices"
	"strings"
)

// Argument is a parameter with a value.
type Argument struct {
	Name  string
	Value any // a string, float64, bool or []string
}

// Example is the smallest input that Check doubts nothing of: all required
// parameters, with their defaults where they have one. Of a model without known
// parameters it is a guess.
func (m *Model) Example() []Argument {
	if len(m.Params) == 0 {
		return []Argument{{"prompt", examplePrompt}}
	}
	var example []Argument
	chosen := newArguments(m, make(map[string]json.RawMessage), nil)
	add := func(p Param) {
		if !p.Required || chosen.given(p) || chosen.applies(p) != always {
			return
		}
		value := p.example()
		raw, err := json.Marshal(value)
		if err != nil {
			return // there is no such value
		}
		chosen.input[p.Name] = raw
		example = append(example, Argument{p.Name, value})
	}
	// The others depend on the mode.
	if i := slices.IndexFunc(m.Params, func(p Param) bool { return p.Name == "mode" }); i >= 0 {
		add(m.Params[i])
	}
	for _, p := range m.Params {
		add(p)
	}
	return example
}

const examplePrompt = "a lighthouse in the morning mist"

func (p Param) example() any {
	switch {
	case p.Default != nil:
		return p.Default
	case len(p.Enum) > 0:
		return p.Enum[0]
	}
	switch p.Type {
	case "integer", "number":
		if p.Min != nil {
			return *p.Min
		}
		return 1.0
	case "boolean":
		return false
	case "string":
		return examplePrompt + strings.Repeat(".", max(0, p.MinRunes-len(examplePrompt)))
	}
	return slices.Repeat([]string{exampleURL(p.Name)}, max(1, p.MinItems))
}

// exampleURL is a public URL, on a host that is reserved for examples.
func exampleURL(name string) string {
	kind, _, _ := strings.Cut(name, "_")
	ext := map[string]string{"video": ".mp4", "audio": ".mp3"}[kind]
	if ext == "" {
		ext = ".png"
	}
	return "https://example.com/" + kind + ext
}
