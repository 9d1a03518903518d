package spec

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

func TestIndexPassesOnTheMarksOfItsKey(t *testing.T) {
	context := functionContext(t.TempDir())
	context.Variables = map[string]cty.Value{
		"secret":  cty.StringVal("a").Mark(sensitiveMark),
		"changes": cty.StringVal("a").Mark(volatileMark),
		"later":   cty.UnknownVal(cty.String).Mark(volatileMark),
	}
	for expr, want := range map[string]mark{
		`{ a = "x", b = 1 }[secret]`:                                      sensitiveMark,
		`{ a = "x", b = 1 }[changes]`:                                     volatileMark,
		`{ a = { b = [1] } }[changes].b[0]`:                               volatileMark,
		`{ a = "x", b = 1 }[later]`:                                       volatileMark,
		`tomap({ a = "x" })[changes]`:                                     volatileMark,
		`["x", 1][length(changes) - 1]`:                                   volatileMark,
		`{ a = "a" }[{ a = "a" }[changes]]`:                               volatileMark,
		`[for x in ["a"] : { a = 1 }[changes]][0]`:                        volatileMark,
		`"${{ a = "x", b = 1 }[substr(uuid(), 0, 0) == "" ? "a" : "b"]}"`: volatileMark,
		`{ a = "x", b = 1 }["a"]`:                                         "",
	} {
		parsed := parseExpr(t, expr)
		if diags := bound(parsed); diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, ctx := range []*hcl.EvalContext{context, withSteps(context)} {
			value, diags := parsed.Value(ctx)
			if diags.HasErrors() || want != "" && !hasMarkDeep(value, want) || want == "" && value.ContainsMarked() {
				t.Errorf("%s: %#v %v", expr, value, diags)
			}
		}
	}
}

func TestKeysWithinKeysAreEvaluatedOnce(t *testing.T) {
	context := withSteps(functionContext(t.TempDir()))
	text := strings.Repeat(`{ a = "a" }[`, 60) + `upper("a") == "A" ? "a" : "b"` + strings.Repeat("]", 60)
	parsed := parseExpr(t, text)
	if diags := bound(parsed); diags.HasErrors() {
		t.Fatal(diags)
	}
	if value, diags := parsed.Value(context); diags.HasErrors() || value.AsString() != "a" {
		t.Errorf("%#v, %v", value, diags)
	}
}
