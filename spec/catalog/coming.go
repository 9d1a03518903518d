package catalog

import "fmt"

// Coming is a parameter whose value is not known yet, while its type is.
type Coming struct {
	Param string
	// Type is "string", "number", "boolean", "object" or "array".
	Type string
	// Elements are the types of an array's elements, as far as they are known:
	// "" is one of which nothing is.
	Elements []string
}

// mayBe reports whether a value of the type may be one of the row's.
func (p Param) mayBe(later Coming) bool {
	switch p.Type {
	case "integer", "number":
		return later.Type == "number"
	case "string", "boolean":
		return later.Type == p.Type
	default:
		return later.Type == "array" && p.oddElement(later) == ""
	}
}

// oddElement is the type of the first element that a list of the row cannot have; ""
// if there is none.
func (p Param) oddElement(later Coming) string {
	want := elementTypes[p.Type]
	for _, element := range later.Elements {
		if want != "" && element != "" && element != want {
			return element
		}
	}
	return ""
}

var elementTypes = map[string]string{"string[]": "string", "object[]": "object"}

func (p Param) doubtComing(later Coming, model string) Doubt {
	doubt := Doubt{Param: later.Param, Summary: "Wrong type: " + later.Param, Element: later.Type != "array" && later.Type == elementTypes[p.Type]}
	what := "will be " + comingWords[later.Type]
	if odd := p.oddElement(later); later.Type == "array" && odd != "" {
		what = "will hold " + comingWords[odd]
	}
	doubt.Detail = fmt.Sprintf("%s of %s is %s, and this %s.", later.Param, model, typeWords[p.Type], what)
	if (p.Type == "integer" || p.Type == "number") && later.Type == "string" {
		doubt.Detail += " Write tonumber(...) around it."
	}
	return doubt
}

var comingWords = map[string]string{
	"string": "a text", "number": "a number", "boolean": "true or false", "object": "an object", "array": "a list",
}
