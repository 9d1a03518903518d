package spec

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const declarations = `
variable "style" {
  type    = string
  default = "default"
}
variable "sizes" {
  type    = list(number)
  default = [1]
}
variable "free" {
  default = 3
}
variable "camera" {
  type = object({ lens = string, mm = optional(number, 50) })
  default = { lens = "default" }
}
variable "secret" {
  type      = string
  default   = "none"
  sensitive = true
}
task "t" {
  model = "nano-banana"
  input = { style = var.style, sizes = var.sizes, free = var.free, camera = var.camera, secret = var.secret }
}`

// evaluated loads the declarations with the options and gives the input.
func evaluated(t *testing.T, dir string, opts LoadOptions) (string, string) {
	t.Helper()
	write(t, dir, "jobs.hcl", declarations)
	s, diags := Load(filepath.Join(dir, "jobs.hcl"), opts)
	if diags.HasErrors() {
		return "", diags.Error()
	}
	evaluation, err := s.Instances[0].Evaluate(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	warnings := make([]string, len(diags))
	for i, diag := range diags {
		warnings[i] = diag.Detail
	}
	return string(evaluation.Request.Body()), strings.Join(warnings, "\n")
}

func TestLaterSourcesOfAVariableWin(t *testing.T) {
	dir := t.TempDir()
	environ := map[string]string{"style": "environ", "nobody": "ignored"}
	has := func(opts LoadOptions, want string) {
		t.Helper()
		got, problem := evaluated(t, dir, opts)
		if !strings.Contains(got, `"style":"`+want+`"`) || problem != "" {
			t.Errorf("got %s %s, want style %q", got, problem, want)
		}
	}
	has(LoadOptions{}, "default")
	has(LoadOptions{Environ: environ}, "environ")
	write(t, dir, "apixo.vars.hcl", `style = "vars"`)
	has(LoadOptions{Environ: environ}, "vars")
	write(t, dir, "apixo.vars.hcl.json", `{"style": "vars ${in} JSON"}`)
	has(LoadOptions{Environ: environ}, "vars ${in} JSON")
	write(t, dir, "b.auto.vars.hcl", `style = "b"`)
	write(t, dir, "a.auto.vars.hcl.json", `{"style": "a"}`)
	has(LoadOptions{Environ: environ}, "b")
	write(t, dir, "c.auto.vars.hcl.json", `{"style": "c"}`)
	has(LoadOptions{Environ: environ}, "c")
	write(t, dir, ".z.auto.vars.hcl", `style = "hidden"`)
	write(t, dir, "d.vars.hcl", `style = "not auto"`)
	if err := os.Mkdir(filepath.Join(dir, "e.auto.vars.hcl"), 0o777); err != nil {
		t.Fatal(err)
	}
	has(LoadOptions{}, "c")
	write(t, dir, "own.json", `{"style": "JSON"}`)
	has(LoadOptions{Vars: []VarAssignment{{File: filepath.Join(dir, "own.json")}}}, "JSON")
	write(t, dir, "my.vars.hcl", `style = "file"`)
	file := VarAssignment{File: filepath.Join(dir, "my.vars.hcl")}
	has(LoadOptions{Environ: environ, Vars: []VarAssignment{{Name: "style", Value: "flag"}}}, "flag")
	has(LoadOptions{Environ: environ, Vars: []VarAssignment{{Name: "style", Value: "flag"}, file}}, "file")
	has(LoadOptions{Environ: environ, Vars: []VarAssignment{file, {Name: "style", Value: "flag"}}}, "flag")
}

func TestTextOfAVariableIsReadByItsType(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"style", `["x"]`, `"style":"[\"x\"]"`},
		{"style", `007`, `"style":"007"`},
		{"sizes", `[2, "3"]`, `"sizes":[2,3]`},
		{"free", `5`, `"free":5`},
		{"camera", `{ lens = "wide" }`, `"camera":{"lens":"wide","mm":50}`},
		{"secret", `hunter2`, `"secret":"hunter2"`},
	} {
		got, problem := evaluated(t, t.TempDir(), LoadOptions{Vars: []VarAssignment{{Name: c.name, Value: c.value}}})
		if problem != "" || !strings.Contains(got, c.want) {
			t.Errorf("-var %s=%s gives %s %s, want %s", c.name, c.value, got, problem, c.want)
		}
	}
}

func TestWrongVariablesAreExplained(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"stlye", "x", `Did you mean "style"?`},
		{"sizes", "[a]", "Text inside lists and maps needs quotes"},
		{"sizes", "[", "does not fit its type, list(number)"},
		{"sizes", `["x"]`, "a number is required"},
		{"camera", `{}`, `attribute "lens" is required`},
	} {
		_, problem := evaluated(t, t.TempDir(), LoadOptions{Vars: []VarAssignment{{Name: c.name, Value: c.value}}})
		if !strings.Contains(problem, c.want) {
			t.Errorf("-var %s=%s: %q, want %q", c.name, c.value, problem, c.want)
		}
	}
}

func TestTextThatIsNoValueOfItsTypeIsExplained(t *testing.T) {
	config := `
variable "n" { type = number }
variable "on" { type = bool }
variable "pin" {
  type      = number
  sensitive = true
}
variable "free" { default = 3 }
variable "sized" { type = map(number) }
variable "names" { type = set(string) }
variable "keys" {
  type      = map(string)
  sensitive = true
}`
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", config)
	for _, c := range []struct{ name, value, want string }{
		{"n", "abc", `does not fit its type, number: "abc" is no number.`},
		{"n", "1,5", `does not fit its type, number: "1,5" is no number.`},
		{"n", "1e9999999", "number: Number out of range"},
		{"on", "yes", `does not fit its type, bool: "yes" is neither true nor false.`},
		{"pin", "hunter2", "does not fit its type, number: it is no number."},
		{"free", "abc", `Text needs quotes, as in 'free="abc"'`},
		{"sized", "{ a = 1, a = 2 }", `object has the key "a" already`},
		{"names", "[a]", "Text inside lists and maps needs quotes"},
		{"keys", "{ hidden = 1, hidden = 2 }", "Duplicate key"},
	} {
		_, diags := Load(dir, LoadOptions{Vars: []VarAssignment{{Name: c.name, Value: c.value}}})
		problem := diags.Error()
		for _, diag := range diags {
			if strings.Contains(diag.Detail, "from -var") {
				problem = diag.Detail
			}
		}
		if !strings.Contains(problem, c.want) {
			t.Errorf("-var %s=%s: %q, want %q", c.name, c.value, problem, c.want)
		}
		if strings.Contains(problem, "hunter2") || strings.Contains(problem, "hidden") {
			t.Errorf("%q shows what is sensitive", problem)
		}
	}
}

func TestUndeclaredNamesInAVariableFileAreWarnings(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "apixo.vars.hcl", `stlye = "x"`)
	got, problem := evaluated(t, dir, LoadOptions{})
	if got == "" || !strings.Contains(problem, `Did you mean "style"?`) {
		t.Errorf("input %s, problem %q", got, problem)
	}
}

func TestSensitiveValuesOfVariablesAreNotQuoted(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", `
variable "pin" {
  type      = number
  sensitive = true
}
task "t" {
  for_each = { (var.pin) = 1 }
  model    = "nano-banana"
  input    = { seed = var.pin + "x" }
}`)
	for _, pin := range []string{"hunter2", "[hunter2", `"hunter2"`} {
		s, diags := Load(dir, LoadOptions{Vars: []VarAssignment{{Name: "pin", Value: pin}}})
		if shown := text(t, s, diags); !diags.HasErrors() || strings.Contains(shown, "hunter2") {
			t.Errorf("-var pin=%s: %s", pin, shown)
		}
	}
	s, diags := Load(dir, LoadOptions{Environ: map[string]string{"pin": "4711"}})
	if shown := text(t, s, diags); !diags.HasErrors() || strings.Contains(shown, "4711") {
		t.Errorf("a key: %s", shown)
	}
}

func TestDigestsCoverEveryFileRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", `
locals {
  rows = csvdecode(file("rows.csv"))
}
task "t" {
  for_each = { for r in local.rows : r.id => r }
  model    = "nano-banana"
  input    = { prompt = file("prompt.txt") }
}`)
	write(t, dir, "rows.csv", "id\na\n")
	write(t, dir, "prompt.txt", "x")
	write(t, dir, "apixo.vars.hcl", "")
	s, diags := Load(dir, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s.Check()
	got := slices.Sorted(maps.Keys(s.Digests))
	if want := []string{"apixo.vars.hcl", "jobs.hcl", "prompt.txt", "rows.csv"}; !slices.Equal(got, want) {
		t.Errorf("digests of %v, want %v", got, want)
	}
}
