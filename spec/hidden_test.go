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

// What is made from a sensitive value is as secret, and no text of a variable.
func TestDiagnosticsDoNotQuoteWhatIsMadeFromSecrets(t *testing.T) {
	const tasks = `
variable "v" {
  default   = "hunter2"
  sensitive = true
}
locals {
  secret = upper(var.v)
  made   = { for k, t in task.b : k => t.urls[0] }
}
task "b" {
  model    = "nano-banana"
  for_each = { k = 1 }
  input    = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
task "a" {
  model = "nano-banana"
`
	for _, lines := range []string{
		`input = { (local.secret) = 1 }`,
		`input = merge({ (local.secret) = 1 }, { mode = "text-to-image" })`,
		`input = { prompt = task.b[local.secret].urls[0] }`,
		`input = { prompt = local.made[local.secret] }`,
		"input = {}\n  depends_on = [task.b[local.secret]]",
		"input = {}\n  lifecycle {\n    replace_triggered_by = [task.b[local.secret]]\n  }",
	} {
		s, diags := loadHidden(t, tasks+"  "+lines+"\n}\n")
		if !diags.HasErrors() {
			diags = append(diags, s.Check()...)
		}
		if shown := text(t, s, diags); !diags.HasErrors() || strings.Contains(shown, "HUNTER2") {
			t.Errorf("%s:\n%s", lines, shown)
		}
	}
	s, diags := loadHidden(t, tasks+"  input = sensitive({ mode = \"text-to-image\", prompt = local.secret, aspect_ratio = \"1:1\" })\n}\n")
	if diags = append(diags, s.Check()...); diags.HasErrors() {
		t.Errorf("an input of known names: %v", diags)
	}
}
