package catalog

import (
	"encoding/json"
	"slices"
)

// fits reports whether a price is for the input. It is perhaps where that depends
// on a value that is not known yet, and where nobody can tell how the API reads
// what it is sent, as with sound = "true", a resolution of "1080", or a parameter
// that is left out and whose default is not documented.
func (a arguments) fits(price Price, prices []Price) fit {
	result := always
	for name, want := range price.When {
		result = min(result, a.reads(name, want, prices))
	}
	return result
}

// reads reports whether the API reads the value want for a parameter.
func (a arguments) reads(name string, want any, prices []Price) fit {
	given := a.allSent(name)
	switch {
	case a.isHidden(name):
		return perhaps
	case len(given) == 0:
		return a.readsUngiven(name, want)
	case a.excludes(name):
		return perhaps
	}
	same := 0
	result := never
	for _, value := range given {
		if sameValue(value, want) {
			same++
		} else if !a.lists(name, value) && !isPriced(name, value, prices) {
			result = perhaps
		}
	}
	switch {
	case same == len(given):
		return always
	case same > 0:
		return perhaps
	}
	return result
}

// readsUngiven is reads for a parameter that the input lacks.
func (a arguments) readsUngiven(name string, want any) fit {
	result := never
	for _, p := range a.possible(name) {
		switch {
		case p.Default == nil && !p.Required:
			result = max(result, perhaps)
		case p.Default != nil && sameValue(p.Default, want):
			result = max(result, a.mayApply(p))
		}
	}
	return result
}

// possible are the rows of a parameter that are, or may be, for the input's case.
func (a arguments) possible(name string) (rows []Param) {
	for _, p := range a.params() {
		if p.Name == name && a.mayApply(p) != never {
			rows = append(rows, p)
		}
	}
	return rows
}

// lists reports whether the catalog has a value for a parameter, or does not
// know the parameter, and thus nothing that the value could be read as.
func (a arguments) lists(name string, value any) bool {
	if !a.knows(name) {
		return true
	}
	rows := a.possible(name)
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(p Param) bool { return !p.lists(value) })
}

func (p Param) lists(value any) bool {
	if len(p.Enum) > 0 {
		return slices.ContainsFunc(p.Enum, func(v any) bool { return sameValue(value, v) })
	}
	if p.Type != "integer" && p.Type != "number" {
		return p.checkType(value).Summary == ""
	}
	n, isNumber := value.(json.Number)
	if text, isText := value.(string); isText {
		if _, isNumber = number(text); isNumber {
			n = json.Number(text)
		}
	}
	return isNumber && (p.Type == "number" || isWhole(n)) && p.checkRange(n).Summary == ""
}

// isPriced reports whether a row is for a value, which makes it a documented one.
func isPriced(name string, value any, prices []Price) bool {
	return slices.ContainsFunc(prices, func(price Price) bool {
		want, ok := price.When[name]
		return ok && sameValue(value, want)
	})
}

// mayApply reports whether a row is the one for the input's case. Other than
// applies, which Check asks, it takes no value that the catalog does not list
// for a wrong one: the API may read it as any of them.
func (a arguments) mayApply(p Param) fit {
	result := a.inMode(p)
	for name, want := range p.When {
		result = min(result, a.readsPlain(name, want))
	}
	return result
}

func (a arguments) inMode(p Param) fit {
	if len(p.Modes) == 0 {
		return always
	}
	result, modes := never, a.possibleModes()
	for _, mode := range modes {
		if slices.Contains(p.Modes, mode) {
			result = perhaps
			if len(modes) == 1 {
				result = always
			}
		}
	}
	return result
}

// readsPlain is reads for the parameters that rows depend on.
func (a arguments) readsPlain(name string, want any) fit {
	value, ok := a.plain(name)
	switch {
	case a.isHidden(name), !ok, len(a.allSent(name)) > 1:
		return perhaps
	case sameValue(value, want):
		return always
	case slices.ContainsFunc(a.params(), func(p Param) bool { return p.Name == name && p.lists(value) }):
		return never
	}
	return perhaps
}

// excludes reports whether the catalog has a parameter for other modes only than
// the input's, or than one of those that the input's may be.
func (a arguments) excludes(name string) bool {
	rows := a.rowsOf(name)
	if len(rows) == 0 {
		return false
	}
	return slices.ContainsFunc(a.possibleModes(), func(mode string) bool {
		return !slices.ContainsFunc(rows, func(p Param) bool {
			return len(p.Modes) == 0 || slices.Contains(p.Modes, mode)
		})
	})
}

// possibleModes are the modes that the input may be for: all of the model's if
// its mode is not known, or not one that the catalog lists.
func (a arguments) possibleModes() []string {
	if a.model == nil {
		return nil
	}
	modes := a.model.modes()
	if a.isHidden("mode") {
		return modes
	}
	mode, _ := a.plain("mode")
	for _, listed := range modes {
		if sameValue(mode, listed) {
			return []string{listed}
		}
	}
	return modes
}
