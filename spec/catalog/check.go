package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Doubt is what the catalog doubts about an input. It forbids nothing: the
// catalog may be wrong, or older than the model.
type Doubt struct {
	Param string // "" if it is about the input as a whole
	// Summary names what is wrong and where, and Detail the value and what the
	// catalog has instead.
	Summary, Detail string
	// Element: a list is wanted, and this is an element of one.
	Element bool
}

// Check compares an input with what is known of the model's parameters. hidden
// names those that the input has and whose values are not known; they are taken
// to be right. A model without parameters leaves nothing to doubt.
func (m *Model) Check(input map[string]json.RawMessage, hidden ...string) []Doubt {
	return m.NewChecker().Check(input, hidden...)
}

// missing reports the required parameters that are not given, together.
func (a arguments) missing() []Doubt {
	var names []string
	for _, p := range a.model.Params {
		if p.Required && a.applies(p) == always && !a.given(p) && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	list := strings.Join(names, ", ")
	if list == "" {
		return nil
	}
	return []Doubt{{Summary: "Missing parameters: " + list, Detail: fmt.Sprintf("As far as the catalog knows, %s requires %s; without, the task may be refused.", a.model.ID, list)}}
}

// find gives the rows of a parameter, by its name or an older one.
func (a arguments) find(name string) []Param {
	var rows []Param
	for _, p := range a.model.Params {
		if p.Name == name || slices.Contains(p.Was, name) {
			rows = append(rows, p)
		}
	}
	return rows
}

// rowsFor gives the rows that may be the parameter's in this case, or what is to
// be doubted whatever its value is. The zero Doubt is none.
func (a arguments) rowsFor(name string) ([]Param, Doubt) {
	rows := a.find(name)
	if rows == nil {
		return nil, a.unknown(name)
	}
	if rows[0].Name != name && a.named(rows[0].Name) {
		return nil, Doubt{Summary: "Parameter given twice: " + name, Detail: fmt.Sprintf("%s is the older name of %s of %s, and both are given: nobody knows which counts, so the price is that of the larger. Remove %s.", name, rows[0].Name, a.model.ID, name)}
	}
	if rows[0].Name != name {
		return nil, Doubt{Summary: "Renamed parameter: " + name, Detail: fmt.Sprintf("%s of %s is called %s on newer pages.", name, a.model.ID, rows[0].Name)}
	}
	fitting := slices.DeleteFunc(slices.Clone(rows), func(p Param) bool { return a.applies(p) == never })
	if len(fitting) == 0 {
		return nil, Doubt{Summary: "Parameter for another case: " + name, Detail: fmt.Sprintf("As far as the catalog knows, %s has %s %s only.", a.model.ID, name, cases(rows))}
	}
	return fitting, Doubt{}
}

// check looks at one value of the input, unless it is the last one again.
func (a arguments) check(p *checkedParam) Doubt {
	doubt := p.first
	if raw := a.input[p.name]; doubt.Summary == "" {
		if p.value == nil || !bytes.Equal(p.value, raw) {
			p.value, p.doubt = raw, a.checkValue(p, decodeValue(raw))
		}
		doubt = p.doubt
	}
	if doubt.Summary != "" {
		doubt.Param = p.name
	}
	return doubt
}

// checkValue compares a value with the rows that may be for it: one has to fit.
func (a arguments) checkValue(p *checkedParam, value any) (first Doubt) {
	for i, row := range p.fitting {
		doubt := row.check(value)
		if doubt.Summary == "" {
			return Doubt{}
		}
		if i == 0 {
			first = doubt
		}
	}
	first.Summary += ": " + p.name
	first.Detail = fmt.Sprintf("%s of %s %s", p.name, a.model.ID, first.Detail)
	return first
}

func (a arguments) unknown(name string) Doubt {
	var names []string
	for _, p := range a.model.Params {
		names = append(names, p.Name)
	}
	hint := ""
	if near := nearestTo(name, names); near != "" {
		hint = fmt.Sprintf(" Did you mean %q?", near)
	}
	return Doubt{Summary: "Unknown parameter: " + name, Detail: fmt.Sprintf("The catalog knows no parameter %q of %s.%s", name, a.model.ID, hint)}
}

// cases says in words when a parameter is there at all.
func cases(rows []Param) string {
	var words []string
	for _, p := range rows {
		words = append(words, p.Case())
	}
	return strings.Join(words, ", or ")
}

// Case says in words which mode and values the row is for; "" for all.
func (p Param) Case() string {
	var words []string
	if len(p.Modes) > 0 {
		words = append(words, "in "+strings.Join(p.Modes, ", "))
	}
	for _, name := range sortedKeys(p.When) {
		words = append(words, fmt.Sprintf("with %s = %v", name, p.When[name]))
	}
	return strings.Join(words, " ")
}

// check compares a value with one row. The Detail goes on after the name.
func (p Param) check(value any) Doubt {
	if doubt := p.checkType(value); doubt.Summary != "" {
		return doubt
	}
	if doubt := p.checkEnum(value); doubt.Summary != "" {
		return doubt
	}
	switch v := value.(type) {
	case json.Number:
		return p.checkRange(v)
	case string:
		return p.checkText(v)
	case []any:
		return p.checkList(v)
	}
	return Doubt{}
}

func (p Param) checkType(value any) Doubt {
	ok := true
	switch n, isNumber := value.(json.Number); p.Type {
	case "integer", "number":
		if text, isText := value.(string); isText && isNumberText(text) {
			return Doubt{Summary: "Number given as text", Detail: fmt.Sprintf("is a number, and %s is a text. Cells of a CSV file are texts: write tonumber(...) around it.", show(value))}
		}
		ok = isNumber && (p.Type == "number" || isWhole(n))
	case "boolean":
		_, ok = value.(bool)
	case "string":
		_, ok = value.(string)
	default:
		list, isList := value.([]any)
		ok = isList
		if p.Type == "string[]" {
			ok = ok && !slices.ContainsFunc(list, func(v any) bool { _, isText := v.(string); return !isText })
		}
		if p.Type == "object[]" {
			ok = ok && !slices.ContainsFunc(list, func(v any) bool { _, isObject := v.(map[string]any); return !isObject })
		}
	}
	if ok {
		return Doubt{}
	}
	return Doubt{Summary: "Wrong type", Detail: fmt.Sprintf("is %s, and %s is not.", typeWords[p.Type], show(value))}
}

var typeWords = map[string]string{
	"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"string[]": "a list of texts, as in [\"...\"]", "object[]": "a list of objects", "array": "a list",
}

func isNumberText(text string) bool {
	var n json.Number
	return json.Unmarshal([]byte(strings.TrimSpace(text)), &n) == nil && n != ""
}

func isWhole(n json.Number) bool {
	f, err := n.Float64()
	return err == nil && f == math.Trunc(f)
}

// checkEnum compares exactly, but for resolution: pages of all ages differ in
// whether they write 1k or 1K (API document, section 11, row 17).
func (p Param) checkEnum(value any) Doubt {
	if len(p.Enum) == 0 || slices.ContainsFunc(p.Enum, func(v any) bool { return p.isOne(value, v) }) {
		return Doubt{}
	}
	var names []string
	for _, v := range p.Enum {
		names = append(names, fmt.Sprint(v))
	}
	hint := ""
	if text, isText := value.(string); isText && strings.ContainsFunc(text, unicode.IsLetter) {
		if near := nearestTo(text, names); near != "" {
			hint = fmt.Sprintf(" Did you mean %q?", near)
		}
	}
	return Doubt{Summary: "Value not in the list", Detail: fmt.Sprintf("is %s, and the catalog has %s.%s", show(value), strings.Join(names, ", "), hint)}
}

func (p Param) isOne(value, listed any) bool {
	x, isText := value.(string)
	y, both := listed.(string)
	if isText && both && p.Name != "resolution" {
		return x == y
	}
	return sameValue(value, listed)
}

func (p Param) checkRange(n json.Number) Doubt {
	f, err := n.Float64()
	switch {
	case err != nil:
	case p.Min != nil && f < *p.Min, p.Max != nil && f > *p.Max:
		return Doubt{Summary: "Value out of range", Detail: fmt.Sprintf("is %s, and goes %s.", show(n), p.Range())}
	}
	return Doubt{}
}

// Range says in words what values a number may have; "" for any.
func (p Param) Range() string {
	bound := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch {
	case p.Min != nil && p.Max != nil:
		return "from " + bound(*p.Min) + " to " + bound(*p.Max)
	case p.Min != nil:
		return "from " + bound(*p.Min)
	case p.Max != nil:
		return "up to " + bound(*p.Max)
	}
	return ""
}

func (p Param) checkText(text string) Doubt {
	switch n := utf8.RuneCountInString(text); {
	case p.MaxRunes > 0 && n > p.MaxRunes:
		return Doubt{Summary: "Text too long", Detail: fmt.Sprintf("has %d characters, and may have %d: more is refused or cut off.", n, p.MaxRunes)}
	case n < p.MinRunes:
		return Doubt{Summary: "Text too short", Detail: fmt.Sprintf("has %d characters, and needs %d.", n, p.MinRunes)}
	}
	if before, _, found := strings.Cut(text, p.CutAt); p.CutAt != "" && found {
		return Doubt{Summary: "Text that is dropped", Detail: fmt.Sprintf("holds %q, and the service drops everything from there on: %d of its %d characters are left.", p.CutAt, utf8.RuneCountInString(before), utf8.RuneCountInString(text))}
	}
	return Doubt{}
}

func (p Param) checkList(list []any) Doubt {
	switch n := len(list); {
	case p.MaxItems > 0 && n > p.MaxItems:
		return Doubt{Summary: "Too many elements", Detail: fmt.Sprintf("has %d, and may have %d.", n, p.MaxItems)}
	case n < p.MinItems:
		return Doubt{Summary: "Too few elements", Detail: fmt.Sprintf("has %d, and needs %d.", n, p.MinItems)}
	case !strings.HasSuffix(p.Name, "_urls"):
		return Doubt{}
	}
	for _, v := range list {
		if text, _ := v.(string); !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
			return Doubt{Summary: "Not a URL", Detail: fmt.Sprintf("holds %s; the service fetches its inputs, so each has to be a public https URL.", show(v))}
		}
	}
	return Doubt{}
}

// show is a value as JSON, cut to what fits into a sentence.
func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "it"
	}
	const most = 60
	if runes := []rune(string(text)); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return string(text)
}

// nearestTo returns the name that was most likely meant, "" if none is near.
func nearestTo(given string, names []string) string {
	if len(given) > 100 {
		return ""
	}
	folded := foldName(given)
	best, least := "", min(4, len(folded)/2+1)
	if len(folded) < 4 {
		least = 1 // another spelling of the same
	}
	for _, name := range names {
		if d := levenshtein.Distance(folded, foldName(name), nil); d < least {
			best, least = name, d
		}
	}
	return best
}
