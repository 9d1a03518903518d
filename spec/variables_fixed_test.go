package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fixedVariables = `
variable "text" { type = string }
variable "number" { default = 0.1 }
variable "big" { default = 123456789012345678901234567890 }
variable "list" { type = list(string) }
variable "any" { default = { a = [1, "two", null], b = {} } }
variable "object" {
  type    = object({ name = string, size = optional(number, 3) })
  default = { name = "n" }
}
variable "anything" {
  type    = map(any)
  default = { a = "x" }
}
variable "nothing" { default = null }
variable "empty" {
  type    = list(any)
  default = []
}
variable "secret" {
  type      = string
  sensitive = true
  default   = "unset"
}
task "one" {
  model = "nano-banana"
  input = {
    prompt = "${var.text} ${var.number} ${var.big} ${jsonencode([var.list, var.any, var.object, var.anything, var.nothing, var.empty])}"
    secret = var.secret
  }
}
`

func TestVariablesThatAreFixedMakeTheSameRequest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(fixedVariables), 0o600); err != nil {
		t.Fatal(err)
	}
	before := evaluateOne(t, path, LoadOptions{
		Vars:    []VarAssignment{{Name: "text", Value: "${quoted} \"\u00e9\""}, {Name: "list", Value: `["a", "b,c"]`}, {Name: "secret", Value: "canary-of-the-variable"}},
		Environ: map[string]string{"number": "0.25"},
	})
	values, err := before.VariableValues()
	if err != nil {
		t.Fatal(err)
	}
	if _, kept := values["secret"]; kept {
		t.Error("the sensitive variable is among the values")
	}
	after := evaluateOne(t, path, LoadOptions{
		Vars:    []VarAssignment{{Name: "secret", Value: "canary-of-the-variable"}},
		Environ: map[string]string{"number": "7", "text": "another"},
		Fixed:   values,
	})
	if diff := cmp.Diff(inputOfOne(t, before), inputOfOne(t, after)); diff != "" {
		t.Errorf("the request is another one (-before +after):\n%s", diff)
	}
	if !strings.Contains(inputOfOne(t, after), "canary-of-the-variable") {
		t.Error("the sensitive variable was not set again")
	}
}

func TestFixedVariablesCannotBeSetAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(fixedVariables), 0o600); err != nil {
		t.Fatal(err)
	}
	values, err := evaluateOne(t, path, LoadOptions{Vars: []VarAssignment{{Name: "text", Value: "x"}, {Name: "list", Value: "[]"}}}).VariableValues()
	if err != nil {
		t.Fatal(err)
	}
	_, diags := Load(path, LoadOptions{Fixed: values, Vars: []VarAssignment{{Name: "text", Value: "y"}}})
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "Variable is set already") {
		t.Errorf("diagnostics are %v", diags)
	}
	values["list"] = []byte(`{"no": "list"}`)
	if _, diags = Load(path, LoadOptions{Fixed: values}); !diags.HasErrors() {
		t.Error("a value that does not fit its type was taken")
	}
}

func evaluateOne(t *testing.T, path string, opts LoadOptions) *Spec {
	t.Helper()
	s, diags := Load(path, opts)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func inputOfOne(t *testing.T, s *Spec) string {
	t.Helper()
	eval, err := s.Instances[0].Evaluate(nil, func(plain string) string { return plain })
	if err != nil || !eval.Known {
		t.Fatalf("known %t, %v", eval.Known, err)
	}
	return string(eval.Request.Input)
}
