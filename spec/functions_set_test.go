package spec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// anySequence makes a list, a set or a tuple of few different elements.
func anySequence(random *rand.Rand) cty.Value {
	element := func() cty.Value {
		n := random.IntN(6)
		number := []cty.Value{
			cty.Zero, cty.NumberIntVal(-1), cty.NumberIntVal(10_000_000_000 + int64(n)), cty.MustParseNumberVal("0.1"), cty.NumberIntVal(1), cty.NumberFloatVal(0.5),
		}[n]
		switch random.IntN(12) {
		case 0, 1, 2:
			return cty.StringVal([]string{"", "a", "b", "1", "é", "a;s1b"}[n])
		case 3, 4, 5:
			return number
		case 6:
			return cty.BoolVal(n%2 == 0)
		case 7:
			return cty.ObjectVal(map[string]cty.Value{"a": number, "b": cty.ListVal([]cty.Value{cty.StringVal("x"), cty.StringVal(fmt.Sprint(n % 2))})})
		case 8:
			return cty.SetVal([]cty.Value{cty.NumberIntVal(10_000_000_000 + int64(n)), cty.NumberIntVal(10_000_000_001)})
		case 9:
			return []cty.Value{cty.NullVal(cty.String), cty.NullVal(cty.Number), cty.NullVal(cty.DynamicPseudoType)}[n%3]
		case 10:
			return cty.UnknownVal([]cty.Type{cty.String, cty.Number}[n%2])
		default:
			return number.Mark(sensitiveMark)
		}
	}
	elements := make([]cty.Value, random.IntN(7))
	for n := range elements {
		elements[n] = element()
		if n > 0 && random.IntN(3) > 0 {
			elements[n] = elements[random.IntN(n)]
		}
	}
	tuple := cty.TupleVal(elements)
	switch random.IntN(4) {
	case 0:
		if list, err := convert.Convert(tuple, cty.List(cty.DynamicPseudoType)); err == nil {
			return list
		}
	case 1:
		if set, err := convert.Convert(tuple, cty.Set(cty.DynamicPseudoType)); err == nil {
			return set
		}
	case 2:
		return tuple.Mark(volatileMark)
	}
	return tuple
}

// withCty calls a function of cty's with arguments that cty converts.
func withCty(f function.Function, args []cty.Value) (cty.Value, error) {
	all := make([]cty.Value, len(args))
	for n, arg := range args {
		var err error
		if all[n], err = convert.Convert(arg, parameterOf(f, n).Type); err != nil {
			return cty.NilVal, err
		}
	}
	return f.Call(all)
}

func TestFunctionsOfSetsHaveTheResultsOfCty(t *testing.T) {
	table := functions("", newFileReader(t.TempDir()))
	anySet := cty.Set(cty.DynamicPseudoType)
	for name, theirs := range map[string]function.Function{
		"distinct":        stdlib.DistinctFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"toset":           stdlib.MakeToFunc(anySet),
		"tolist":          stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	} {
		random := rand.New(rand.NewPCG(1, 2))
		compared := 0
		for range 5_000 {
			args := []cty.Value{anySequence(random)}
			switch {
			case name == "setsubtract":
				args = append(args, anySequence(random))
			case theirs.VarParam() != nil:
				for range random.IntN(3) {
					args = append(args, anySequence(random))
				}
			}
			want, wantErr := withCty(theirs, args)
			got, err := table[name].Call(args)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%s(%#v): %v, want %v", name, args, err, wantErr)
			}
			if err != nil {
				continue
			}
			compared++
			unknown := !got.IsKnown() && !want.IsKnown() && got.Type().Equals(want.Type()) // cty knows more of some
			if !unknown && !got.RawEquals(want) {
				t.Fatalf("%s(%#v)\nis   %#v\nwant %#v", name, args, got, want)
			}
		}
		if compared < 1_000 {
			t.Errorf("%s: only %d calls had a result", name, compared)
		}
	}
}

const tasksOfSets = `
task "hero" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "a" }
}
output "made" {
  value = length(local.made)
}
`

func TestSetsOfManyElementsAreMadeInTimeOrRefused(t *testing.T) {
	measuresTime(t)
	for _, source := range []string{
		`setunion([for i in range(100000) : "k${i}"], [for i in range(100000) : "l${i}"])`,
		`setunion([for i in range(25000) : ["k${i}"]], [for i in range(24000) : ["l${i}"]])`,
		`setintersection(range(100000), range(50000, 150000))`,
		`setsubtract([for i in range(100000) : "k${i}"], [for i in range(100000) : "l${i}"])`,
		`toset([for i in range(100000) : { a = i, b = "x${i}" }])`,
		`setproduct(toset(range(300)), toset(range(300)))`,
		`distinct([for i in range(100000) : { a = 100000000000 + i }])`,
		`toset([for i in range(100000) : 100000000000 + i])`,
		`toset([for i in range(100000) : task.hero["a"].task_id])`,
		`length(toset([for i in range(100000) : { a = i }]))`,
		`toset(range(100000)) == toset(range(100000))`,
		`coalesce([for i in range(100000) : "k${i}"]...)`,
		`sort([for i in range(300000) : "k${i}"])`,
		`csvdecode("${join(",", [for i in range(300000) : "k${i}"])}\n")`,
		`setproduct(toset(range(200)), toset(range(200)))`,
	} {
		start := cpuTime(t)
		_, diags := loadHidden(t, tasksOfSets+"locals {\n  made = "+source+"\n}\n")
		taken := cpuTime(t) - start
		t.Logf("%v: %s", taken.Round(time.Millisecond), source)
		if taken > 5*time.Second*slowdown {
			t.Errorf("%s takes %v; %v", source, taken, diags)
		}
		for _, diag := range diags {
			if !strings.Contains(source, "100000000000 +") && !strings.Contains(diag.Detail, errDeepSet.Error()) && diag.Summary != "Expression takes too much" && !strings.Contains(diag.Detail, "300000 columns") {
				t.Errorf("%s: %v", source, diag)
			}
		}
	}
}
