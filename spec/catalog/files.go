package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// files counts those that are billed by one unit each.
func (a arguments) files(per string) (quantity, error) {
	var stated []Results
	if a.model != nil {
		stated = a.model.Results
	}
	byMode := slices.ContainsFunc(stated, func(row Results) bool { return len(row.Modes) > 0 })
	what := a.unlisted("mode", nil)
	switch {
	case byMode && what != "":
		return quantity{}, errors.New("nobody knows how many files a task makes with " + what)
	case per == "song" && stated == nil:
		return quantity{}, errors.New("the price is per song and nobody knows how many songs a task makes: give it per task")
	case per == "image":
		return a.images()
	}
	return units(per, a.unasked()), nil
}

// units are so many files, one for each unit.
func units(per string, files Results) quantity {
	words := "per " + per
	switch low, high := files.Least, files.Most; {
	case low < high && low == 1:
		words += fmt.Sprintf(", up to %d %ss", high, per)
	case low < high:
		words += fmt.Sprintf(", %d to %d %ss", low, high, per)
	case high > 1:
		words += fmt.Sprintf(", %d %ss", high, per)
	}
	return quantity{int64(files.Least) * whole, int64(files.Most) * whole, words}
}

// Asked is how many files an input asks for by one of CountParams, and by which,
// the largest if by several; 0 if it asks for none, or not for a whole number.
func Asked(input map[string]json.RawMessage) (name string, files int) {
	for _, param := range CountParams {
		n, ok := number(decodeValue(input[param]))
		if ok && n == math.Trunc(n) && n >= 1 && n <= maxUnits && int(n) > files {
			name, files = param, int(n)
		}
	}
	return name, files
}

// Unasked is how many files a task makes whose input does not ask for a number
// by any of CountParams. A nil model makes one.
func (m *Model) Unasked(input map[string]json.RawMessage) (least, most int) {
	files := newArguments(m, input, nil).unasked()
	return files.Least, files.Most
}

// unasked is Unasked for all modes that the input may be for.
func (a arguments) unasked() Results {
	if a.model == nil {
		return Results{Least: 1, Most: 1}
	}
	modes := a.possibleModes()
	if len(modes) == 0 {
		modes = []string{""}
	}
	files := a.model.resultsIn(modes[0])
	for _, mode := range modes[1:] {
		other := a.model.resultsIn(mode)
		files.Least, files.Most = min(files.Least, other.Least), max(files.Most, other.Most)
	}
	return files
}

func (m *Model) resultsIn(mode string) Results {
	for _, row := range m.Results {
		if len(row.Modes) == 0 || slices.Contains(row.Modes, mode) {
			return row
		}
	}
	return Results{Least: 1, Most: 1}
}

// images counts those that the input asks for by any of CountParams, of which
// max_images is an upper bound: fewer may come and be billed (API document,
// section 4). If it asks for none, it gets what the model makes unasked.
func (a arguments) images() (quantity, error) {
	unasked := a.unasked()
	asked := Results{Least: 1}
	for _, name := range CountParams {
		if a.isOld(name) || !a.counts(name) { // an old name is counted with its new one
			continue
		}
		least, most := a.span(name, func(p Param) (float64, float64) {
			if p.Name == "" {
				return float64(unasked.Least), float64(unasked.Most)
			}
			return p.bounds() // nobody says what it is without
		})
		if least < 1 || most > maxUnits || least != math.Trunc(least) || most != math.Trunc(most) {
			return quantity{}, fmt.Errorf("%s is no known number of images, so a price per image says nothing", name)
		}
		asked.Most = max(asked.Most, int(most))
		if name != "max_images" {
			asked.Least = max(asked.Least, int(least))
		}
		if !a.knows(name) { // and the model may not heed it
			asked.Most = max(asked.Most, unasked.Most)
		}
	}
	if asked.Most == 0 {
		asked = unasked
	}
	return units("image", asked), nil
}

// counts reports whether a parameter says how many files there are: the input has
// it, or the model has it in the input's case.
func (a arguments) counts(name string) bool {
	given := a.isHidden(name) && (a.model == nil || !a.anything) || len(a.allSent(name)) > 0
	return given || len(a.possible(name)) > 0
}

// knows reports whether the model has a parameter, in any case.
func (a arguments) knows(name string) bool {
	return len(a.rowsOf(name)) > 0
}
