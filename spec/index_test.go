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

// What would take minutes is refused before it begins.
func TestSearchesThatTakeLongAreRefused(t *testing.T) {
	context := functionContext(t.TempDir())
	context.Variables = map[string]cty.Value{"text": cty.StringVal(strings.Repeat("a", 2_000_000))}
	for _, expr := range []string{
		`regexall("(a?){1000}b", text)`, `replace(text, "/(a?){1000}b/", "c")`, `regex("(?:a{0,500}){2}b", text)`, `fileset(".", "` + strings.Repeat("{a,b}", 20) + `")`,
	} {
		if _, diags := parseExpr(t, expr).Value(context); !diags.HasErrors() {
			t.Errorf("%s: no error", expr)
		}
	}
	for _, expr := range []string{`regexall("a{5}b?", text)[0]`, `fileset(".", "*.{png,jpg,webp}")`} {
		if _, diags := parseExpr(t, expr).Value(context); diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
		}
	}
}

func TestMovesInACircleAreFoundFromOutsideOfIt(t *testing.T) {
	text := ""
	for _, pair := range [][2]string{{"x", "a"}, {"a", "b"}, {"b", "c"}, {"c", "a"}} {
		text += "moved {\n  from = task." + pair[0] + "\n  to = task." + pair[1] + "\n}\n"
	}
	if _, diags := loadHidden(t, text); !diags.HasErrors() {
		t.Error("no error")
	}
}

func TestInfinityIsRefused(t *testing.T) {
	context := functionContext(t.TempDir())
	for _, expr := range []string{`1e999999999`, `tonumber("1e999999999")`, `jsondecode("1e999999999")`} {
		parsed := parseExpr(t, expr)
		diags := bound(parsed)
		if !diags.HasErrors() {
			_, diags = parsed.Value(context)
		}
		if !diags.HasErrors() {
			t.Errorf("%s: no error", expr)
		}
	}
}

func TestSeedOfNullFromJSON(t *testing.T) {
	value, diags := parseExpr(t, `seed(jsondecode("null"))`).Value(functionContext(t.TempDir()))
	if diags.HasErrors() || !value.IsWhollyKnown() {
		t.Errorf("%#v, %v", value, diags)
	}
}

func TestMessageThatDiffersEachTimeIsNotKept(t *testing.T) {
	s, diags := loadHidden(t, `task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
  postcondition {
    condition     = self.cost == "x"
    error_message = "at ${uuid()}"
  }
}
`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	first, _ := s.Instances[0].Postconditions(nil, Finished{})
	if again, _ := s.Instances[0].Postconditions(nil, Finished{}); first == "" || first != again {
		t.Errorf("%s, then %s", first, again)
	}
}
