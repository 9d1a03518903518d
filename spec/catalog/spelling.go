package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// unpriced says which value of the input has no price because nobody has listed
// it, "" if none: a new tier may cost more than all the others. What may be another
// spelling of a listed value is another matter, since the API may read it so.
func (a arguments) unpriced(prices []Price) string {
	for _, name := range conditions(prices) {
		if what := a.unlisted(name, prices); what != "" {
			return "no price is known with " + what
		}
	}
	return ""
}

// unlisted is a value of a parameter that is neither listed nor priced, with what
// is; "" if there is none.
func (a arguments) unlisted(name string, prices []Price) string {
	for _, value := range a.allSent(name) {
		if !a.mayMean(name, value) && !isPriced(name, value, prices) {
			return fmt.Sprintf("%s = %s: the catalog %s", name, show(value), a.listed(name))
		}
	}
	return ""
}

// mayMean reports whether a value is one that the catalog lists for a parameter in
// any case, or another spelling of one. Of a parameter that it does not know, or
// that may be any text, that is so of every value.
func (a arguments) mayMean(name string, value any) bool {
	rows := a.rowsOf(name)
	return len(rows) == 0 || slices.ContainsFunc(rows, func(p Param) bool {
		return p.lists(value) || p.mayMean(value)
	})
}

func (p Param) mayMean(value any) bool {
	if len(p.Enum) > 0 {
		return slices.ContainsFunc(p.Enum, func(listed any) bool { return isSpelling(value, listed) })
	}
	if p.Type != "integer" && p.Type != "number" {
		return true // any text, or one of two values
	}
	n := json.Number(withoutUnit(spelling(value)))
	_, isNumber := number(n)
	return isNumber && p.checkRange(n).Summary == ""
}

// isSpelling reports whether two values differ in case, spaces, "_", "-" and quotes
// only, or in a unit that one of them lacks, as 1080 and "1080p".
func isSpelling(a, b any) bool {
	x, y := spelling(a), spelling(b)
	if x == y {
		return x != ""
	}
	return (x == withoutUnit(y) || y == withoutUnit(x)) && strings.ContainsAny(x, "0123456789")
}

// spelling is what is left of a value without what writers differ in; "" if it is
// neither a text nor a number.
func spelling(value any) string {
	switch v := value.(type) {
	case string:
		if _, isNumber := number(strings.TrimSpace(v)); isNumber {
			return strings.TrimSpace(v) // of which a minus is a part
		}
		return strings.Join(strings.Fields(Fold(v)), "")
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func withoutUnit(text string) string { return strings.TrimRightFunc(text, unicode.IsLetter) }

// listed says in words which values of a parameter the catalog has.
func (a arguments) listed(name string) string {
	var values []string
	for _, p := range a.rowsOf(name) {
		for _, v := range p.Enum {
			if text := fmt.Sprint(v); !slices.Contains(values, text) {
				values = append(values, text)
			}
		}
		if text := p.Range(); len(p.Enum) == 0 {
			return "has it " + text
		}
	}
	return "lists " + strings.Join(values, ", ")
}

// rowsOf are the rows of a parameter, in any case.
func (a arguments) rowsOf(name string) (rows []Param) {
	for _, p := range a.params() {
		if p.Name == name {
			rows = append(rows, p)
		}
	}
	return rows
}
