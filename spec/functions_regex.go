package spec

import (
	"cmp"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxRegexWork bounds a search: the instructions of the compiled expression times
// the bytes of the text. At worst each is looked at for each; a second is some 1e8.
const maxRegexWork = 500_000_000

// boundedRegex makes a function refuse to search what would take long. search gives
// the pattern and the text of its arguments.
func boundedRegex(f function.Function, search func(args []cty.Value) (pattern, text string)) function.Function {
	params := slices.Clone(f.Params())
	for n := range params {
		params[n].AllowUnknown, params[n].AllowMarked, params[n].AllowDynamicType, params[n].AllowNull = true, true, true, true
	}
	return function.New(&function.Spec{
		Params: params,
		Type:   f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if pattern, text := search(args); searchesLong(pattern, text) {
				return cty.NilVal, fmt.Errorf("the search would take too long: the pattern makes %d steps for each byte of the text; shorten the text, or the repetitions such as {1000}", instructions(pattern))
			}
			return f.Call(args)
		},
	})
}

// patternFirst is the search of regex and regexall.
func patternFirst(args []cty.Value) (pattern, text string) {
	return textArgument(args[0]), textArgument(args[1])
}

// replaced is the search of replace, whose pattern stands between slashes; "" where
// it is a plain text.
func replaced(args []cty.Value) (pattern, text string) {
	text, old := textArgument(args[0]), textArgument(args[1])
	if len(old) < 2 || !strings.HasPrefix(old, "/") || !strings.HasSuffix(old, "/") {
		return "", text
	}
	return cmp.Or(old[1:len(old)-1], "(?:)"), text
}

func searchesLong(pattern, text string) bool {
	return instructions(pattern) > maxRegexWork/(len(text)+1)
}

// instructions is the length of the program that a pattern compiles to; 0 for one
// that does not compile, which the function reports.
func instructions(pattern string) int {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}
