package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// loaded loads a configuration that is right.
func loaded(t *testing.T, text string) *Spec {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := Load(path, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func address(t *testing.T, text string) task.Address {
	t.Helper()
	a, err := task.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMovesLeadOnFromEachOther(t *testing.T) {
	s := loaded(t, `
moved {
  from = task.a
  to   = task.b
}
moved {
  from = task.b
  to   = task.c
}
moved {
  from = task.b["x"]
  to   = task.c["y"]
}
moved {
  from = task.single
  to   = task.many["one"]
}
removed {
  from = task.gone
}
removed {
  from = task.part[3]
}
task "many" {
  for_each = toset(["one"])
  model    = "nano-banana"
  input    = {}
}
`)
	for from, want := range map[string]string{
		"task.a": "task.c", `task.a["k"]`: `task.c["k"]`, `task.a["x"]`: `task.c["y"]`, "task.b[3]": "task.c[3]",
		"task.single": `task.many["one"]`, `task.single["two"]`: `task.single["two"]`, "task.other": "task.other",
	} {
		to, via := s.History.Moved(address(t, from))
		if to.String() != want || (len(via) > 0) != (from != want) {
			t.Errorf("%s moves to %s over %d, want %s", from, to, len(via), want)
		}
	}
	for a, want := range map[string]bool{"task.gone": true, `task.gone["k"]`: true, "task.part[3]": true, "task.part[4]": false, "task.part": false} {
		if got := s.History.Removed(address(t, a)); got != want {
			t.Errorf("%s is removed: %v, want %v", a, got, want)
		}
	}
}

func TestOnlyIgnoredAttributesMayDiffer(t *testing.T) {
	request := func(model, input string) task.Request {
		r, err := task.NewRequest(model, []byte(input), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	base := request("m", `{"prompt":"a","seed":1}`)
	seed := Lifecycle{IgnoreChanges: []string{"seed"}}
	for _, c := range []struct {
		lifecycle Lifecycle
		now       task.Request
		want      bool
	}{
		{seed, request("m", `{"prompt":"a","seed":2}`), true},
		{seed, request("m", `{"prompt":"a"}`), true},
		{seed, request("m", `{"prompt":"b","seed":1}`), false},
		{seed, request("m", `{"prompt":"a","seed":1,"more":0}`), false},
		{seed, request("other", `{"prompt":"a","seed":1}`), false},
		{Lifecycle{}, base, false},
		{Lifecycle{IgnoreAll: true}, request("m", `{"prompt":"b"}`), true},
		{Lifecycle{IgnoreAll: true}, request("other", `{"prompt":"b"}`), false},
	} {
		if got := c.lifecycle.Ignores(base, c.now); got != c.want {
			t.Errorf("%+v, %s: %v", c.lifecycle, c.now.Input, got)
		}
	}
}

// What is sensitive in a guard is in no message: it goes to the state and the log.
func TestGuardsDoNotTellSecrets(t *testing.T) {
	s := loaded(t, `
variable "v" {
  default   = "topsecret"
  sensitive = true
}
task "a" {
  model = "nano-banana"
  input = { prompt = var.v }
  precondition {
    condition     = var.v == "another"
    error_message = "it is ${var.v}"
  }
  precondition {
    condition     = length(self.input.prompt) > 100
    error_message = "too short"
  }
  postcondition {
    condition     = self.input.prompt == self.task_id
    error_message = "it is ${self.input.prompt}"
  }
  postcondition {
    condition     = parseint(var.v, 10) > 3
    error_message = "no"
  }
}
`)
	i, _ := s.Instance(address(t, "task.a"))
	err := i.Preconditions(nil)
	why, _ := i.Postconditions(nil, Finished{Outcome: task.Outcome{TaskID: "task_1"}})
	if err == nil || why == "" {
		t.Fatalf("%v, %q", err, why)
	}
	if text := err.Error() + why; strings.Contains(text, "topsecret") {
		t.Errorf("told: %s", text)
	}
	for _, want := range []string{"a sensitive value", "is not shown"} {
		if !strings.Contains(why, want) {
			t.Errorf("want %q in %s", want, why)
		}
	}
}

func TestGuardOfAnUnknownResultSaysNothingYet(t *testing.T) {
	s := loaded(t, `
task "a" {
  model = "nano-banana"
  input = {}
}
task "b" {
  model = "nano-banana"
  input = {}
  precondition {
    condition     = task.a.cost < 1
    error_message = "dear"
  }
  postcondition {
    condition     = task.a.cost < 1
    error_message = "dear"
  }
}
`)
	b, _ := s.Instance(address(t, "task.b"))
	if err := b.Preconditions(nil); err != nil {
		t.Errorf("before: %v", err)
	}
	if why, known := b.Postconditions(nil, Finished{}); why != "" || known {
		t.Errorf("after: %q, %v", why, known)
	}
	dear := func(task.Address) (task.Outcome, bool) { return task.Outcome{Cost: 2_000_000, Priced: true}, true }
	if err := b.Preconditions(dear); err == nil || !strings.Contains(err.Error(), "dear (task.a.cost is 2)") {
		t.Errorf("before: %v", err)
	}
	if why, known := b.Postconditions(dear, Finished{}); !strings.Contains(why, "dear") || !known {
		t.Errorf("after: %q, %v", why, known)
	}
	if len(b.DependsOn) != 1 {
		t.Errorf("edges: %v", b.DependsOn)
	}
}

func TestDefaultsAreNamedAsTheOrigin(t *testing.T) {
	s := loaded(t, `batch {
  timeout = "9m"
}
defaults {
  provider = "value"
  input    = { mode = "text-to-image", seed = 1 }
}
task "a" {
  model = "nano-banana"
  input = { prompt = "x", seed = 2 }
  retry {
    max_attempts = 3
  }
}
`)
	i, _ := s.Instance(address(t, "task.a"))
	for name, want := range map[string]string{"timeout": "batch, jobs.hcl:2", "provider": "defaults, jobs.hcl:5", "max_attempts": "task, jobs.hcl:12"} {
		if got := i.Origins[name]; !strings.HasPrefix(got, strings.SplitN(want, ", ", 2)[0]) || !strings.HasSuffix(got, strings.SplitN(want, ", ", 2)[1]) {
			t.Errorf("%s is from %q, want %q", name, got, want)
		}
	}
	if names, where := i.Inherited(); strings.Join(names, " ") != "mode" || !strings.HasSuffix(where, "jobs.hcl:6") {
		t.Errorf("inherited: %v from %s", names, where)
	}
}

func TestDuplicatesAreOneWarningForEachBlock(t *testing.T) {
	s := loaded(t, `
task "a" {
  count = 9
  model = "nano-banana"
  input = {}
}
`)
	var found []Duplicate
	for n := range 4 {
		found = append(found, Duplicate{Instances: s.Instances[n : n+2+n], Cost: "$0.08 for 2 submits"})
	}
	diags := WarnDuplicates(found)
	if len(diags) != 1 || diags.HasErrors() {
		t.Fatal(diags)
	}
	want := "2 instances ask for the same thing: task.a[0], task.a[1]; $0.08 for 2 submits.\n" +
		"3 instances ask for the same thing: task.a[1], task.a[2], task.a[3]; $0.08 for 2 submits.\n" +
		"4 instances ask for the same thing: task.a[2], task.a[3], task.a[4], task.a[5]; $0.08 for 2 submits.\nThe same holds for 1 more."
	if !strings.HasPrefix(diags[0].Detail, want) {
		t.Errorf("got  %s\nwant %s", diags[0].Detail, want)
	}
}
