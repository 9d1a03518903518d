package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func loadHidden(t *testing.T, text string) (*Spec, hcl.Diagnostics) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, LoadOptions{})
}

func TestDiagnosticsDoNotQuoteSensitiveKeys(t *testing.T) {
	const secret = "hunter2"
	declared := "variable \"secret\" {\n  type = string\n  sensitive = true\n  default = \"" + secret + "\"\n}\n"
	twice := "length({ for k in [var.secret, var.secret] : k => 1 })"
	for name, config := range map[string]string{
		"local":     "locals {\n  n = " + twice + "\n}\n",
		"input":     "task \"a\" {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = \"x ${" + twice + "}\", aspect_ratio = \"1:1\" }\n}\n",
		"each":      "task \"a\" {\n  model = \"nano-banana\"\n  for_each = { for k in [var.secret, var.secret] : k => 1 }\n  input = { mode = \"text-to-image\", prompt = \"x\", aspect_ratio = \"1:1\" }\n}\n",
		"condition": "variable \"v\" {\n  default = 1\n  validation {\n    condition = { for k in [var.secret, var.secret] : k => true }[\"x\"] && var.v > 0\n    error_message = \"m\"\n  }\n}\n",
	} {
		s, diags := loadHidden(t, declared+config)
		if !diags.HasErrors() {
			_, err := s.Instances[0].Evaluate(nil, nil)
			if err == nil {
				t.Errorf("%s: no error", name)
				continue
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if strings.Contains(diags.Error(), secret) {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func TestPostconditionsDoNotQuoteSensitiveKeys(t *testing.T) {
	s, diags := loadHidden(t, `variable "secret" {
  sensitive = true
  default   = "hunter2"
}
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
  postcondition {
    condition     = length({ for k in [var.secret, var.secret] : k => self.cost }) > 0
    error_message = "m"
  }
}
`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	why, _ := s.Instances[0].Postconditions(nil, Finished{})
	if !strings.Contains(why, "cannot be evaluated") || strings.Contains(why, "hunter2") {
		t.Error(why)
	}
}

func TestValuesFilesOfSensitiveVariablesAreNotShown(t *testing.T) {
	for _, line := range []string{`secret = ["hunter2zz"]`, `secret = hunter2zz`, `secret = "hunter2zz`, "secret {\n  a = \"hunter2zz\"\n}", "secret = \"hunter2zz\"\nsecret = 1"} {
		dir := t.TempDir()
		for name, text := range map[string]string{"jobs.hcl": "variable \"secret\" {\n  type = number\n  sensitive = true\n}\n", "apixo.vars.hcl": line + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, diags := Load(dir, LoadOptions{})
		if !diags.HasErrors() {
			t.Errorf("%s: no error", line)
		}
		for _, diag := range diags {
			if diag.Subject != nil && filepath.Base(diag.Subject.Filename) == "apixo.vars.hcl" || strings.Contains(diag.Detail, "hunter2zz") {
				t.Errorf("%s: %v", line, diag)
			}
		}
	}
}
