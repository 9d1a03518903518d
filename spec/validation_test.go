package spec

import (
	"path/filepath"
	"strings"
	"testing"
)

// outputOf loads a configuration with an output called v, and gives its value as
// JSON and what is wrong.
func outputOf(t *testing.T, config string, opts LoadOptions) (value, problem string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", config)
	s, diags := Load(filepath.Join(dir, "jobs.hcl"), opts)
	if diags.HasErrors() {
		return "", text(t, s, diags)
	}
	outputs, diags := s.EvalOutputs(nil)
	if diags.HasErrors() || len(outputs) != 1 {
		t.Fatal(diags, outputs)
	}
	return string(outputs[0].Value), ""
}

func TestNullOfAVariable(t *testing.T) {
	const output = `output "v" { value = var.v }` + "\n"
	for _, c := range []struct{ config, given, want, problem string }{
		{`variable "v" { default = 1 }`, "null", "null", ""},
		{"variable \"v\" {\n default = 1\n nullable = true\n}", "null", "null", ""},
		{"variable \"v\" {\n default = 1\n nullable = false\n}", "null", "1", ""},
		{"variable \"v\" {\n type = number\n nullable = false\n}", "null", "", "it is null, which nullable ="},
		{"variable \"v\" {\n default = null\n nullable = false\n}", "", "", "Invalid default"},
		{"variable \"v\" {\n type = list(string)\n default = [\"a\"]\n nullable = false\n}", "null", `["a"]`, ""},
		{"variable \"v\" {\n default = 1\n ephemeral = true\n}", "", "", "sensitive = true"},
	} {
		var opts LoadOptions
		if c.given != "" {
			opts.Vars = []VarAssignment{{Name: "v", Value: c.given}}
		}
		value, problem := outputOf(t, c.config+"\n"+output, opts)
		if value != c.want || !strings.Contains(problem, c.problem) || (c.problem == "") != (problem == "") {
			t.Errorf("%s\ngiven %q: %s %s; want %s %s", c.config, c.given, value, problem, c.want, c.problem)
		}
	}
}

func TestRulesOfVariables(t *testing.T) {
	const head = "locals {\n  most = 3\n}\noutput \"v\" {\n  value = 0\n}\nvariable \"other\" {\n  default = 5\n}\nvariable \"secret\" {\n  default = \"hunter2\"\n  sensitive = true\n}\n"
	rule := func(condition, message string) string {
		return head + "variable \"v\" {\n  default = 1\n  validation {\n    condition = " + condition + "\n    error_message = " + message + "\n  }\n}\n"
	}
	for _, c := range []struct{ config, problem string }{ // "" is accepted
		{rule(`var.v > 0`, `"no"`), ""},
		{rule(`var.v < var.other`, `"no"`), ""},
		{rule(`var.v <= local.most`, `"no"`), ""},
		{rule(`can(tonumber(var.v))`, `"no"`), ""},
		{rule(`var.v > 1`, `"Got ${var.v}, which is too small."`), "Got 1, which is too small."},
		{rule(`var.v > local.most`, `"More than ${local.most}."`), "More than 3."},
		{rule(`var.v > 1`, `"no"`), "from its default"},
		{rule(`var.v > 1`, `"no"`), "with var.v as 1"},
		{rule(`true`, `"no"`), "says nothing about its value"},
		{rule(`var.other > 0`, `"no"`), "does not use var.v"},
		{rule(`"x${var.v}"`, `"no"`), "must be true or false"},
		{rule(`sensitive("x${var.v}")`, `"no"`), "must be true or false, not a sensitive value"},
		{rule(`var.v > 1`, `var.secret`), "cannot use a sensitive value"},
		{rule(`var.v > 1`, `""`), "must be a text"},
		{rule(`var.w > 1`, `"no"`), `No variable block declares "w"`},
		{rule(`var.v == task.x.urls`, `"no"`), "only variables and locals"},
		{head + "variable \"v\" {\n  default = 1\n  validation {\n    condition = var.v > 0\n  }\n}\n", "without a message"},
		{head + "variable \"v\" {\n  default = 1\n  validation {\n    error_message = \"no\"\n  }\n}\n", "without a condition"},
		{head + "variable \"v\" {\n  default = 1\n  validation {\n    condition = var.v > 1\n    error_message = \"first\"\n  }\n  validation {\n    condition = var.v > 2\n    error_message = \"second\"\n  }\n}\n", "second"},
		{head + "variable \"v\" {\n  default = \"hunter2\"\n  sensitive = true\n  validation {\n    condition = var.v == \"x\"\n    error_message = \"no\"\n  }\n}\n", "no"},
	} {
		_, problem := outputOf(t, c.config, LoadOptions{})
		if !strings.Contains(problem, c.problem) || (c.problem == "") != (problem == "") {
			t.Errorf("%s\n%s\nwant %q", c.config, problem, c.problem)
		}
		if strings.Contains(strings.ReplaceAll(problem, `default = "hunter2"`, ""), "hunter2") {
			t.Errorf("a secret is told:\n%s", problem)
		}
	}
}

func TestWhatNothingSetsIsAskedFor(t *testing.T) {
	const config = "variable \"v\" {\n  type = list(number)\n  description = \"Sizes.\"\n}\noutput \"v\" {\n  value = var.v\n}\n"
	var asked []Question
	answer := "[1, 2]"
	opts := LoadOptions{Ask: func(q Question) (string, error) { asked = append(asked, q); return answer, nil }}
	if value, problem := outputOf(t, config, opts); value != "[1,2]" || problem != "" {
		t.Errorf("%s %s", value, problem)
	}
	if want := (Question{"v", "Sizes.", "list(number)", false}); len(asked) != 1 || asked[0] != want {
		t.Errorf("asked %v, want %v", asked, want)
	}
	answer = "x"
	if _, problem := outputOf(t, config, opts); !strings.Contains(problem, "from the answer, does not fit its type") {
		t.Error(problem)
	}
	opts.Vars = []VarAssignment{{Name: "v", Value: "[3]"}}
	if value, _ := outputOf(t, config, opts); value != "[3]" || len(asked) != 2 {
		t.Errorf("%s, asked %d times", value, len(asked))
	}
}
