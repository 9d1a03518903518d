package spec

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const consoleConfig = `
variable "word" {
  default   = "hidden word"
  sensitive = true
}
variable "style" {
  type    = object({ a = string, b = optional(list(number)), c = set(object({ d = bool })) })
  default = { a = "x", c = [{ d = true }] }
}
locals {
  first = task.cover.urls[0]
  rows  = { a = 1 }
}
task "cover" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cover", aspect_ratio = "1:1" }
}
task "hero" {
  model    = "nano-banana"
  for_each = toset(["cat", "a b"])
  input    = { mode = "text-to-image", prompt = each.key, aspect_ratio = "1:1" }
}
`

// The names of attributes are a part of a type.
func TestTypesShowNothingSensitive(t *testing.T) {
	s := load(t, `
variable "word" {
  default   = "hush-9"
  sensitive = true
}
`)
	for source, want := range map[string]string{
		`type(var.word)`:                             `string`,
		`type({ a = var.word })`:                     "object({\n    a: string,\n})",
		`type({ (var.word) = 1 })`:                   `(sensitive value)`,
		`type(zipmap([var.word], [1]))`:              `(sensitive value)`,
		`type({ a = zipmap([var.word], [1]) })`:      `(sensitive value)`,
		`type([jsondecode("{\"${var.word}\": 1}")])`: `(sensitive value)`,
	} {
		if got, diags := eval(t, s, source, false); got != want || diags.HasErrors() {
			t.Errorf("%s is %q, want %q; %v", source, got, want, diags)
		}
	}
}

// eval evaluates an expression in the console, as if every task had run or none.
func eval(t *testing.T, s *Spec, source string, ran bool) (string, hcl.Diagnostics) {
	t.Helper()
	var lookup Lookup
	if ran {
		lookup = everythingRan
	}
	return s.EvalExpression(source, "<console>", lookup)
}

// The texts are those of Terraform's console, but for what its own syntax could
// not read again: control characters as \u escapes, and ${ doubled.
func TestConsoleWritesValuesInHCL(t *testing.T) {
	s := load(t, consoleConfig)
	for source, want := range map[string]string{
		``:                                   ``,
		" \t":                                ``,
		"# a comment":                        ``,
		"/* one */ // two":                   ``,
		`1 + 2`:                              `3`,
		`0.1 + 0.2`:                          `0.3`,
		`123456789012345678901234567890.125`: `123456789012345678901234567890.125`,
		`1e3000`:                             `1e+3000`,
		`-0`:                                 `0`,
		`"x" # and a comment`:                `"x"`,
		`"a\tb\"\\\u001b[31m\u202e"`:         `"a\tb\"\\\u001b[31m\u202e"`,
		`"$${x} %%{y} $z"`:                   `"$${x} %%{y} $z"`,
		`"\U000E0001"`:                       `"\U000e0001"`,
		`"a\nb"`:                             "<<EOT\na\nb\nEOT",
		`"a\nEOT\nEOT_"`:                     "<<EOT__\na\nEOT\nEOT_\nEOT__",
		`"a\n\u001bb"`:                       `"a\n\u001bb"`,
		`["a\nb"]`:                           "[\n  <<-EOT\n  a\n  b\n  EOT,\n]",
		"<<EOT\none\n\ntwo\nEOT":             "<<EOT\none\n\ntwo\n\nEOT",
		`true`:                               `true`,
		`null`:                               `null`,
		`tostring(null)`:                     `tostring(null)`,
		`var.style`:                          "{\n  \"a\" = \"x\"\n  \"b\" = tolist(null) /* of number */\n  \"c\" = toset([\n    {\n      \"d\" = true\n    },\n  ])\n}",
		`tolist([])`:                         `tolist([])`,
		`tomap({ b = 1, a = 2 })`:            "tomap({\n  \"a\" = 2\n  \"b\" = 1\n})",
		`[]`:                                 `[]`,
		`{}`:                                 `{}`,
		`{ "a\nb" = 1 }`:                     "{\n  \"a\\nb\" = 1\n}",
		`var.word`:                           `(sensitive value)`,
		`"${var.word}!"`:                     `(sensitive value)`,
		`[var.word, 1]`:                      "[\n  (sensitive value),\n  1,\n]",
		`task.cover.urls`:                    `(known after apply)`,
		`local.first`:                        `(known after apply)`,
		`timestamp() == uuid()`:              `false`,
		`length(uuid())`:                     `36`,
		`[for k, t in task.hero : k]`:        "[\n  \"a b\",\n  \"cat\",\n]",
		`type(var.style)`:                    "object({\n    a: string,\n    b: list(number),\n    c: set(\n        object({\n            d: bool,\n        }),\n    ),\n})",
		`(type([1, "a"]))`:                   "tuple([\n    number,\n    string,\n])",
		`type(var.word)`:                     `string`,
		`type([])`:                           `tuple([])`,
		`type({ "a b" = {} })`:               "object({\n    \"a b\": object({}),\n})",
		`type(task.cover.result)`:            `dynamic`,
	} {
		got, diags := eval(t, s, source, false)
		if diags.HasErrors() || got != want {
			t.Errorf("%s: %s %v, want %s", source, got, diags, want)
		}
	}
}

func TestConsoleSeesWhatTheStateKnows(t *testing.T) {
	s := load(t, consoleConfig)
	for _, source := range []string{`local.first`, `task.hero["cat"].urls[0]`, `task.cover.urls[0]`} {
		got, diags := eval(t, s, source, true)
		if diags.HasErrors() || !strings.HasPrefix(got, `"http`) {
			t.Errorf("%s: %s %v", source, got, diags)
		}
	}
}

// To write them in digits would take minutes.
func TestNumbersFarOutOfRangeAreRefusedAtOnce(t *testing.T) {
	s := load(t, `output "far" { value = 1e9999 }`)
	for _, source := range []string{"1e9999999", "-1e-9999999", `"1e9999999" * 2`, "1e16000 * 1e16000"} {
		if text, diags := eval(t, s, source, false); !strings.Contains(diags.Error(), "out of range") {
			t.Errorf("%s: %s %v", source, text, diags)
		}
	}
}

func TestConsoleSaysWhatIsWrong(t *testing.T) {
	s := load(t, consoleConfig)
	for source, want := range map[string]string{
		`each.key`:                         "each.key and each.value exist in a task with for_each only",
		`matrix.a`:                         "matrix exists in a task with a matrix block only",
		`count.index`:                      "count.index exists in a task with count only",
		`self.name`:                        "self exists in output paths, preconditions and postconditions of tasks only",
		`result.index`:                     "result exists in output paths only",
		`task.herp`:                        `Did you mean "hero"?`,
		`x = 1`:                            "nothing can be set",
		`local.rows = 2`:                   "nothing can be set",
		`type(1) == "number"`:              "stands around the whole expression",
		`type(1, 2)`:                       "stands around the whole expression",
		`[type(1)]`:                        "stands around the whole expression",
		`tonumber(var.word)`:               "the reason is not shown",
		`1 +`:                              "Expected the start of an expression",
		`1 2`:                              "extra characters",
		`"abc`:                             "No closing marker",
		"\xff":                             "not valid UTF-8",
		"\x00":                             "NUL",
		strings.Repeat("[", 5_000):         "nested",
		strings.Repeat("1+", 40_000) + "1": "more than 64 KiB",
		`[for i in range(250000) : "${i}, with a text that takes as many bytes as it takes to be too large"]`: "more than 16 MiB",
	} {
		text, diags := eval(t, s, source, false)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) && !strings.Contains(fmt.Sprint(diags[0].Detail), want) {
			t.Errorf("%.40s: %.40s %v, want %s", source, text, diags, want)
		}
		for _, diag := range diags {
			if diag.Subject != nil && diag.Subject.Filename != "<console>" {
				t.Errorf("%.40s: the place is in %s", source, diag.Subject.Filename)
			}
			if strings.Contains(diag.Detail, "hidden word") {
				t.Errorf("%.40s shows a sensitive value: %s", source, diag.Detail)
			}
		}
	}
}

func TestExpressionContinuesWhileSomethingIsOpen(t *testing.T) {
	for source, want := range map[string]bool{
		"": false, "1": false, "(": true, "(1": true, "(1)": false, "[1,\n2": true, "[1,\n2]": false, "{ a = [": true,
		"f(\n\n": true, `"${`: true, `"${1}`: false, `"abc`: false, "<<EOT": true, "<<EOT\na\n": true, "<<EOT\na\nEOT": false,
		"<<-EOT\n  a ${\n": true, "(]": false, ")": false, "# (": false, `"("`: false, "1 +": false, "@(": false, "x < (": true,
	} {
		if got := ExpressionContinues(source); got != want {
			t.Errorf("%q: %v, want %v", source, got, want)
		}
	}
}

func TestCompleteName(t *testing.T) {
	s := load(t, consoleConfig)
	for text, want := range map[string][]string{
		"v":                         {"values(", "var."},
		"var.":                      {"var.style", "var.word"},
		"1 + var.s":                 {"var.style"},
		"max(local.":                {"local.first", "local.rows"},
		"task.h":                    {"task.hero"},
		"task.hero":                 {`task.hero["a b"]`, `task.hero["cat"]`},
		`[task.hero["a`:             {`task.hero["a b"]`},
		`x(task.hero["a b"].u`:      {`task.hero["a b"].urls`},
		`task.hero["cat"], task.co`: {"task.cover"},
		"task.cover":                {"task.cover.cost", "task.cover.files", "task.cover.input", "task.cover.result", "task.cover.task_id", "task.cover.urls"},
		"jsone":                     {"jsonencode("},
		"typ":                       {"type("},
		"":                          nil,
		"a.var":                     nil,
		"nothing":                   nil,
		"\xff\xfe":                  nil,
	} {
		start, got := s.CompleteName(text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		for _, name := range got {
			if !strings.HasPrefix(name, text[start:]) {
				t.Errorf("%q: %q does not begin with %q", text, name, text[start:])
			}
		}
	}
}

// slowSource finds what takes the library minutes, or much memory, and is not
// wrong: numbers of many digits as texts, and products.
var slowSource = regexp.MustCompile(`[eE][+-]?[0-9_]{4}|pow|range|setproduct|(?s)for.*for`)

// What the console writes of a known value is an expression that has the value
// again, but for the last line break of a text of several lines.
func FuzzEvalExpression(f *testing.F) {
	for _, seed := range []string{
		`1 + 2`, `"a\nb${1}"`, `<<EOT` + "\na\nEOT", `type([1, { a = null }])`, `toset(["b", "a"])`, `task.hero`, `var.word`,
		`[for k, t in task.hero : t.urls[0]]`, `1e3000`, `"$${x}%%{y}"`, `jsondecode("[1.50]")`, `x = 1`, `{ "a b" = "\u202e" }`, `(`, `try(task.cover.result.a, 1)`,
	} {
		f.Add(seed)
	}
	s := load(f, consoleConfig)
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 2_000 || slowSource.MatchString(source) {
			return
		}
		ExpressionContinues(source)
		s.CompleteName(source)
		for _, lookup := range []Lookup{nil, everythingRan} {
			text, diags := s.EvalExpression(source, "<console>", lookup)
			if len(text) > maxShownBytes+1<<20 {
				t.Errorf("%d bytes", len(text))
			}
			for _, r := range text {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
					t.Fatalf("%q holds %q", text, r)
				}
			}
			if !diags.HasErrors() {
				checkRoundTrip(t, s, text)
			}
		}
	})
}

// checkRoundTrip evaluates what was written, and writes that.
func checkRoundTrip(t *testing.T, s *Spec, text string) {
	t.Helper()
	for _, part := range []string{"(known after apply)", "(sensitive value)", "EOT", "null", "tuple(", "object(", "Inf", "0x."} {
		if strings.Contains(text, part) {
			return
		}
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "again", hcl.InitialPos)
	if text == "" || diags.HasErrors() && isType(text) {
		return
	}
	if diags.HasErrors() {
		t.Fatalf("%s\n%v", text, diags)
	}
	value, diags := expr.Value(&hcl.EvalContext{Functions: s.config.functions, Variables: map[string]cty.Value{}})
	if diags.HasErrors() {
		if isType(text) {
			return
		}
		t.Fatalf("%s\n%v", text, diags)
	}
	if again, _ := formatValue(value); again != text {
		t.Fatalf("%s\nbecomes\n%s", text, again)
	}
}

func isType(text string) bool {
	for _, name := range []string{"string", "number", "bool", "dynamic", "list(", "set(", "map("} {
		if strings.HasPrefix(text, name) {
			return true
		}
	}
	return false
}
