package spec

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// value evaluates an expression with the real functions.
func value(t *testing.T, expr string) cty.Value {
	t.Helper()
	parsed, diags := hclsyntax.ParseExpression([]byte(expr), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir := t.TempDir()
	v, diags := parsed.Value(&hcl.EvalContext{
		Functions: functions(dir, newFileReader(dir)),
		Variables: map[string]cty.Value{
			"secret": cty.StringVal("hunter2").Mark(sensitiveMark),
			"secrets": cty.ObjectVal(map[string]cty.Value{
				"b": cty.NumberIntVal(2), "a": cty.StringVal("x"),
			}).Mark(sensitiveMark),
			"unknown": cty.DynamicVal,
		},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v
}

func TestNumbersAreExactDecimals(t *testing.T) {
	for expr, want := range map[string]string{
		"0":                                   "0",
		"-0":                                  "0",
		"0 * -1":                              "0",
		"1":                                   "1",
		"-17":                                 "-17",
		"1.50":                                "1.5",
		"0.1":                                 "0.1",
		"0.1 + 0.2":                           "0.3",
		"1.1 * 1.1":                           "1.21",
		"3 * 0.1 - 0.3 + 7":                   "7",
		"1e3":                                 "1000",
		"1.5e-7":                              "0.00000015",
		"9007199254740993":                    "9007199254740993",
		"18446744073709551617":                "18446744073709551617",
		"1234567890123456789012345678901234":  "1234567890123456789012345678901234",
		"0.123456789012345678901234567890123": "0.123456789012345678901234567890123",
		"-12345678901234567890.1234":          "-12345678901234567890.1234",
		"10 / 4":                              "2.5",
		`tonumber("3.14")`:                    "3.14",
		"1e30":                                "1000000000000000000000000000000",
	} {
		got, err := decimal(value(t, expr).AsBigFloat())
		if err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", expr, got, err, want)
		}
	}
}

func TestFloatsOfTheLibraryAreTheirShortestDecimal(t *testing.T) {
	if got, err := decimal(big.NewFloat(0.1)); got != "0.1" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNumbersThatAreNoDecimalAreRefused(t *testing.T) {
	for _, expr := range []string{"1 / 3", "12345678901234567890123456789012345", "1e400", "1e-400", "1e9999999", "1e-9999999", "1 / 0", "-1 / 0", "2 / 7 * 1e20"} {
		if got, err := decimal(value(t, expr).AsBigFloat()); err == nil {
			t.Errorf("%s gives %q, want an error", expr, got)
		}
	}
	if got, err := decimal(big.NewFloat(math.Inf(1))); err == nil {
		t.Errorf("infinity gives %q", got)
	}
}

func TestInputIsCanonicalJSON(t *testing.T) {
	for _, c := range []struct{ name, expr, want string }{
		{"keys are sorted by bytes", `{ b = 1, a = 2, B = 3, "é" = 4 }`, `{"B":3,"a":2,"b":1,"é":4}`},
		{"null attributes are dropped at any depth", `{ a = null, b = { c = null, d = [{ e = null }] } }`, `{"b":{"d":[{}]}}`},
		{"only nulls", `{ a = null }`, `{}`},
		{"a map", `tomap({ b = "1", a = "2" })`, `{"a":"2","b":"1"}`},
		{"a set", `{ a = toset(["b", "a"]) }`, `{"a":["a","b"]}`},
		{"texts are data", `{ a = "\"},\"model\":\"x", b = "<&>" }`, `{"a":"\"},\"model\":\"x","b":"<&>"}`},
		{"texts are NFC", `{ a = "e\u0301" }`, `{"a":"é"}`},
		{"booleans", `{ a = true, b = !true }`, `{"a":true,"b":false}`},
		{"empty", `{}`, `{}`},
	} {
		got, err := encodeInput(value(t, c.expr), nil)
		if err != nil || string(got.input) != c.want || !got.complete {
			t.Errorf("%s: %s, complete %v, %v; want %s", c.name, got.input, got.complete, err, c.want)
		}
		if got.body != nil {
			t.Errorf("%s: a body without anything sensitive", c.name)
		}
	}
}

func TestInputThatCannotBeSentIsRefused(t *testing.T) {
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for expr, want := range map[string]string{
		`{ a = [1, null] }`:                "a[1] is null",
		`{ a = { b = [{ c = [null] }] } }`: "a.b[0].c[0] is null",
		`{ a = { t = timestamp() } }`:      "a.t is made with timestamp()",
		`{ a = uuid() == "x" ? 1 : 2 }`:    "a is made with timestamp()",
		`[1]`:                              "it is a list",
		`"x"`:                              "it is a text",
		`null`:                             "it is null",
		`{ a = ` + deep + ` }`:             "nests deeper",
		`{ a = [for i in range(300000) : "12345"] }`: "larger than 1024 KiB",
	} {
		if got, err := encodeInput(value(t, expr), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want %q", clip(expr, 40), got.input, err, want)
		}
	}
}

func TestSensitiveValuesAreClearInTheBodyAndMaskedInTheInput(t *testing.T) {
	mask := func(plain string) string { return "<" + plain + ">" }
	for _, c := range []struct{ name, expr, input, body string }{
		{"a text", `{ a = secret, b = 1 }`, `{"a":"<\"hunter2\">","b":1}`, `{"a":"hunter2","b":1}`},
		{"within a text", `{ a = "my ${secret}!" }`, `{"a":"<\"my hunter2!\">"}`, `{"a":"my hunter2!"}`},
		{"in a list", `{ a = ["x", secret] }`, `{"a":["x","<\"hunter2\">"]}`, `{"a":["x","hunter2"]}`},
		{"a whole object, in canonical order", `{ a = secrets }`, `{"a":"<{\"a\":\"x\",\"b\":2}>"}`, `{"a":{"a":"x","b":2}}`},
		{"the input itself", `secrets`, `{"a":"<\"x\">","b":"<2>"}`, `{"a":"x","b":2}`},
		{"an attribute of it", `{ a = secrets.b + 1 }`, `{"a":"<3>"}`, `{"a":3}`},
	} {
		got, err := encodeInput(value(t, c.expr), mask)
		if err != nil || string(got.input) != c.input || string(got.body) != c.body {
			t.Errorf("%s:\ninput %s\n want %s\n body %s\n want %s\nerror %v", c.name, got.input, c.input, got.body, c.body, err)
		}
		if plain := valuesAt(got.parts, got.parts.plain); plain["a"] != nil {
			t.Errorf("%s: the sensitive attribute is among the plain ones: %s", c.name, plain["a"])
		}
	}
}

func valuesAt(p parts, spans []namedSpan) map[string]json.RawMessage {
	values := make(map[string]json.RawMessage)
	p.addTo(values, spans)
	return values
}

func TestPartsAreTheAttributesThatAreKnown(t *testing.T) {
	got, err := encodeInput(value(t, `{ a = 1, b = unknown, c = [unknown, secret], d = { e = "x" }, f = null, g = secret }`), nil)
	if err != nil || got.complete || got.input != nil {
		t.Fatalf("complete %v, input %s, %v", got.complete, got.input, err)
	}
	plain, secret := valuesAt(got.parts, got.parts.plain), valuesAt(got.parts, got.parts.secret)
	if len(plain) != 2 || string(plain["a"]) != "1" || string(plain["d"]) != `{"e":"x"}` {
		t.Errorf("plain are %s", plain)
	}
	if len(secret) != 1 || string(secret["g"]) != `"hunter2"` {
		t.Errorf("secret are %s", secret)
	}
}

// A fingerprint is made from the input as it is written, so it must be written in
// the one way that equal inputs share.
func TestInputsAreWrittenCanonically(t *testing.T) {
	for _, expr := range []string{
		`{}`,
		`{ prompt = "a <b>boat</b> & \"rope\"\t\\ \u2028 é 😀 \u0001", b = null, a = [1, -0, 1.50, 1e30, 0.00000015] }`,
		`{ z = { "ß" = true, "a b" = false, "A" = {} }, y = [{ q = "", p = [[]] }], "" = 1 }`,
		`{ a = 9007199254740993, b = [for i in [3, 1, 2] : "n${i}"], c = { x = null } }`,
		`{ key = secret, other = { nested = secrets }, plain = "x" }`,
	} {
		got, err := encodeInput(value(t, expr), func(plain string) string { return "masked <" + plain + ">" })
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range [][]byte{got.input, got.body} {
			if written == nil {
				continue
			}
			if want, err := task.Canonical(written); err != nil || string(want) != string(written) {
				t.Errorf("%s is written as %s, which is %s in canonical form, %v", expr, written, want, err)
			}
		}
	}
}
