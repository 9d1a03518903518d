package spec

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// collectionFunctions make collections from others.
func collectionFunctions() map[string]function.Function {
	return map[string]function.Function{
		"chunklist":    stdlib.ChunklistFunc,
		"coalescelist": stdlib.CoalesceListFunc,
		"compact":      stdlib.CompactFunc,
		"concat":       stdlib.ConcatFunc,
		"distinct":     distinctFunction(),
		"flatten":      stdlib.FlattenFunc,
		"keys":         stdlib.KeysFunc,
		"matchkeys":    matchkeysFunction(),
		"merge":        stdlib.MergeFunc,
		"range":        rangeFunction(),
		"reverse":      stdlib.ReverseListFunc,
		"slice":        stdlib.SliceFunc,
		"sort":         stdlib.SortFunc,
		"transpose":    transposeFunction(),
		"values":       stdlib.ValuesFunc,
		"zipmap":       stdlib.ZipmapFunc,
	}
}

// maxRange bounds the result of range. Terraform's bound of 1,024 is too low
// for batches; a slip of a digit must still not fill the memory.
const maxRange = 1_000_000

// rangeFunction counts: range(end), range(start, end), range(start, end, step).
func rangeFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "params", Type: cty.Number},
		Type:     function.StaticReturnType(cty.List(cty.Number)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			start, end, step, err := rangeBounds(args)
			if err != nil {
				return cty.NilVal, err
			}
			past := cty.Value.GreaterThanOrEqualTo
			if step.LessThan(cty.Zero).True() {
				past = cty.Value.LessThanOrEqualTo
			}
			var numbers []cty.Value
			if first, by, n, ok := wholeSteps(start, end, step); ok {
				for i := range n {
					numbers = append(numbers, cty.NumberIntVal(first+i*by))
				}
				start = end
			}
			for n := start; past(n, end).False(); n = n.Add(step) {
				numbers = append(numbers, n)
			}
			if len(numbers) == 0 {
				return cty.ListValEmpty(cty.Number), nil
			}
			return cty.ListVal(numbers), nil
		},
	})
}

// wholeSteps are those of a range of whole numbers, which is made faster.
func wholeSteps(start, end, step cty.Value) (first, by, n int64, ok bool) {
	var ints [3]int64
	for i, v := range []cty.Value{start, end, step} {
		f := v.AsBigFloat()
		whole, accuracy := f.Int64()
		if accuracy != big.Exact || abs(int(whole)) > 1<<53 {
			return 0, 0, 0, false
		}
		ints[i] = whole
	}
	return ints[0], ints[2], max(0, (ints[1]-ints[0]+ints[2]-sign(ints[2]))/ints[2]), true
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

func rangeBounds(args []cty.Value) (start, end, step cty.Value, err error) {
	start, step = cty.Zero, cty.NumberIntVal(1)
	switch len(args) {
	case 1:
		end = args[0]
	case 2, 3:
		start, end = args[0], args[1]
	default:
		return start, end, step, errors.New("one, two or three numbers are needed: end; start and end; or start, end and step")
	}
	down := end.LessThan(start).True()
	if down {
		step = cty.NumberIntVal(-1)
	}
	if len(args) == 3 {
		step = args[2]
		switch {
		case step.RawEquals(cty.Zero):
			return start, end, step, function.NewArgErrorf(2, "the step must not be zero")
		case down && step.GreaterThan(cty.Zero).True():
			return start, end, step, function.NewArgErrorf(1, "the end must be greater than the start when the step is positive")
		case step.LessThan(cty.Zero).True() && end.GreaterThan(start).True():
			return start, end, step, function.NewArgErrorf(1, "the end must be less than the start when the step is negative")
		}
	}
	if end.Subtract(start).Divide(step).GreaterThan(cty.NumberIntVal(maxRange)).True() {
		return start, end, step, errors.New("the range would have more than 1,000,000 numbers")
	}
	return start, end, step, nil
}

// transposeFunction turns a map of lists of texts around: each text becomes a
// key, its value the list of the keys it stood under, in their order.
func transposeFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "values", Type: cty.Map(cty.List(cty.String))}},
		Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(retType), nil
			}
			keysByText := make(map[string][]cty.Value)
			for key, list := range args[0].Elements() {
				if list.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "the lists must not be null")
				}
				for _, text := range list.Elements() {
					if text.IsNull() {
						return cty.NilVal, function.NewArgErrorf(0, "the lists must not hold null")
					}
					keysByText[text.AsString()] = append(keysByText[text.AsString()], key)
				}
			}
			if len(keysByText) == 0 {
				return cty.MapValEmpty(cty.List(cty.String)), nil
			}
			lists := make(map[string]cty.Value, len(keysByText))
			for text, keys := range keysByText {
				lists[text] = cty.ListVal(keys)
			}
			return cty.MapVal(lists), nil
		},
	})
}

// distinctFunction drops the elements of a list that came before. cty's own
// compares each with each.
func distinctFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.DynamicPseudoType)}},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(retType).RefineNotNull(), nil
			}
			var seen valueSet
			var list []cty.Value
			for _, element := range args[0].Elements() {
				if seen.add(element) {
					list = append(list, element)
				}
			}
			if len(list) == 0 {
				return cty.ListValEmpty(retType.ElementType()), nil
			}
			return cty.ListVal(list), nil
		},
	})
}

// matchkeysFunction takes of a list the elements whose keys, in a second list of
// the same length, are in a third.
func matchkeysFunction() function.Function {
	anyList := cty.List(cty.DynamicPseudoType)
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "values", Type: anyList}, {Name: "keys", Type: anyList}, {Name: "searchset", Type: anyList}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if common, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); common == cty.NilType {
				return cty.NilType, errors.New("keys and searchset must hold values of the same type")
			}
			return args[0].Type(), nil
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if !args[0].IsKnown() || !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() {
				return cty.UnknownVal(retType), nil
			}
			if args[0].LengthInt() != args[1].LengthInt() {
				return cty.NilVal, errors.New("values and keys must be of the same length")
			}
			common, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
			keys, err := convert.Convert(args[1], common)
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			wanted, err := convert.Convert(args[2], common)
			if err != nil {
				return cty.NilVal, function.NewArgError(2, err)
			}
			var search valueSet
			for _, key := range wanted.Elements() {
				search.add(key)
			}
			values := args[0].AsValueSlice()
			var list []cty.Value
			for n, key := range keys.AsValueSlice() {
				if search.has(key) {
					list = append(list, values[n])
				}
			}
			if len(list) == 0 {
				return cty.ListValEmpty(retType.ElementType()), nil
			}
			return cty.ListVal(list), nil
		},
	})
}
