package catalog

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Estimate is what a task will cost, as far as its input and the prices tell,
// in micro-dollars. Low and High differ where a price is a range, where sources
// contradict each other, and where the API may return fewer files than asked.
type Estimate struct {
	LowMicros, HighMicros int64
	Known                 bool // false: no price fits, and the amounts are 0
	// Basis says in words what the amounts rest on, or why there are none.
	Basis string
}

// Estimate prices one task by the catalog's own rows. A parameter that the input
// lacks counts with its default, so an input that is only partly known may be
// priced too low or too high.
func (m *Model) Estimate(input map[string]json.RawMessage) Estimate {
	return m.EstimateAt(m.Prices, input)
}

// EstimatePrice prices one task by the given rows, without a model's defaults.
func EstimatePrice(prices []Price, input map[string]json.RawMessage) Estimate {
	return (*Model)(nil).EstimateAt(prices, input)
}

// EstimateAt prices one task by the given rows, such as a user's own, in place
// of the catalog's. Where several rows fit, Low is the least and High the
// greatest of them. A nil model has no defaults.
func (m *Model) EstimateAt(prices []Price, input map[string]json.RawMessage) Estimate {
	args := arguments{m, input}
	estimate := Estimate{Basis: "no price is known for this model and input"}
	for _, price := range prices {
		if !args.match(price.When) {
			continue
		}
		quantity, err := args.quantity(price.Per)
		if err != nil {
			return Estimate{Basis: err.Error()}
		}
		one, ok := quantity.at(price)
		if !ok {
			return Estimate{Basis: "the price is out of range"}
		}
		estimate = estimate.or(one)
	}
	return estimate
}

// or widens the estimate by another that holds as well.
func (e Estimate) or(other Estimate) Estimate {
	if !e.Known {
		return other
	}
	if other.Basis != e.Basis {
		e.Basis += "; " + other.Basis
	}
	e.LowMicros = min(e.LowMicros, other.LowMicros)
	e.HighMicros = max(e.HighMicros, other.HighMicros)
	return e
}

// quantity is how many units a task is billed for, in thousandths of the unit,
// so that fractions of a second stay whole numbers.
type quantity struct {
	low, high int64
	words     string // "per image, 4 images"
}

// maxUnits bounds what an input may ask for: a day of video, or as many files.
// It keeps the products far from overflow.
const maxUnits = 86_400

const (
	whole          = 1000
	maxPriceMicros = math.MaxInt64 / (maxUnits * whole * 2)
)

func (q quantity) at(price Price) (Estimate, bool) {
	if price.LowMicros < 0 || price.HighMicros < price.LowMicros || price.HighMicros > maxPriceMicros {
		return Estimate{}, false
	}
	basis := q.words
	if price.Source != "" {
		basis += " (" + price.Source + ")"
	}
	return Estimate{
		LowMicros:  price.LowMicros * q.low / whole,
		HighMicros: (price.HighMicros*q.high + whole - 1) / whole,
		Known:      true,
		Basis:      basis,
	}, true
}

// tracksPerTask is what a suno task makes (API document, section 4).
const tracksPerTask = 2

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

// images counts by the names in use: num_images and the older nVariants are
// exact; max_images is an upper bound, of which fewer may come and be billed
// (API document, section 4).
func (a arguments) images() (quantity, error) {
	low, high := int64(1), int64(1)
	for _, name := range []string{"num_images", "nVariants", "max_images"} {
		value, ok := a.value(name)
		if !ok {
			continue
		}
		n, ok := number(value)
		if !ok || n < 1 || n > maxUnits || n != math.Trunc(n) {
			return quantity{}, fmt.Errorf("%s is no number of images, so a price per image says nothing", name)
		}
		high = max(high, int64(n))
		if name != "max_images" {
			low = max(low, int64(n))
		}
	}
	words := "per image"
	switch {
	case low < high:
		words += fmt.Sprintf(", up to %d images", high)
	case high > 1:
		words += fmt.Sprintf(", %d images", high)
	}
	return quantity{low * whole, high * whole, words}, nil
}

func (a arguments) seconds() (quantity, error) {
	value, ok := a.value("duration")
	if !ok {
		return quantity{}, fmt.Errorf("the price is per second and the input has no duration")
	}
	n, ok := number(value)
	if !ok || n <= 0 || n > maxUnits {
		return quantity{}, fmt.Errorf("the price is per second and duration is no number of seconds")
	}
	thousandths := int64(math.Ceil(n*whole - 1e-6)) // 5.1 * 1000 is a little over 5100 in binary
	return quantity{thousandths, thousandths, "per second, " + strconv.FormatFloat(n, 'f', -1, 64) + " seconds"}, nil
}
