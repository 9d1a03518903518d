package spec

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// Every function is called with each of its arguments marked in turn, as often
// as there are cases for it.
func TestMarksPassFromEveryArgumentToTheResult(t *testing.T) {
	exempt := map[string]string{
		"try": "it takes expressions", "can": "it takes expressions",
		"nonsensitive": "it is there to remove the mark",
		"issensitive":  "it is there to tell",
	}
	unused := map[string]bool{ // arguments that the result does not rest on
		`lookup({a = "ay", b = "bee"}, "a", "what?")`: true,
		`lookup({a = 1, b = "x"}, "a", "what?")`:      true,
		`coalesce("a", "b")`:                          true,
		`merge({a = 1}, null)`:                        true,
		`coalesce(0, 1)`:                              true,
		`coalesce(1, "x")`:                            true,
		`coalescelist(["a"], ["c", "d"])`:             true,
	}
	context := functionContext(t.TempDir())
	tested := map[string]bool{}
	for _, c := range allCases() {
		call, ok := parseExpr(t, c.expr).(*hclsyntax.FunctionCallExpr)
		if !ok || call.ExpandFinal || strings.HasPrefix(c.want, "error:") || exempt[call.Name] != "" || unused[c.expr] {
			continue
		}
		tested[call.Name] = true
		f := context.Functions[call.Name]
		args := evaluateArguments(t, context, f, call)
		for i := range args {
			marked := append([]cty.Value{}, args...)
			marked[i] = marked[i].Mark(sensitiveMark)
			result, err := f.Call(marked)
			if err != nil {
				t.Errorf("%s with argument %d sensitive: %v", c.expr, i+1, err)
			} else if !hasMarkDeep(result, sensitiveMark) {
				t.Errorf("%s with argument %d sensitive: the result has no mark", c.expr, i+1)
			}
		}
	}
	for _, name := range []string{"upper", "replace", "lookup", "length", "one", "range", "csvdecode", "sha256", "tonumber"} {
		if !tested[name] {
			t.Errorf("function %s was not tested", name)
		}
	}
}

// evaluateArguments does what the language does before it calls a function.
func evaluateArguments(t *testing.T, context *hcl.EvalContext, f function.Function, call *hclsyntax.FunctionCallExpr) []cty.Value {
	t.Helper()
	args := make([]cty.Value, len(call.Args))
	for i, arg := range call.Args {
		value, diags := arg.Value(context)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		parameter := f.VarParam()
		if i < len(f.Params()) {
			parameter = &f.Params()[i]
		}
		converted, err := convert.Convert(value, parameter.Type)
		if err != nil {
			t.Fatal(err)
		}
		args[i] = converted
	}
	return args
}

func TestMarks(t *testing.T) {
	cases := []struct {
		expr                string
		sensitive, volatile bool
	}{
		{`sensitive("a")`, true, false},
		{`upper(sensitive("a"))`, true, false},
		{`"x ${sensitive("a")}"`, true, false},
		{`lookup({a = sensitive("x"), b = "y"}, "a")`, true, false},
		{`lookup({a = sensitive("x"), b = "y"}, "b")`, false, false},
		{`lookup({a = "x"}, sensitive("b"), "y")`, true, false},
		{`coalesce(sensitive(""), "b")`, true, false},
		{`length([sensitive("a")])`, false, false},
		{`length(sensitive(["a"]))`, true, false},
		{`one([sensitive("a")])`, true, false},
		{`try(sensitive("a"), "b")`, true, false},
		{`nonsensitive(sensitive("a"))`, false, false},
		{`nonsensitive([sensitive("a")])`, true, false},
		{`sample([sensitive("a")], 1, 1)`, true, false},
		{`seed(sensitive("a"))`, true, false},
		{`can(sensitive("a"))`, true, false},
		{`can(upper(sensitive("a")))`, true, false},
		{`can(tonumber(sensitive("a")))`, true, false},
		{`can(tonumber(timestamp()))`, false, true},
		{`try(tonumber(timestamp()), 1)`, false, true},
		{`try(tonumber(sensitive("a")), 1)`, true, false},
		{`try(tonumber("a"), 1)`, false, false},
		{`can(regex("^2", timestamp()))`, false, true},
		{`try(1, timestamp())`, false, false},
		{`[for x in sensitive(["a"]) : x]`, true, false},
		{`[for x in [sensitive("a")] : upper(x)][0]`, true, false},
		{`{ for x in ["a"] : x => sensitive(x) }["a"]`, true, false},
		{`"%{for x in [sensitive("a")]}${x}%{endfor}"`, true, false},
		{`"%{if sensitive(true)}a%{endif}"`, true, false},
		{`sensitive(true) ? 1 : 2`, true, false},
		{`[sensitive("a"), "b"][1]`, false, false},
		{`([{ a = sensitive("x") }][*].a)[0]`, true, false},
		{`templatestring("$${x}", { x = sensitive("a") })`, true, false},
		{`templatestring("$${x}", { x = timestamp() })`, false, true},
		{`seed(uuid())`, false, true},
		{`try(upper(timestamp()), "b")`, false, true},
		{`tolist([sensitive("a"), "b"])[0]`, true, false},
		{`sensitive(1) + 1`, true, false},
		{`-sensitive(1)`, true, false},
		{`sensitive(1) < 2`, true, false},
		{`jsonencode({ a = sensitive("x") })`, true, false},
		{`timestamp()`, false, true},
		{`uuid()`, false, true},
		{`formatdate("YYYY", timestamp())`, false, true},
		{`substr(uuid(), 0, 8)`, false, true},
		{`nonsensitive(sensitive(uuid()))`, false, true},
		{`sensitive(uuid())`, true, true},
	}
	context := functionContext(t.TempDir())
	for _, c := range cases {
		value, diags := parseExpr(t, c.expr).Value(context)
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.expr, diags)
			continue
		}
		sensitive, volatile := hasMarkDeep(value, sensitiveMark), hasMarkDeep(value, volatileMark)
		if sensitive != c.sensitive || volatile != c.volatile {
			t.Errorf("%s: sensitive %v, volatile %v", c.expr, sensitive, volatile)
		}
	}
}

func TestErrorsDoNotQuoteSensitiveValues(t *testing.T) {
	const secret = "hunter2"
	context := functionContext(t.TempDir())
	context.Variables = map[string]cty.Value{"secret": cty.StringVal(secret).Mark(sensitiveMark)}
	for _, expr := range []string{
		`parseint(secret, 10)`, `tonumber(secret)`, `tobool(secret)`, `file(secret)`, `fileset(secret, "../*")`,
		`lookup({}, secret)`, `formatdate("YYYY", secret)`, `formatdate(secret, "2018-01-02T23:12:01Z")`,
		`jsondecode(secret)`, `templatefile(secret, {})`, `csvdecode("${secret},${secret}")`, `sum([secret])`,
	} {
		_, diags := parseExpr(t, expr).Value(context)
		if !diags.HasErrors() || strings.Contains(diags.Error(), secret) {
			t.Errorf("%s: %v", expr, diags)
		}
	}
}

func TestTimestampIsTheTimeInUTC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(90 * time.Minute) // a bubble begins at midnight of 2000-01-01, UTC
		value, diags := parseExpr(t, `timestamp()`).Value(functionContext(""))
		if value, _ := value.Unmark(); diags.HasErrors() || value.AsString() != "2000-01-01T01:30:00Z" {
			t.Errorf("timestamp() = %#v, %v", value, diags)
		}
	})
}

func TestUUIDsAreRandom(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := newUUID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("UUID %q is malformed or came twice", id)
		}
		seen[id] = true
	}
}

// What try and can take for a function that marks must be one, and all of them.
func TestMarkersAreTheFunctionsThatMark(t *testing.T) {
	context := functionContext(t.TempDir())
	found := map[string]map[mark]bool{}
	for _, c := range append(allCases(), functionCase{expr: `sensitive("a")`}, functionCase{expr: `timestamp()`}, functionCase{expr: `uuid()`}) {
		call, ok := parseExpr(t, c.expr).(*hclsyntax.FunctionCallExpr)
		if !ok || strings.HasPrefix(c.want, "error:") || strings.Contains(c.expr, "sensitive(") && call.Name != "sensitive" {
			continue
		}
		value, diags := call.Value(context)
		if diags.HasErrors() {
			continue
		}
		for _, m := range []mark{sensitiveMark, volatileMark} {
			if hasMarkDeep(value, m) {
				found[call.Name] = map[mark]bool{m: true}
			}
		}
	}
	for name, m := range markers {
		if !found[name][m] {
			t.Errorf("%s does not give values the mark %q", name, m)
		}
	}
	for name := range found {
		if _, known := markers[name]; !known {
			t.Errorf("%s marks its values, and markers does not hold it", name)
		}
	}
}
