package spec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// setFunctions have cty's results. To go through one of cty's sets is to sort it,
// which its own functions do a dozen times; these go through each argument once, and
// make no sets of lists before they have the result.
func setFunctions() map[string]function.Function {
	return map[string]function.Function{
		"setintersection": setFunction(stdlib.SetIntersectionFunc, inAll),
		"setproduct":      setproductFunction(),
		"setsubtract":     setFunction(stdlib.SetSubtractFunc, inFirstOnly),
		"setunion":        setFunction(stdlib.SetUnionFunc, func(sets [][]cty.Value) []cty.Value { return slices.Concat(sets...) }),
	}
}

// setFunction does what plain does, by combine, where the elements of all arguments
// are known and of one type.
func setFunction(plain function.Function, combine func(sets [][]cty.Value) []cty.Value) function.Function {
	spec := function.Spec{
		Description: plain.Description(),
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			sets, element, marks := elementsOfSets(args)
			if element == cty.NilType {
				return callOnSets(plain, args)
			}
			list := combine(sets)
			if len(list) == 0 {
				return cty.SetValEmpty(element).WithMarks(marks...), nil
			}
			set, err := newSet(list)
			return set.WithMarks(marks...), err
		},
	}
	for _, p := range plain.Params() {
		p.Type = cty.DynamicPseudoType
		spec.Params = append(spec.Params, permissive(p))
	}
	if p := plain.VarParam(); p != nil {
		p := *p
		p.Type = cty.DynamicPseudoType
		p = permissive(p)
		spec.VarParam = &p
	}
	return function.New(&spec)
}

// setproductFunction is cty's: of lists it makes a list, of sets alone a set.
func setproductFunction() function.Function {
	plain := stdlib.SetProductFunc
	spec := function.Spec{
		Description: plain.Description(),
		Type:        plain.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			sets := true
			for _, arg := range args {
				sets = sets && arg.Type().IsSetType()
			}
			if sets && product(lengthsOf(args)...) > maxDeepSet {
				return cty.NilVal, errDeepSet
			}
			return plain.Call(args)
		},
	}
	for _, p := range plain.Params() {
		spec.Params = append(spec.Params, permissive(p))
	}
	if p := plain.VarParam(); p != nil {
		p := permissive(*p)
		spec.VarParam = &p
	}
	return function.New(&spec)
}

// callOnSets leaves it to cty what to make of arguments.
func callOnSets(plain function.Function, args []cty.Value) (cty.Value, error) {
	sets := make([]cty.Value, len(args))
	for n, arg := range args {
		to := parameterOf(plain, n).Type
		set, err := converted(arg, to)
		if err != nil {
			return cty.NilVal, function.NewArgError(n, err)
		}
		sets[n] = set
	}
	return plain.Call(sets)
}

// elementsOfSets are the elements of each argument, of the type that they have
// together; NilType if something is not known, or if there is no such type.
func elementsOfSets(args []cty.Value) (sets [][]cty.Value, element cty.Type, marks []cty.ValueMarks) {
	var types []cty.Type
	for _, arg := range args {
		plain, argMarks := unmarkElements(arg)
		if !plain.IsKnown() || plain.IsNull() || !isSequence(plain.Type()) {
			return nil, cty.NilType, nil
		}
		elements := plain.AsValueSlice()
		t, ok := elementType(plain.Type(), len(elements))
		if !ok || !allKnown(elements) {
			return nil, cty.NilType, nil
		}
		if t != cty.DynamicPseudoType {
			types = append(types, t)
		}
		sets, marks = append(sets, elements), append(marks, argMarks)
	}
	common, ok := cty.DynamicPseudoType, true // of nothing but empty lists
	if len(types) > 0 {
		common, ok = unified(types)
	}
	if !ok {
		return nil, cty.NilType, nil
	}
	for _, elements := range sets {
		if !convertAll(elements, common) {
			return nil, cty.NilType, nil
		}
	}
	return sets, common, marks
}

// elementType is the type of a sequence's n elements; DynamicPseudoType if there are
// none that tell.
func elementType(t cty.Type, n int) (element cty.Type, ok bool) {
	switch {
	case !t.IsTupleType():
		return t.ElementType(), n == 0 || !t.ElementType().HasDynamicTypes()
	case n == 0:
		return cty.DynamicPseudoType, true
	default:
		return commonType(t)
	}
}

// unmarkElements is UnmarkDeep of a sequence: a set is marked as a whole.
func unmarkElements(v cty.Value) (plain cty.Value, marks cty.ValueMarks) {
	if marksWithin(v) {
		return v.UnmarkDeep()
	}
	return v.Unmark()
}

func allKnown(values []cty.Value) bool {
	for _, v := range values {
		if !v.IsWhollyKnown() {
			return false
		}
	}
	return true
}

// convertAll converts values in place.
func convertAll(values []cty.Value, to cty.Type) bool {
	for n, v := range values {
		if v.Type().Equals(to) {
			continue
		}
		v, err := convert.Convert(v, to)
		if err != nil {
			return false
		}
		values[n] = v
	}
	return true
}

// inAll lists what the first of the sets and all others have.
func inAll(sets [][]cty.Value) []cty.Value {
	for _, other := range sets[1:] {
		has := setOf(other)
		sets[0] = slices.DeleteFunc(sets[0], func(v cty.Value) bool { return !has.has(v) })
	}
	return sets[0]
}

// inFirstOnly lists what the first of the sets has and no other.
func inFirstOnly(sets [][]cty.Value) []cty.Value {
	for _, other := range sets[1:] {
		has := setOf(other)
		sets[0] = slices.DeleteFunc(sets[0], has.has)
	}
	return sets[0]
}

// What bounds the making of a set. cty tells elements apart by a hash, for which
// numbers that agree in ten digits are the same, and so is all that is unknown.
const (
	maxSetCollisions = 20_000_000
	maxSetUnknown    = 1_000
	maxDeepSet       = 50_000 // elements that are objects or lists, which take long to sort
)

var errDeepSet = fmt.Errorf("a set of more than %d objects or lists takes very long to go through; use distinct() or a map", maxDeepSet)

var errAlikeNumbers = errors.New("very many of the numbers agree in their first ten digits, which makes a set of them very slow; use texts, as tostring gives them")

// newSet makes a set of values of one type.
func newSet(values []cty.Value) (cty.Value, error) {
	var seen valueSet
	var marks []cty.ValueMarks
	list, unknown := make([]cty.Value, 0, len(values)), 0
	for _, v := range values {
		plain, m := v.UnmarkDeep()
		if len(m) > 0 {
			marks = append(marks, m)
		}
		if !plain.IsWhollyKnown() {
			unknown++
		} else if !seen.add(plain) {
			continue
		}
		list = append(list, plain)
	}
	switch {
	case unknown > maxSetUnknown:
		return cty.UnknownVal(cty.Set(list[0].Type())).WithMarks(marks...), nil
	case len(list) > maxDeepSet && !list[0].Type().IsPrimitiveType():
		return cty.NilVal, errDeepSet
	case holdsNumbers(list[0].Type()) && collisions(list) > maxSetCollisions:
		return cty.NilVal, errAlikeNumbers
	}
	return cty.SetVal(list).WithMarks(marks...), nil
}

// collisions counts the pairs of values that cty has to compare.
func collisions(values []cty.Value) int {
	pairs, byHash := 0, make(map[int]int, len(values))
	for _, v := range values {
		hash := v.Hash()
		pairs += byHash[hash]
		byHash[hash]++
	}
	return pairs
}

// valueSet holds known values of one type, by what they are as bytes.
type valueSet struct{ keys map[string]struct{} }

func setOf(values []cty.Value) *valueSet {
	s := &valueSet{keys: make(map[string]struct{}, len(values))}
	for _, v := range values {
		s.add(v)
	}
	return s
}

// add reports whether the value is new.
func (s *valueSet) add(v cty.Value) bool {
	if s.keys == nil {
		s.keys = make(map[string]struct{})
	}
	before := len(s.keys)
	s.keys[valueKey(v)] = struct{}{}
	return len(s.keys) > before
}

func (s *valueSet) has(v cty.Value) bool {
	_, ok := s.keys[valueKey(v)]
	return ok
}

// valueKey is a text that is the same for equal values of one type only.
func valueKey(v cty.Value) string { return string(appendKey(nil, v)) }

func appendKey(key []byte, v cty.Value) []byte {
	v, _ = v.Unmark()
	switch t := v.Type(); {
	case v.IsNull():
		return append(key, '~')
	case t == cty.String:
		text := v.AsString()
		return append(binary.AppendUvarint(append(key, 's'), uint64(len(text))), text...)
	case t == cty.Number:
		number := v.AsBigFloat()
		if number.Sign() == 0 {
			return append(key, '0', ';') // zero with a sign is zero
		}
		return append(number.Append(key, 'p', 0), ';')
	case t == cty.Bool:
		if v.True() {
			return append(key, 't')
		}
		return append(key, 'f')
	case t.IsSetType():
		return appendSetKey(key, v)
	}
	key = binary.AppendUvarint(append(key, '['), uint64(v.LengthInt()))
	for it := v.ElementIterator(); it.Next(); {
		at, element := it.Element()
		if v.Type().IsMapType() || v.Type().IsObjectType() {
			key = appendKey(key, at)
		}
		key = appendKey(key, element)
	}
	return key
}

// appendSetKey is appendKey for a set, whose order says nothing.
func appendSetKey(key []byte, set cty.Value) []byte {
	var keys []string
	for it := set.ElementIterator(); it.Next(); {
		_, element := it.Element()
		keys = append(keys, valueKey(element))
	}
	slices.Sort(keys)
	key = binary.AppendUvarint(append(key, '{'), uint64(len(keys)))
	return append(key, strings.Join(keys, "")...)
}
