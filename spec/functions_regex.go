package spec

import (
	"fmt"
	"regexp/syntax"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxRegexWork bounds a search: the instructions of the compiled expression times
// the bytes of the text. At worst each is looked at for each; a second is some 1e8.
const maxRegexWork = 500_000_000

// boundedRegex makes a function of a pattern and a text refuse what would take long.
func boundedRegex(f function.Function) function.Function {
	params := slices.Clone(f.Params())
	for n := range params {
		params[n].AllowUnknown, params[n].AllowMarked, params[n].AllowDynamicType, params[n].AllowNull = true, true, true, true
	}
	return function.New(&function.Spec{
		Params: params,
		Type:   f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if n := instructions(textArgument(args[0])); n > maxRegexWork/(len(textArgument(args[1]))+1) {
				return cty.NilVal, fmt.Errorf("the search would take too long: the pattern makes %d steps for each byte of the text; shorten the text, or the repetitions such as {1000}", n)
			}
			return f.Call(args)
		},
	})
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
