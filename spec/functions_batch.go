package spec

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// batchFunctions are those that Terraform does not have.
func batchFunctions() map[string]function.Function {
	return map[string]function.Function{
		"sample": sampleFunction(),
		"seed":   seedFunction(),
		"slug":   textFunction("text", func(s string) (string, error) { return slug(s), nil }),
	}
}

// sampleFunction draws n elements of a list, or all if there are fewer, without
// drawing one twice. They come in the order of the list. What is drawn rests on
// the values and the seed alone: the same on every machine and in every version,
// wherever in the list they stand, and one more element displaces one at most.
func sampleFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType},
			{Name: "n", Type: cty.Number},
			{Name: "seed", Type: cty.DynamicPseudoType},
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			switch t := args[0].Type(); {
			case t.IsListType():
				return t, nil
			case t.IsSetType():
				return cty.List(t.ElementType()), nil
			case t.IsTupleType():
				return cty.DynamicPseudoType, nil
			default:
				return cty.NilType, function.NewArgErrorf(0, "a list, set or tuple is needed, not %s", t.FriendlyName())
			}
		},
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() || !args[2].IsWhollyKnown() {
				return cty.UnknownVal(retType), nil
			}
			n, accuracy := args[1].AsBigFloat().Int64()
			if accuracy != 0 || n < 0 {
				return cty.NilVal, function.NewArgErrorf(1, "a whole number of elements is needed, 0 or more")
			}
			drawn, err := sample(args[0].AsValueSlice(), n, args[2])
			switch {
			case err != nil:
				return cty.NilVal, err
			case args[0].Type().IsTupleType():
				return cty.TupleVal(drawn), nil
			case len(drawn) == 0:
				return cty.ListValEmpty(retType.ElementType()), nil
			default:
				return cty.ListVal(drawn), nil
			}
		},
	})
}

// sample ranks the elements by SHA-256 over the seed, their value as JSON, and
// which of equal ones they are.
func sample(elements []cty.Value, n int64, seed cty.Value) ([]cty.Value, error) {
	type ranked struct {
		rank [sha256.Size]byte
		at   int
	}
	prefix, err := plainJSON(seed)
	if err != nil {
		return nil, function.NewArgError(2, err)
	}
	places := make([]ranked, len(elements))
	equal := make(map[string]int, len(elements))
	for at, element := range elements {
		text, err := plainJSON(element)
		if err != nil {
			return nil, function.NewArgError(0, err)
		}
		places[at] = ranked{sha256.Sum256([]byte(prefix + "\x00" + text + "\x00" + strconv.Itoa(equal[text]))), at}
		equal[text]++
	}
	slices.SortFunc(places, func(a, b ranked) int { return bytes.Compare(a.rank[:], b.rank[:]) })
	places = places[:min(int64(len(places)), n)]
	slices.SortFunc(places, func(a, b ranked) int { return a.at - b.at })
	drawn := make([]cty.Value, len(places))
	for i, p := range places {
		drawn[i] = elements[p.at]
	}
	return drawn, nil
}

// seedFunction makes a number from 0 to 2,147,483,647 of its arguments: for the
// parameter seed of a model, the same at each run and different by key. It is
// the first 31 bits of SHA-256 over the arguments as JSON.
func seedFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "key", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, retType cty.Type) (cty.Value, error) {
			if len(args) == 0 {
				return cty.NilVal, errors.New("at least one argument is needed, such as each.key")
			}
			var text strings.Builder
			for n, arg := range args {
				if !arg.IsWhollyKnown() {
					return cty.UnknownVal(retType), nil
				}
				part, err := plainJSON(arg)
				if err != nil {
					return cty.NilVal, function.NewArgError(n, err)
				}
				text.WriteString(part)
				text.WriteByte(0)
			}
			digest := sha256.Sum256([]byte(text.String()))
			return cty.NumberUIntVal(uint64(binary.BigEndian.Uint32(digest[:]) >> 1)), nil
		},
	})
}

// plainJSON writes a known value as JSON, the same for equal values.
func plainJSON(v cty.Value) (string, error) {
	text, err := ctyjson.Marshal(v, v.Type())
	return string(text), err
}

// slug makes a text fit for names of files and keys: letters and digits of any
// script in lower case, and one "-" for all that is between them.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "-")
}
