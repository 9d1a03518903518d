package catalog

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// quantity is how many units a task is billed for, in thousandths of the unit,
// so that fractions of a second stay whole numbers.
type quantity struct {
	low, high int64
	words     string // "per image, 4 images"
}

const (
	whole = 1000
	// maxUnits bounds what an input may ask for: a day of video, or as many files.
	maxUnits = 86_400
)

func (a arguments) quantity(per string) (quantity, error) {
	switch per {
	case "task":
		return quantity{whole, whole, "per task"}, nil
	case "image", "video", "song":
		return a.files(per)
	case "second":
		return a.seconds()
	default:
		return quantity{}, fmt.Errorf("the price is per %q, which is none of task, image, video, song and second", per)
	}
}

func (a arguments) seconds() (quantity, error) {
	if len(a.params()) > 0 && !a.knows("duration") && len(a.allSent("duration")) > 0 {
		return quantity{}, fmt.Errorf("the price is per second and %s has no duration, as far as the catalog knows, so the input's says nothing", a.model.ID)
	}
	lacking := math.Inf(-1)
	least, most := a.span("duration", func(Param) (float64, float64) { return lacking, lacking })
	if least == lacking {
		return quantity{}, errors.New("the price is per second and the input has no duration")
	}
	if least <= 0 || most > maxUnits {
		return quantity{}, errors.New("the price is per second and duration is no known number of seconds")
	}
	words := "per second, " + seconds(least)
	if least < most {
		words += " to " + seconds(most)
	}
	return quantity{thousandths(least), thousandths(most), words + " seconds"}, nil
}

func seconds(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// thousandths rounds up; 5.1 * 1000 is a little over 5100 in binary.
func thousandths(n float64) int64 { return int64(math.Ceil(n*whole - 1e-6)) }

// notCounted stands for a number of units that nobody can tell.
const notCounted = -1

// span is what a number of the input lies between: twice the number itself,
// unless it is not known yet, is given twice, or is not one that the catalog
// lists, which may be read as any that it does. lacking is what it counts as
// where there is neither a value nor a default, by the parameter's row, or by the
// zero Param if there is none.
func (a arguments) span(name string, lacking func(Param) (float64, float64)) (least, most float64) {
	given := a.allSent(name)
	open := a.isHidden(name)
	switch {
	case !open && len(given) == 0:
		return a.defaults(name, lacking)
	case a.anything && a.model != nil && len(a.possible(name)) == 0:
		return lacking(Param{})
	case a.excludes(name):
		return notCounted, notCounted // as a video that is as long as the one it edits
	}
	least, most = math.Inf(1), math.Inf(-1)
	if a.anything {
		least, most = a.defaults(name, lacking)
	}
	for _, value := range given {
		n, isNumber := number(value)
		if !isNumber {
			return notCounted, notCounted
		}
		least, most = min(least, n), max(most, n)
		open = open || !a.lists(name, value)
	}
	if open {
		low, high := a.bounds(name)
		least, most = min(least, low), max(most, high)
	}
	return least, most
}

// defaults are what a number that the input lacks lies between.
func (a arguments) defaults(name string, lacking func(Param) (float64, float64)) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	rows := a.possible(name)
	for _, p := range rows {
		low, high := lacking(p)
		if n, ok := number(p.Default); ok {
			low, high = n, n
		}
		least, most = min(least, low), max(most, high)
	}
	if len(rows) == 0 || a.excludes(name) {
		low, high := lacking(Param{})
		least, most = min(least, low), max(most, high)
	}
	return least, most
}

// bounds are those that the catalog has for a parameter in any case.
func (a arguments) bounds(name string) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, p := range a.possible(name) {
		low, high := p.bounds()
		if low == notCounted {
			return low, high
		}
		least, most = min(least, low), max(most, high)
	}
	if least > most {
		return notCounted, notCounted
	}
	return least, most
}

// bounds of a number: those of its list, or its least and greatest value;
// notCounted if it has none.
func (p Param) bounds() (least, most float64) {
	if len(p.Enum) == 0 {
		if p.Min == nil || p.Max == nil {
			return notCounted, notCounted
		}
		return *p.Min, *p.Max
	}
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range p.Enum {
		n, isNumber := number(v)
		if !isNumber {
			return notCounted, notCounted
		}
		least, most = min(least, n), max(most, n)
	}
	return least, most
}
