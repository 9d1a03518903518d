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
	// tracksPerTask is what a suno task makes (API document, section 4).
	tracksPerTask = 2
)

func (a arguments) quantity(per string) (quantity, error) {
	switch per {
	case "task", "video":
		return quantity{whole, whole, "per " + per}, nil
	case "song":
		return quantity{tracksPerTask * whole, tracksPerTask * whole, "per song, 2 songs a task"}, nil
	case "image":
		return a.images()
	case "second":
		return a.seconds()
	default:
		return quantity{}, fmt.Errorf("the price is per %q, which is none of task, image, video, song and second", per)
	}
}

// images counts by the names in use: num_images, n and the older nVariants are
// exact; max_images is an upper bound, of which fewer may come and be billed
// (API document, section 4).
func (a arguments) images() (quantity, error) {
	low, high := int64(1), int64(1)
	for _, name := range []string{"num_images", "n", "nVariants", "max_images"} {
		if a.isOld(name) { // counted by its new name
			continue
		}
		least, most := a.span(name, 1)
		if least < 1 || most > maxUnits || least != math.Trunc(least) || most != math.Trunc(most) {
			return quantity{}, fmt.Errorf("%s is no known number of images, so a price per image says nothing", name)
		}
		high = max(high, int64(most))
		if name != "max_images" {
			low = max(low, int64(least))
		}
	}
	words := "per image"
	switch {
	case low < high && low == 1:
		words += fmt.Sprintf(", up to %d images", high)
	case low < high:
		words += fmt.Sprintf(", %d to %d images", low, high)
	case high > 1:
		words += fmt.Sprintf(", %d images", high)
	}
	return quantity{low * whole, high * whole, words}, nil
}

func (a arguments) seconds() (quantity, error) {
	lacking := math.Inf(-1)
	least, most := a.span("duration", lacking)
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
// where there is neither a value nor a default.
func (a arguments) span(name string, lacking float64) (least, most float64) {
	given := a.allSent(name)
	open := a.isHidden(name)
	switch {
	case !open && len(given) == 0:
		return a.defaults(name, lacking)
	case a.anything && a.model != nil && len(a.possible(name)) == 0:
		return lacking, lacking
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
func (a arguments) defaults(name string, lacking float64) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	rows := a.possible(name)
	for _, p := range rows {
		n, ok := number(p.Default)
		if !ok {
			n = lacking
		}
		least, most = min(least, n), max(most, n)
	}
	if len(rows) == 0 || a.excludes(name) {
		least, most = min(least, lacking), max(most, lacking)
	}
	return least, most
}

// bounds are those that the catalog has for a parameter in any case.
func (a arguments) bounds(name string) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, p := range a.possible(name) {
		low, high, bounded := p.bounds()
		if !bounded {
			return notCounted, notCounted
		}
		least, most = min(least, low), max(most, high)
	}
	if least > most {
		return notCounted, notCounted
	}
	return least, most
}

// bounds of a number: those of its list, or its least and greatest value.
func (p Param) bounds() (least, most float64, ok bool) {
	if len(p.Enum) == 0 {
		if p.Min == nil || p.Max == nil {
			return 0, 0, false
		}
		return *p.Min, *p.Max, true
	}
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range p.Enum {
		n, isNumber := number(v)
		if !isNumber {
			return 0, 0, false
		}
		least, most = min(least, n), max(most, n)
	}
	return least, most, true
}
