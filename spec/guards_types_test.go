package spec

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestConditionsThatCannotBeTrueOrFalseAreFoundBeforeAnythingIsBought(t *testing.T) {
	for _, test := range []struct{ kind, condition, want string }{
		{"postcondition", `"x"`, `Invalid condition; not the text "x"`},
		{"postcondition", `self.files`, "Invalid condition; not a list"},
		{"postcondition", `self.files[0]`, "Invalid condition; not an object"},
		{"postcondition", `length(self.files)`, "Invalid condition; not a number"},
		{"postcondition", `null`, "Invalid condition; not null"},
		{"postcondition", `sensitive("hunter2")`, "Invalid condition; not a sensitive value"},
		{"precondition", `sensitive("hunter2")`, "Invalid condition; not a sensitive value"},
		{"output", `sensitive("hunter2")`, "Invalid condition; not a sensitive value"},
		{"postcondition", `self.fles`, `no "fles"`},
		{"postcondition", `self.files[0].byts > 1`, `byts`},
		{"postcondition", `self.input.promt == "x"`, `Did you mean "prompt"`},
		{"postcondition", `self.files[0].bytes > 1 && self.cost < 1 && self.result.x`, ""},
		{"postcondition", `length([for f in self.files : f if f.bytes > 10]) == length(self.urls)`, ""},
		{"postcondition", `self.task_id`, ""}, // a text that may be "true"
		{"postcondition", `self.result`, ""},
		{"postcondition", `file("comes-later.txt") == "x"`, ""},
		{"postcondition", `templatefile("comes-later.txt", {}) == filesha256("later") || fileexists("later")`, ""},
		{"postcondition", `try(self.result.x, "true")`, ""},
		{"precondition", `"x"`, `Invalid condition; not the text "x"`},
		{"precondition", `task.base.urls`, "Invalid condition; not a list"},
		{"precondition", `self.input.promt == "x"`, `Did you mean "prompt"`},
		{"precondition", `false`, ""}, // it matters if it is to be bought only
		{"output", `task.base.urls`, "Invalid condition; not a list"},
		{"output", `length(task.base.urls) > 0`, ""},
	} {
		guard := func(kind string) string {
			if kind != test.kind {
				return ""
			}
			if kind == "output" {
				kind = "precondition"
			}
			return kind + " {\n condition = " + test.condition + "\n error_message = \"no\"\n }\n"
		}
		input := `{ mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }`
		dir := t.TempDir()
		write(t, dir, "jobs.hcl", "task \"base\" {\n model = \"nano-banana\"\n input = "+input+"\n}\n"+
			"task \"t\" {\n model = \"nano-banana\"\n input = "+input+"\n"+guard("precondition")+guard("postcondition")+"}\n"+
			"output \"o\" {\n value = task.base.urls\n"+guard("output")+"}\n"+
			"batch {\n allow_duplicates = true\n}\n")
		t.Chdir(dir)
		s, diags := Load(".", LoadOptions{})
		if !diags.HasErrors() {
			diags = append(diags, s.Check()...)
		}
		wantOne(t, test.kind+" "+test.condition, diags, hcl.DiagError, test.want)
	}
}
