package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// Numbers far from 1, such as 1e9999999, take minutes to be written in digits,
// and so do texts with very many digits to be read. They are refused where they
// come up: as literals, as results of arithmetic, where a text becomes a number,
// and in what is decoded. So no expression meets one.

// maxNumberText bounds a number as text, in bytes.
const maxNumberText = 4096

var (
	errFar  = errors.New("the number is out of range; numbers from 1e-19000 to 1e19000 are understood")
	errLong = fmt.Errorf("the number has more than %d digits", maxNumberText)
)

// near refuses a value that is, or holds, a number out of range.
func near(v cty.Value) error {
	if !holdsNumbers(v.Type()) {
		return nil
	}
	v, _ = v.Unmark()
	switch {
	case v.IsNull() || !v.IsKnown():
		return nil
	case v.Type() == cty.Number:
		if f := v.AsBigFloat(); f.IsInf() || isFar(f) {
			return errFar
		}
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, element := it.Element(); near(element) != nil {
			return errFar
		}
	}
	return nil
}

// holdsNumbers reports whether a value of the type can be or hold a number.
func holdsNumbers(t cty.Type) bool {
	switch {
	case t == cty.Number || t == cty.DynamicPseudoType:
		return true
	case t.IsCollectionType():
		return holdsNumbers(t.ElementType())
	case t.IsTupleType():
		for _, element := range t.TupleElementTypes() {
			if holdsNumbers(element) {
				return true
			}
		}
	case t.IsObjectType():
		for _, attribute := range t.AttributeTypes() {
			if holdsNumbers(attribute) {
				return true
			}
		}
	}
	return false
}

// namesNumbers is holdsNumbers without what a type leaves open: nothing becomes a
// number for it.
func namesNumbers(t cty.Type) bool {
	return t != cty.DynamicPseudoType && holdsNumbers(t) && !leavesOpen(t)
}

func leavesOpen(t cty.Type) bool {
	return t.IsCollectionType() && t.ElementType() == cty.DynamicPseudoType
}

// converted is convert.Convert that refuses numbers out of range, on either side,
// and makes collections in time.
func converted(v cty.Value, to cty.Type) (cty.Value, error) {
	if isKindOf(v.Type(), to) {
		return v, nil // nothing is made of it
	}
	if err := near(v); err != nil {
		return cty.NilVal, err
	}
	if namesNumbers(to) && !fitNumbers(v) {
		return cty.NilVal, errLong
	}
	v, err := alike(v, to)
	if err != nil {
		return cty.NilVal, err
	}
	result := v
	if !isKindOf(v.Type(), to) {
		result, err = convert.Convert(v, to)
	}
	if err == nil && namesNumbers(to) {
		err = near(result)
	}
	return result, err
}

// fitNumbers reports whether no text in the value is digits only and too long
// for a number.
func fitNumbers(v cty.Value) bool {
	v, _ = v.Unmark()
	switch {
	case v.IsNull() || !v.IsKnown():
	case v.Type() == cty.String:
		return len(v.AsString()) <= maxNumberText || !mayBeNumber(v.AsString())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			if _, element := it.Element(); !fitNumbers(element) {
				return false
			}
		}
	}
	return true
}

func mayBeNumber(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789.+-eE_pPxX", r) }) < 0
}

// longestDigits is the length of the longest run of digits.
func longestDigits(text []byte) int {
	longest, run := 0, 0
	for _, b := range text {
		if b >= '0' && b <= '9' || b == '.' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// checkDigits refuses number literals that take long to parse.
func checkDigits(text []byte, path string, start hcl.Pos, lex lexer) hcl.Diagnostics {
	if longestDigits(text) <= maxNumberText {
		return nil
	}
	tokens, _ := lex(text, path, start)
	for _, token := range tokens {
		if token.Type == hclsyntax.TokenNumberLit && len(token.Bytes) > maxNumberText {
			return hcl.Diagnostics{outOfRange(token.Range, errLong)}
		}
	}
	return nil
}

const outOfRangeSummary = "Number out of range"

func outOfRange(where hcl.Range, err error) *hcl.Diagnostic {
	return failf(where, outOfRangeSummary, "%v.", upperFirst(err.Error()))
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// bound makes arithmetic refuse results out of range, reports literals that are,
// has the steps of evaluation counted and marks kept. It changes the expressions in place.
func bound(node hclsyntax.Node) hcl.Diagnostics {
	return hclsyntax.VisitAll(node, func(node hclsyntax.Node) hcl.Diagnostics {
		count(node)
		switch n := node.(type) {
		case *hclsyntax.LiteralValueExpr:
			if err := near(n.Val); err != nil {
				return hcl.Diagnostics{outOfRange(n.SrcRange, err)}
			}
		case *hclsyntax.ScopeTraversalExpr:
			return boundSteps(n.Traversal)
		case *hclsyntax.RelativeTraversalExpr:
			return boundSteps(n.Traversal)
		case *hclsyntax.IndexExpr:
			markIndex(n)
		case *hclsyntax.BinaryOpExpr:
			if op, ok := boundOperations[n.Op]; ok {
				n.Op = op
			}
		case *hclsyntax.UnaryOpExpr:
			if op, ok := boundOperations[n.Op]; ok {
				n.Op = op
			}
		}
		return nil
	})
}

func boundSteps(traversal hcl.Traversal) hcl.Diagnostics {
	for _, step := range traversal {
		if index, ok := step.(hcl.TraverseIndex); ok {
			if err := near(index.Key); err != nil {
				return hcl.Diagnostics{outOfRange(index.SrcRange, err)}
			}
		}
	}
	return nil
}

// boundOperations are those of the language on numbers, with bounds.
var boundOperations = map[*hclsyntax.Operation]*hclsyntax.Operation{
	hclsyntax.OpAdd:                boundOperation(hclsyntax.OpAdd),
	hclsyntax.OpSubtract:           boundOperation(hclsyntax.OpSubtract),
	hclsyntax.OpMultiply:           boundOperation(hclsyntax.OpMultiply),
	hclsyntax.OpDivide:             boundOperation(hclsyntax.OpDivide),
	hclsyntax.OpModulo:             boundOperation(hclsyntax.OpModulo),
	hclsyntax.OpNegate:             boundOperation(hclsyntax.OpNegate),
	hclsyntax.OpGreaterThan:        boundOperation(hclsyntax.OpGreaterThan),
	hclsyntax.OpGreaterThanOrEqual: boundOperation(hclsyntax.OpGreaterThanOrEqual),
	hclsyntax.OpLessThan:           boundOperation(hclsyntax.OpLessThan),
	hclsyntax.OpLessThanOrEqual:    boundOperation(hclsyntax.OpLessThanOrEqual),
}

func boundOperation(op *hclsyntax.Operation) *hclsyntax.Operation {
	spec := function.Spec{
		Type: function.StaticReturnType(op.Type),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			numbers := make([]cty.Value, len(args))
			for n, arg := range args {
				number, err := converted(arg, cty.Number)
				if err != nil {
					return cty.NilVal, fmt.Errorf("unsuitable value for the %s operand: %w", side(n, len(args)), err)
				}
				numbers[n] = number
			}
			result, err := op.Impl.Call(numbers)
			if err == nil && !dividedByZero(result) { // which the input, or whoever takes it, names as such
				err = near(result)
			}
			return result, err
		},
	}
	for _, p := range op.Impl.Params() {
		p.Type = cty.DynamicPseudoType // texts are converted above
		spec.Params = append(spec.Params, permissive(p))
	}
	return &hclsyntax.Operation{Impl: function.New(&spec), Type: op.Type}
}

func dividedByZero(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.Type() == cty.Number && v.IsKnown() && !v.IsNull() && v.AsBigFloat().IsInf()
}

func side(n, of int) string {
	switch {
	case of == 1:
		return "only"
	case n == 0:
		return "left"
	default:
		return "right"
	}
}
