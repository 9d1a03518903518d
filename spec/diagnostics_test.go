package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// problems loads and checks a configuration with some files beside it, and gives
// all that is wrong with it.
func problems(t *testing.T, config string, vars ...VarAssignment) (*Spec, hcl.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, dir, "rows.csv", "id,prompt\na,x\nb,y\n")
	write(t, dir, "rows.jsonl", "{\"id\": \"a\", \"seed\": 1}\n{\"id\": \"b\", \"seed\": \"no\"}\n")
	write(t, dir, "jobs.hcl", config)
	s, diags := Load(".", LoadOptions{Vars: vars})
	if !diags.HasErrors() {
		diags = append(diags, s.Check()...)
	}
	return s, diags
}

func TestNamesThatAreNearAreSuggested(t *testing.T) {
	const head = "variable \"style\" {\n  default = { light = \"soft\" }\n}\nlocals {\n  rows = csvdecode(file(\"rows.csv\"))\n}\n"
	input := func(expr string) string {
		return head + `
task "base" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
task "grid" {
  model = "nano-banana"
  matrix {
    shade = ["dark"]
  }
  input = { mode = "text-to-image", prompt = matrix.shade, aspect_ratio = "1:1" }
}
task "t" {
  for_each = { for r in local.rows : r.id => r }
  model    = "nano-banana"
  input    = { mode = "text-to-image", aspect_ratio = "1:1", prompt = ` + expr + ` }
}`
	}
	for _, c := range []struct{ config, want string }{
		{"tsak \"t\" {}", "task"},
		{"task \"t\" {\n  modle = \"x\"\n  input = {}\n}", "model"},
		{"task \"t\" {\n  model = \"nano-banana\"\n  input = {}\n  retri {}\n}", "retry"},
		{"batch {\n  budgt = 1\n}", "budget"},
		{"batch {\n  poll {\n    intervall = \"1s\"\n  }\n}", "interval"},
		{input(`vr.style.light`), "var"},
		{input(`var.stile.light`), "style"},
		{input(`var.style.lihgt`), "light"},
		{input(`style`), "var.style"},
		{input(`local.row[0].id`), "rows"},
		{input(`local.rows[0].promt`), "prompt"},
		{input(`task.bse.urls[0]`), "base"},
		{input(`task.base.url[0]`), "urls"},
		{input(`task.grid["drak"].urls[0]`), "dark"},
		{input(`each.valu.prompt`), "value"},
		{input(`each.value.promt`), "prompt"},
		{input(`each.value["promt"]`), "prompt"},
		{input(`"a ${each.value.promt}"`), "prompt"},
		{input(`{ lamp = "on" }[join("", ["lam"])]`), "lamp"},
		{input(`[for r in local.rows : r.promt][0]`), "prompt"},
		{input(`uper(each.key)`), "upper"},
		{input(`csvdecod("a")`), "csvdecode"},
		{strings.Replace(input(`"x"`), `matrix.shade`, `matrix.shad`, 1), "shade"},
		{strings.Replace(input(`"x"`), `model = "nano-banana"`, `model = "nano-bananna"`, 1), "nano-banana"},
		{strings.Replace(input(`"x"`), `model    = "nano-banana"`, `model    = each.value.modle`, 1), "It has id, prompt."},
		{strings.Replace(input(`"x"`), `aspect_ratio`, `aspect_raito`, 1), "aspect_ratio"},
		{input(`"x"`) + "\noutput \"o\" {\n  value = task.base.ulrs\n}", "urls"},
		{input(`"x"`) + "\nimport {\n  to = task.t[\"a\"]\n  ids = \"x\"\n}", "id"},
	} {
		_, diags := problems(t, c.config)
		want := c.want
		if !strings.HasSuffix(want, ".") {
			want = "Did you mean"
		}
		if all := fmt.Sprint(diags.Errs()) + warnings(diags); !strings.Contains(all, want) || !strings.Contains(all, c.want) {
			t.Errorf("%s\n%s; want %q to be meant", c.config, all, c.want)
		}
	}
	if _, diags := problems(t, input(`"x"`), VarAssignment{Name: "stile", Value: "1"}); !strings.Contains(diags.Error(), `Did you mean "style"?`) {
		t.Error(diags)
	}
}

func warnings(diags hcl.Diagnostics) string {
	var all string
	for _, d := range diags {
		all += d.Summary + ": " + d.Detail + "\n"
	}
	return all
}

// A key of a sensitive map is not told.
func TestNamesThatAreSensitiveAreNotSuggested(t *testing.T) {
	_, diags := problems(t, `
variable "tokens" {
  type      = map(string)
  default   = { hunter2 = "x" }
  sensitive = true
}
task "t" {
  model = "nano-banana"
  input = { mode = "text-to-image", aspect_ratio = "1:1", prompt = var.tokens.hunter3 }
}`)
	if !diags.HasErrors() || strings.Contains(warnings(diags), "hunter2") {
		t.Error(warnings(diags))
	}
}

func TestEqualErrorsOfManyInstancesAreOneWithACount(t *testing.T) {
	for lines, want := range map[string]string{
		`input = { value = each.value.none }`:                       `In task.t["k0"] … and 9 more instances.`,
		`input = { value = [for i in range(3) : each.value.none] }`: `In task.t["k0"] … and 9 more instances.`,
		`input = { value = upper([each.key]) }`:                     `In task.t["k0"] … and 9 more instances.`,
		"input = {}\n  model = each.value.none":                     `In task.t["k0"] … and 9 more instances.`,
		"input = {}\n  timeout = \"x${each.key}\"":                  `In task.t["k0"] … and 9 more instances.`,
		"input = {}\n  output = \"${each.value.none}\"":             `In task.t["k0"] … and 9 more instances.`,
	} {
		model := "model = \"nano-banana\"\n  "
		if strings.Contains(lines, "model =") {
			model = ""
		}
		_, diags := problems(t, `
task "base" {
  for_each = toset(["b"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", aspect_ratio = "1:1", prompt = "x" }
}
task "t" {
  for_each = { for i in range(10) : "k${i}" => { some = i } }
  `+model+lines+`
}`)
		if errs := diags.Errs(); len(errs) != 1 || !strings.Contains(errors.Join(errs...).Error(), want) {
			t.Errorf("%s: %v, want one with %q", lines, errs, want)
		}
	}
}

func TestEqualErrorsOfPreconditionsAndImportsAreOneWithACount(t *testing.T) {
	s, diags := problems(t, `
task "t" {
  for_each = toset([for i in range(10) : "k${i}"])
  model    = "nano-banana"
  input    = {}
  precondition {
    condition     = length(each.key) > 2
    error_message = "${each.key} is too short."
  }
}`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var errs []error
	for _, i := range s.Instances {
		errs = append(errs, i.Preconditions(nil))
	}
	for n := range 3 {
		errs = append(errs, Import{To: s.Instances[n].Address, TaskID: fmt.Sprintf("task_%d", n)}.Refused("it failed."))
	}
	all, _ := JoinErrors(errs).(hcl.Diagnostics)
	if len(all) != 2 || !strings.Contains(warnings(all), `In task.t["k0"] … and 9 more instances.`) || !strings.Contains(warnings(all), "2 more") {
		t.Errorf("%d: %s", len(all), warnings(all))
	}
}

func TestRowsArePointedAtInTheirOwnFile(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{"locals {\n  rows = csvdecode(file(\"rows.csv\"))\n}\ntask \"t\" {\n  for_each = local.rows\n  key = each.value.id\n  model = \"nano-banana\"\n  input = { x = tonumber(each.value.prompt) }\n}", "(rows.csv:2)"},
		{"task \"t\" {\n  for_each = jsonldecode(file(\"rows.jsonl\"))\n  key = each.value.id\n  model = \"nano-banana\"\n  input = { x = each.value.seed + 1 }\n}", "(rows.jsonl:2)"},
		{"task \"t\" {\n  for_each = csvdecode(file(\"rows.csv\"))\n  key = \"same\"\n  model = \"nano-banana\"\n  input = {}\n}", "rows.csv:3"},
		{"task \"t\" {\n  model = \"nano-banana\"\n  input = { x = [for r in jsonldecode(file(\"rows.jsonl\")) : r.seed + 1] }\n}", "rows.jsonl:2"},
		{"locals {\n  x = [for r in csvdecode(file(\"rows.csv\")) : tonumber(r.id)]\n}", "rows.csv:2 … and 1 more"},
	} {
		_, diags := problems(t, c.config)
		if all := errors.Join(diags.Errs()...); all == nil || !strings.Contains(all.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.config, all, c.want)
		}
	}
}

// One run says of everything that can be told apart what is wrong with it.
func TestIndependentErrorsAreReportedTogether(t *testing.T) {
	for _, c := range []struct {
		config string
		want   []string
	}{
		{`
variable "none" {}
batch {
  budget = var.gone
}
locals {
  a = local.gone
}
task "t" {
  model = uper("x")
  input = { prompt = task.gone.urls }
  retry {
    on = []
  }
  precondition {
    condition = var.gone2
  }
}
output "o" {
  value = task.t.gone
}
`, []string{`"none" has no default`, `declares "gone"`, "local", `function "uper"`, `no task "gone"`, `no "on" here`, `declares "gone2"`, "without error_message", `no "gone"`}},
		{`
task "t" {
  modle = "x"
  model = "nano-banana"
  input = { prompt = var.gone }
}
task "u" {
  model = "nano-banana"
}
`, []string{`"modle"`, `declares "gone"`, "Task without an input"}},
		{`
variable "v" {
  default = 1
  validation {
    condition     = var.v > 1
    error_message = "Too small."
  }
}
defaults {
  model = "nano-banana"
  input = { mode = "text-to-image" }
}
task "t" {
  input = { prompt = var.gone }
}
task "u" {
}
`, []string{"Too small.", `declares "gone"`}},
		{`
task "a" {
  for_each = ["x"]
  model    = "nano-banana"
  input    = {}
}
task "b" {
  count = -1
  model = "nano-banana"
  input = {}
}
`, []string{"Invalid for_each", "Invalid count"}},
	} {
		_, diags := problems(t, c.config)
		errs := diags.Errs()
		all := errors.Join(errs...).Error()
		if len(errs) != len(c.want) {
			t.Errorf("%d errors, want %d:\n%s", len(errs), len(c.want), all)
		}
		for _, want := range c.want {
			if !strings.Contains(all, want) {
				t.Errorf("%q is missing in\n%s", want, all)
			}
		}
	}
}

func TestJoinedErrorsLoseNone(t *testing.T) {
	plain := errors.New("a disk is full")
	found := hcl.Diagnostics{failf(hcl.Range{Filename: "a.hcl"}, "Wrong", "x")}
	if err := JoinErrors([]error{nil, nil}); err != nil {
		t.Error(err)
	}
	err := JoinErrors([]error{plain, fmt.Errorf("within: %w", found), nil})
	diags, _ := err.(hcl.Diagnostics)
	if len(diags) != 2 || !strings.Contains(warnings(diags), "a disk is full") {
		t.Error(err)
	}
}

func TestFunctionsThatAreLeftOutSayWhy(t *testing.T) {
	table := functions("", newFileReader(t.TempDir()))
	for name, why := range functionsLeftOut {
		if _, there := table[name]; there {
			t.Errorf("%s is not left out", name)
		}
		s, diags := loadHidden(t, "locals {\n  a = "+name+"(1)\n}\n")
		if shown := strings.Join(strings.Fields(text(t, s, diags)), " "); !strings.Contains(shown, strings.TrimSpace(why)) {
			t.Errorf("%s:\n%s", name, shown)
		}
	}
}

// A block that is misspelt may declare anything, but not functions.
func TestMisspeltBlockHidesNoOtherErrors(t *testing.T) {
	s, diags := loadHidden(t, `
varable "x" {}
task "hero" {
  model = "nano-banana"
  input = { prompt = "${uper("x")} ${var.x} ${each.key}" }
}
task "incomplete" {
  input = {}
}
`)
	shown := text(t, s, diags)
	for _, want := range []string{`Did you mean "variable"`, `There is no function "uper"`, "No each here"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
	if len(diags) != 3 {
		t.Errorf("%d errors:\n%s", len(diags), shown)
	}
}
