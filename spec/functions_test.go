package spec

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func TestFunctionsGiveWhatTerraformGives(t *testing.T) {
	context := functionContext(t.TempDir())
	for _, c := range allCases() {
		t.Run(c.expr, func(t *testing.T) { checkFunctionCase(t, context, c) })
	}
}

func checkFunctionCase(t *testing.T, context *hcl.EvalContext, c functionCase) {
	t.Helper()
	value, diags := parseExpr(t, c.expr).Value(context)
	if want, isError := strings.CutPrefix(c.want, "error:"); isError {
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Fatalf("%s gives %#v, %v; want an error with %q", c.expr, value, diags, want)
		}
		return
	}
	if diags.HasErrors() {
		t.Fatalf("%s: %v", c.expr, diags)
	}
	got, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		t.Fatalf("%s: %v", c.expr, err)
	}
	if string(got) != c.want {
		t.Errorf("%s = %s, want %s", c.expr, got, c.want)
	}
}

func TestEveryFunctionHasCases(t *testing.T) {
	elsewhere := map[string]bool{ // tested on their own below and in functions_file_test.go
		"file": true, "filebase64": true, "fileexists": true, "fileset": true, "templatefile": true,
		"filemd5": true, "filesha1": true, "filesha256": true, "filesha512": true, "filebase64sha256": true, "filebase64sha512": true,
		"timestamp": true, "uuid": true, "sensitive": true,
	}
	for name := range functions("", newFileReader("")) {
		count := 0
		for _, c := range allCases() {
			if regexp.MustCompile(`\b` + name + `\(`).MatchString(c.expr) {
				count++
			}
		}
		if count < 3 && !elsewhere[name] {
			t.Errorf("function %s has %d cases", name, count)
		}
	}
}

func TestResultTypesAreTerraforms(t *testing.T) {
	cases := map[string]cty.Type{
		`range(2)`:                         cty.List(cty.Number),
		`range(0)`:                         cty.List(cty.Number),
		`sort(["a"])`:                      cty.List(cty.String),
		`toset(["a"])`:                     cty.Set(cty.String),
		`setunion(["a"], ["b"])`:           cty.Set(cty.String),
		`fileset(".", "*")`:                cty.Set(cty.String),
		`csvdecode("a\n1")`:                cty.List(cty.Object(map[string]cty.Type{"a": cty.String})),
		`transpose({a = ["b"]})`:           cty.Map(cty.List(cty.String)),
		`lookup(tomap({a = 1}), "b", "2")`: cty.Number,
		`one(tolist([]))`:                  cty.DynamicPseudoType,
		`coalesce(1, "x")`:                 cty.String,
	}
	context := functionContext(t.TempDir())
	for expr, want := range cases {
		value, diags := parseExpr(t, expr).Value(context)
		if diags.HasErrors() || !value.Type().Equals(want) {
			t.Errorf("%s has type %#v (%v), want %#v", expr, value.Type(), diags, want)
		}
	}
}

func TestFunctionsWaitForUnknownValues(t *testing.T) {
	context := functionContext(t.TempDir())
	context.Variables = map[string]cty.Value{
		"text":  cty.UnknownVal(cty.String),
		"bool":  cty.UnknownVal(cty.Bool),
		"any":   cty.DynamicVal,
		"list":  cty.UnknownVal(cty.List(cty.String)),
		"mixed": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
		"set":   cty.SetVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
	}
	cases := map[string]cty.Value{ // cty.DynamicVal: unknown, whatever the type
		`upper(text)`:                cty.DynamicVal,
		`file(text)`:                 cty.DynamicVal,
		`csvdecode(text)`:            cty.DynamicVal,
		`replace("a", text, "b")`:    cty.DynamicVal,
		`length(text)`:               cty.DynamicVal,
		`length(any)`:                cty.DynamicVal,
		`length(list)`:               cty.DynamicVal,
		`length(mixed)`:              cty.NumberIntVal(2),
		`length([any, any])`:         cty.NumberIntVal(2),
		`length({a = any})`:          cty.NumberIntVal(1),
		`lookup({a = text}, "b", 1)`: cty.NumberIntVal(1),
		`lookup({a = 1}, text, 1)`:   cty.DynamicVal,
		`index(mixed, "a")`:          cty.NumberIntVal(0),
		`index(mixed, "b")`:          cty.DynamicVal,
		`coalesce(text, "a")`:        cty.DynamicVal,
		`coalesce("a", text)`:        cty.StringVal("a"),
		`anytrue([bool, true])`:      cty.True,
		`anytrue([bool, false])`:     cty.DynamicVal,
		`alltrue([bool, false])`:     cty.False,
		`alltrue([bool, true])`:      cty.DynamicVal,
		`one(list)`:                  cty.DynamicVal,
		`one(set)`:                   cty.DynamicVal,
		`sum([1, any])`:              cty.DynamicVal,
		`transpose({a = mixed})`:     cty.DynamicVal,
		`sensitive(text)`:            cty.DynamicVal,
	}
	for expr, want := range cases {
		value, diags := parseExpr(t, expr).Value(context)
		if diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
			continue
		}
		value, _ = value.Unmark()
		if value.IsKnown() != want.IsKnown() || want.IsKnown() && !value.RawEquals(want) {
			t.Errorf("%s = %#v, want %#v", expr, value, want)
		}
	}
}

func functionContext(dir string) *hcl.EvalContext {
	return &hcl.EvalContext{Functions: functions(dir, newFileReader(dir))}
}

func parseExpr(t *testing.T, expr string) hclsyntax.Expression {
	t.Helper()
	parsed, diags := hclsyntax.ParseExpression([]byte(expr), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(fmt.Errorf("parse %s: %w", expr, diags))
	}
	return parsed
}
