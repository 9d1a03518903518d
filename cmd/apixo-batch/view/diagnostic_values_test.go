package view

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec"
)

func TestDiagnosticsShowTheValuesOfTheirExpression(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	config := `variable "secret" {
  default   = "hunter2"
  sensitive = true
}
task "hero" {
  model    = "nano-banana"
  for_each = { cat = { prompt = "a cat\u001b[31m", size = [1, 2] } }
  input    = { mode = "text-to-image", prompt = "${each.value.prompt}${var.secret}", bad = [each.value.size, null] }
}
`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{})
	diags = append(diags, s.Check()...)
	if len(diags) != 1 {
		t.Fatal(diags)
	}
	var b bytes.Buffer
	writeDiagnostics(&b, Style{Width: 80}, diags, s.Sources)
	for _, want := range []string{`each.value.prompt is "a cat\x1b[31m"`, "each.value.size is a list with 2 elements", "var.secret has a sensitive value"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if strings.Contains(strings.ReplaceAll(b.String(), config, ""), "hunter2") {
		t.Errorf("the secret is told:\n%s", b.String())
	}
	values := DiagnosticJSON(diags[0], s.Sources).Snippet.Values
	if len(values) != 3 || values[0].Traversal != "each.value.prompt" {
		t.Errorf("JSON has %v", values)
	}
	if got := DiagnosticJSON(&hcl.Diagnostic{Subject: diags[0].Subject}, s.Sources).Snippet.Values; got == nil || len(got) != 0 {
		t.Errorf("without an expression: %v, want an empty list", got)
	}
}
