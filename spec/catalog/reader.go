package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// reader turns nodes into Go values and keeps the first thing that is wrong.
type reader struct {
	err  error
	kept *Catalog // whose names stay what they are; nil for none
}

// fields are what an object may hold, with what reads each.
type fields map[string]func(*node)

func (r *reader) fail(n *node, format string, args ...any) {
	if r.err == nil {
		r.err = n.wrong(format, args...)
	}
}

func (r *reader) check(n *node, ok bool, format string, args ...any) {
	if !ok {
		r.fail(n, format, args...)
	}
}

func (r *reader) object(n *node, known fields, required ...string) {
	members, ok := n.value.([]member)
	r.check(n, ok, "it is %s, and must be an object", n.show())
	for _, m := range members {
		read, ok := known[m.name]
		if !ok {
			hint := ""
			if near := nearestTo(m.name, sortedKeys(known)); near != "" {
				hint = fmt.Sprintf(" Did you mean %q?", near)
			}
			r.fail(m.node, "there is no field %s here.%s", show(m.name), hint)
			return
		}
		read(m.node)
	}
	for _, name := range required {
		r.check(n, n.member(name) != nil, "%q is missing", name)
	}
}

func (r *reader) list(most int, read func(*node)) func(*node) {
	return func(n *node) {
		elements, ok := n.value.([]*node)
		r.check(n, ok, "it is %s, and must be a list", n.show())
		r.check(n, len(elements) <= most, "it has %d elements, and may have %d", len(elements), most)
		for _, element := range elements {
			if r.err == nil {
				read(element)
			}
		}
	}
}

// maxText bounds notes and other words, in bytes.
const maxText = 10_000

func (r *reader) text(into *string) func(*node) {
	return func(n *node) {
		text, ok := n.value.(string)
		r.check(n, ok, "it is %s, and must be a text", n.show())
		r.check(n, len(text) <= maxText && utf8.ValidString(text), "the text is longer than %d bytes, or not UTF-8", maxText)
		*into = text
	}
}

// name reads what stands in URLs and messages.
func (r *reader) name(into *string) func(*node) {
	return func(n *node) {
		r.text(into)(n)
		plain := func(c rune) bool { return c > ' ' && c < 0x7f && c != '"' && c != '/' && c != '\\' }
		ok := *into != "" && len(*into) <= 100 && strings.IndexFunc(*into, func(c rune) bool { return !plain(c) }) < 0
		r.check(n, ok, "%s is no name: at most 100 letters, digits, - and the like", n.show())
	}
}

func (r *reader) texts(into *[]string) func(*node) {
	return r.list(maxRows, func(n *node) {
		var text string
		r.text(&text)(n)
		r.check(n, text != "", "it is empty")
		*into = append(*into, text)
	})
}

func (r *reader) oneOf(into *string, choices ...string) func(*node) {
	return func(n *node) {
		text, _ := n.value.(string)
		r.check(n, slices.Contains(choices, text), "it is %s, and must be one of %s", n.show(), strings.Join(choices, ", "))
		*into = text
	}
}

func (r *reader) boolean(into *bool) func(*node) {
	return func(n *node) {
		value, ok := n.value.(bool)
		r.check(n, ok, "it is %s, and must be true or false", n.show())
		*into = value
	}
}

func (r *reader) scalar(into *any) func(*node) {
	return func(n *node) {
		value, ok := n.plain()
		r.check(n, ok, "it is %s, and must be a text, a number, true or false", n.show())
		*into = value
	}
}

func (r *reader) values(into *map[string]any) func(*node) {
	return func(n *node) {
		members, ok := n.value.([]member)
		r.check(n, ok && len(members) <= maxRows, "it is %s, and must be an object of values", n.show())
		for _, m := range members {
			if *into == nil {
				*into = make(map[string]any)
			}
			var value any
			r.scalar(&value)(m.node)
			(*into)[m.name] = value
		}
	}
}

func (r *reader) float(into **float64) func(*node) {
	return func(n *node) {
		value, _ := n.plain()
		f, ok := value.(float64)
		r.check(n, ok, "it is %s, and must be a number", n.show())
		*into = &f
	}
}

const maxCount = 10_000_000

func (r *reader) count(into *int, least int) func(*node) {
	return func(n *node) {
		number, _ := n.value.(json.Number)
		value, err := strconv.Atoi(number.String())
		r.check(n, err == nil && value >= least && value <= maxCount, "it is %s, and must be a whole number from %d to %d", n.show(), least, maxCount)
		*into = value
	}
}

// micros reads dollars as micro-dollars, without rounding.
func (r *reader) micros(into *int64) func(*node) {
	return func(n *node) {
		number, _ := n.value.(json.Number)
		text := number.String()
		amount := new(big.Rat)
		ok := len(text) <= 30 && !strings.ContainsAny(text, "eE")
		if ok {
			_, ok = amount.SetString(text)
		}
		if !ok {
			r.fail(n, "it is %s, and must be a number of US dollars such as 0.08", n.show())
			return
		}
		amount.Mul(amount, big.NewRat(1_000_000, 1))
		inRange := amount.IsInt() && amount.Num().IsInt64() && amount.Sign() >= 0 && amount.Num().Int64() <= maxPriceMicros
		r.check(n, inRange, "the price %s is below zero, too large, or has more than six decimals", text)
		if inRange {
			*into = amount.Num().Int64()
		}
	}
}

const maxDuration = 24 * time.Hour

func (r *reader) duration(into *time.Duration) func(*node) {
	return func(n *node) {
		text, _ := n.value.(string)
		d, err := time.ParseDuration(text)
		r.check(n, err == nil && d > 0 && d <= maxDuration, `it is %s, and must be a duration above zero and up to 24h, such as "90s"`, n.show())
		*into = d
	}
}

// month reads when the facts were read.
func (r *reader) month(into *string) func(*node) {
	return func(n *node) {
		text, _ := n.value.(string)
		_, month := time.Parse("2006-01", text)
		_, day := time.Parse(time.DateOnly, text)
		r.check(n, month == nil || day == nil, `it is %s, and must be a month or a day, such as "2026-11"`, n.show())
		*into = text
	}
}

// member is the node of a name; nil if there is none.
func (n *node) member(name string) *node {
	members, _ := n.value.([]member)
	for _, m := range members {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// element is the node of an index that is known to be there.
func (n *node) element(i int) *node { return n.value.([]*node)[i] }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
