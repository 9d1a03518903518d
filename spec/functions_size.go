package spec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// A few functions can make much of little: replace("…", "", file("large.txt")),
// indent(1000000000, …). What they would make is reckoned up first.

// maxResult bounds the result of a function: texts in bytes, collections in
// elements that count for nodeBytes each.
const maxResult = maxValueNodes * nodeBytes

// sizes tell, by function, at least how large the result would be, or an upper
// bound if that is cheaper. The arguments are known, not null and have no marks.
var sizes = map[string]func(args []cty.Value) int{
	"concat":     func(args []cty.Value) int { return elementBytes(lengthsOf(args)...) },
	"flatten":    func(args []cty.Value) int { return nodesOf(args[0]) },
	"format":     func(args []cty.Value) int { return formatSize(args, 1) },
	"formatlist": func(args []cty.Value) int { return formatSize(args, longest(args[1:])) },
	"indent":     func(args []cty.Value) int { return indentSize(args) },
	"join":       func(args []cty.Value) int { return joinSize(args) },
	"regexall":   func(args []cty.Value) int { return regexallSize(args) },
	"replace":    func(args []cty.Value) int { return replaceSize(args) },
	"setproduct": func(args []cty.Value) int { return setproductSize(args) },
	"split": func(args []cty.Value) int {
		return elementBytes(strings.Count(textArgument(args[1]), textArgument(args[0])) + 1)
	},
}

// sized makes a function refuse a result that would be too large.
func sized(name string, f function.Function) function.Function {
	size, ok := sizes[name]
	if !ok {
		return f
	}
	spec := function.Spec{
		Description: f.Description(),
		Type:        f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			plain := make([]cty.Value, len(args))
			for n, arg := range args {
				plain[n], _ = arg.Unmark()
				if !plain[n].IsKnown() || plain[n].IsNull() {
					return f.Call(args)
				}
			}
			if size(plain) > maxResult {
				return cty.NilVal, fmt.Errorf("the result would be larger than %d MiB, or have more than %d elements", maxResult>>20, maxValueNodes)
			}
			return f.Call(args)
		},
	}
	for _, p := range f.Params() {
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		spec.Params = append(spec.Params, p)
	}
	if p := f.VarParam(); p != nil {
		p := *p
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		spec.VarParam = &p
	}
	return function.New(&spec)
}

// product multiplies without running over: what is beyond maxResult is all one.
func product(factors ...int) int {
	result := 1
	for _, n := range factors {
		if n != 0 && result > (maxResult+1)/n {
			return maxResult + 1
		}
		result *= n
	}
	return result
}

func elementBytes(counts ...int) int {
	total := 0
	for _, n := range counts {
		total += product(n, nodeBytes)
	}
	return total
}

func nodesOf(v cty.Value) int {
	left := maxValueNodes
	if !countNodes(v, &left) {
		return maxResult + 1
	}
	return elementBytes(maxValueNodes - left)
}

// textArgument is the text of an argument, "" if it is none.
func textArgument(v cty.Value) string {
	v, _ = v.Unmark()
	if v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
		return ""
	}
	return v.AsString()
}

func lengthsOf(args []cty.Value) []int {
	lengths := make([]int, 0, len(args))
	for _, arg := range args {
		if isSequence(arg.Type()) {
			lengths = append(lengths, arg.LengthInt())
		}
	}
	return lengths
}

func longest(args []cty.Value) int {
	most := 1
	for _, n := range lengthsOf(args) {
		most = max(most, n)
	}
	return most
}

// wideVerb is a verb of format with a width or precision of more than four
// digits.
var wideVerb = regexp.MustCompile(`%[^%a-zA-Z]*[0-9]{5}`)

// formatSize takes each verb for the longest argument.
func formatSize(args []cty.Value, times int) int {
	format := textArgument(args[0])
	if wideVerb.MatchString(format) {
		return maxResult + 1
	}
	text := 0
	for _, arg := range args[1:] {
		text = max(text, len(textArgument(arg)))
	}
	return product(times, len(format)+product(strings.Count(format, "%"), text))
}

func indentSize(args []cty.Value) int {
	spaces, _ := args[0].AsBigFloat().Int64()
	text := textArgument(args[1])
	lines := max(1, strings.Count(text, "\n")) // the spaces are made even if no line takes them
	return len(text) + product(int(max(0, min(spaces, maxResult+1))), lines)
}

func joinSize(args []cty.Value) int {
	total, separator := 0, len(textArgument(args[0]))
	for _, list := range args[1:] {
		total += product(list.LengthInt(), separator)
		for it := list.ElementIterator(); it.Next() && total <= maxResult; {
			_, element := it.Element()
			total += len(textArgument(element))
		}
	}
	return total
}

func regexallSize(args []cty.Value) int {
	pattern, err := regexp.Compile(textArgument(args[0]))
	if err != nil || searchesLong(patternFirst(args)) {
		return 0 // the function says what is wrong with it
	}
	matches := len(pattern.FindAllStringIndex(textArgument(args[1]), maxValueNodes+1))
	return elementBytes(product(matches, max(1, pattern.NumSubexp())))
}

// replaceSize takes each reference to a group of a regular expression for the
// whole text.
func replaceSize(args []cty.Value) int {
	text, old, replacement := textArgument(args[0]), textArgument(args[1]), textArgument(args[2])
	expr, _ := replaced(args)
	if expr == "" {
		return len(text) + product(strings.Count(text, old), len(replacement))
	}
	pattern, err := regexp.Compile(expr)
	if err != nil || searchesLong(expr, text) {
		return 0 // the function says what is wrong with it
	}
	matches := len(pattern.FindAllStringIndex(text, maxResult/64))
	groups := strings.Count(replacement, "$")
	return len(text) + product(matches, len(replacement)) + product(groups, len(text))
}

func setproductSize(args []cty.Value) int {
	return product(append(lengthsOf(args), len(args), nodeBytes)...)
}
