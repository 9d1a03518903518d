package spec

import (
	"errors"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

func TestOutputsWaitForWhatTheyDependOn(t *testing.T) {
	s := load(t, upstream+`
output "one" {
  value      = "there"
  depends_on = [task.one, task.hero["b"]]
}
output "shots" {
  value      = task.shot[1].urls[0]
  depends_on = [task.shot]
}
`)
	for _, c := range []struct {
		ran        []string
		one, shots bool
	}{
		{nil, false, false},
		{[]string{"task.one"}, false, false},
		{[]string{"task.one", `task.hero["b"]`}, true, false},
		{[]string{"task.shot[1]"}, false, false},
		{[]string{"task.shot[0]", "task.shot[1]", "task.shot[2]"}, false, true},
	} {
		var addresses []task.Address
		for _, text := range c.ran {
			addresses = append(addresses, address(t, text))
		}
		outputs, diags := s.EvalOutputs(only(addresses))
		if diags.HasErrors() || outputs[0].Known != c.one || outputs[1].Known != c.shots {
			t.Errorf("after %v: %+v, %v", c.ran, outputs, diags)
		}
	}
}

func TestPreconditionsOfOutputsHoldTheirValueBack(t *testing.T) {
	s := load(t, upstream+`
locals {
  all = [for t in task.hero : t.urls[0]]
}
output "held" {
  value = task.one.urls[0]
  precondition {
    condition     = length(local.all) > 3
    error_message = "Only ${length(local.all)} pictures."
  }
  precondition {
    condition     = task.one.task_id == "other"
    error_message = "Not the one."
  }
}
output "free" {
  value = task.one.urls[0]
  precondition {
    condition     = startswith(task.one.urls[0], "https://")
    error_message = "No address."
  }
}
`)
	if _, diags := s.EvalOutputs(only([]task.Address{address(t, "task.one")})); diags.HasErrors() {
		t.Errorf("before all has run: %v", diags)
	}
	if diags := s.Check(); diags.HasErrors() {
		t.Error(diags)
	}
	outputs, diags := s.EvalOutputs(everythingRan)
	if len(diags) != 2 || !strings.Contains(diags[0].Detail, "Only 3 pictures.") || !strings.Contains(diags[1].Detail, `Not the one. (task.one.task_id is the text "id-task.one")`) {
		t.Error(diags)
	}
	if outputs[0].Known || string(outputs[0].Value) != "null" || !outputs[1].Known {
		t.Errorf("%+v", outputs)
	}
}

// What an output gets wrong is said before anything is bought.
func TestOutputsAreChecked(t *testing.T) {
	for lines, want := range map[string]string{
		`value = upper([task.one.urls[0]])`:   "Invalid function argument",
		`value = sensitive(task.one.urls[0])`: "Sensitive output",
		"value = 1\n  precondition {\n    condition = 1 > 2\n    error_message = \"too small\"\n  }": "too small",
	} {
		s := load(t, upstream+"output \"o\" {\n  "+lines+"\n}\n")
		if diags := s.Check(); !diags.HasErrors() || !strings.Contains(errors.Join(diags.Errs()...).Error(), want) {
			t.Errorf("%s: %v, want %q", lines, diags, want)
		}
	}
}

func TestNamesOfOtherToolsAreRefusedWithWhatToWrite(t *testing.T) {
	const pre = "task \"t\" {\n  model = \"nano-banana\"\n  input = {}\n"
	for config, want := range map[string]string{
		pre + "  source = \"rows.csv\"\n}":                        `for_each = csvdecode(file("prompts.csv"))`,
		pre + "  retry {\n    on = [\"X\"]\n  }\n}":               `error "NEW_CODE" { retry = true`,
		pre + "  dynamic \"x\" {}\n}":                             "a for expression makes",
		pre + "  provisioner \"local-exec\" {}\n}":                "up to the shell",
		"resource \"a\" \"b\" {}":                                 `task "hero"`,
		"data \"a\" \"b\" {}":                                     "csvdecode",
		"module \"m\" {\n  source = \"x\"\n}":                     "All .hcl files of a directory",
		"provider \"apixo\" {}":                                   "apixo block",
		"terraform {}":                                            "the state lies beside",
		"check \"c\" {}":                                          "postcondition",
		"variable \"v\" {\n  ephemeral = true\n}":                 "sensitive = true",
		"output \"o\" {\n  value = 1\n  ephemeral = 1\n}":         "sensitive = true",
		pre + "  lifecycle {\n    prevent_destroy = true\n  }\n}": "prevent_regenerate",
	} {
		dir := t.TempDir()
		write(t, dir, "jobs.hcl", config)
		if _, diags := Load(dir, LoadOptions{}); len(diags) != 1 || diags[0].Summary != "Not part of the language" || !strings.Contains(diags[0].Detail, want) {
			t.Errorf("%s: %v, want %q", config, diags, want)
		}
	}
}
