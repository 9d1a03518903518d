package spec

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/task"
)

// load writes a configuration and loads it without an error.
func load(t testing.TB, config string) *Spec {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", config)
	s, diags := Load(dir, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func instance(t testing.TB, s *Spec, address string) *Instance {
	t.Helper()
	a, err := task.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	i, ok := s.Instance(a)
	if !ok {
		t.Fatalf("no instance %s", address)
	}
	return i
}

// outcomes looks up by the text of addresses.
type outcomes map[string]task.Outcome

func (o outcomes) lookup(a task.Address) (task.Outcome, bool) {
	outcome, ok := o[a.String()]
	return outcome, ok
}

// A price rests on sensitive values as they are, and nothing else gets to see them.
func TestPricedHasSensitiveValuesInTheClear(t *testing.T) {
	s := load(t, `
variable "seconds" {
  default   = 271828
  sensitive = true
}
task "a" {
  model = "nano-banana"
  input = { prompt = "x" }
}
task "b" {
  model = "kling-2-6"
  input = { duration = var.seconds, image_urls = task.a.urls, sound = false, style = { words = ["for ${var.seconds} s"] } }
}
task "c" {
  model = "kling-2-6"
  input = task.a.result
}
task "d" {
  model = "kling-2-6"
  input = { duration = var.seconds }
}
`)
	for _, c := range []struct {
		address, values, unknown string
		ok                       bool
	}{
		{"task.b", `{"duration":271828,"sound":false,"style":{"words":["for 271828 s"]}}`, "image_urls", true},
		{"task.c", "{}", "", false},
		{"task.d", `{"duration":271828}`, "", true},
	} {
		evaluation, err := instance(t, s, c.address).Evaluate(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		values := make(map[string]json.RawMessage)
		unknown, ok := evaluation.AddPriced(values)
		text, err := json.Marshal(values)
		if err != nil || string(text) != c.values || strings.Join(unknown, ",") != c.unknown || ok != c.ok {
			t.Errorf("%s: %s, unknown %v, %v, %v", c.address, text, unknown, ok, err)
		}
		text, err = json.Marshal(evaluation)
		if err != nil || strings.Contains(string(text), "271828") {
			t.Errorf("%s shows a sensitive value: %s, %v", c.address, text, err)
		}
	}
}

func TestEvaluateUsesWhatIsKnownOfTheUpstream(t *testing.T) {
	s := load(t, `
task "hero" {
  for_each = { cat = 1, dog = 2 }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "a ${each.key}" }
}
task "clip" {
  for_each = task.hero
  model    = "kling-2-6"
  input = {
    image_urls = each.value.urls
    seed       = each.value.result.seed
    prompt     = "${each.value.input.prompt} moves"
    id         = each.value.task_id
    cost       = each.value.cost
  }
}
task "all" {
  model = "kling-2-6"
  input = { urls = [for k, t in task.hero : t.urls[0]], n = length(task.hero) }
}
task "saved" {
  model = "kling-2-6"
  input = { file = task.hero["cat"].files[0] }
}`)
	known := outcomes{`task.hero["cat"]`: {
		TaskID: "t1", URLs: []string{"https://x/1.png", "https://x/2.png"},
		Result: json.RawMessage(`{"seed": 12345678901234567890, "images": [{"w": 1}]}`),
		Cost:   30_000, Priced: true,
	}}

	clip := instance(t, s, `task.clip["cat"]`)
	evaluation, err := clip.Evaluate(known.lookup, nil)
	if err != nil || !evaluation.Known {
		t.Fatalf("known %v, %v", evaluation.Known, err)
	}
	want := `{"cost":0.03,"id":"t1","image_urls":["https://x/1.png","https://x/2.png"],"prompt":"a cat moves","seed":12345678901234567890}`
	if diff := cmp.Diff(want, string(evaluation.Request.Input)); diff != "" {
		t.Error(diff)
	}
	if evaluation.Request.Model != "kling-2-6" {
		t.Errorf("model %q", evaluation.Request.Model)
	}

	all := instance(t, s, `task.all`)
	evaluation, err = all.Evaluate(known.lookup, nil)
	if err != nil || evaluation.Known || len(evaluation.After) != 1 || evaluation.After[0].String() != `task.hero["dog"]` {
		t.Errorf("known %v after %v, %v; want unknown after dog", evaluation.Known, evaluation.After, err)
	}
	if string(evaluation.Partial()["n"]) != "2" {
		t.Errorf("partial %s: the number of keys is known", evaluation.Partial())
	}

	saved := instance(t, s, `task.saved`)
	evaluation, err = saved.Evaluate(known.lookup, nil)
	if err != nil || evaluation.Known || len(evaluation.After) != 1 {
		t.Errorf("without files on disk: known %v after %v, %v", evaluation.Known, evaluation.After, err)
	}
	outcome := known[`task.hero["cat"]`]
	outcome.Files = []string{"out/hero/cat-0.png"}
	known[`task.hero["cat"]`] = outcome
	if evaluation, err = saved.Evaluate(known.lookup, nil); err != nil || !evaluation.Known {
		t.Errorf("with files on disk: known %v, %v", evaluation.Known, err)
	}
}

func TestTryDoesNotRescueAMissingUpstream(t *testing.T) {
	for _, expr := range []string{
		`try(task.base.urls[0], "fallback")`,
		`try(task.base.urls[0] + 1, "fallback")`,
		`can(task.base.urls[0]) ? "a" : "b"`,
		`true ? "a" : task.base.task_id`,
		`length([for t in [task.base] : t])`,
		`jsonencode([task.base.cost == 1 || true])`,
	} {
		s := load(t, `
task "base" {
  model = "nano-banana"
  input = { prompt = "x" }
}
task "user" {
  model = "nano-banana"
  input = { prompt = `+expr+` }
}`)
		user := instance(t, s, "task.user")
		evaluation, err := user.Evaluate(outcomes{}.lookup, nil)
		if err != nil || evaluation.Known || len(evaluation.After) != 1 {
			t.Errorf("%s: known %v after %v, %v; want to wait for task.base", expr, evaluation.Known, evaluation.After, err)
		}
		ran := outcomes{"task.base": {TaskID: "t", URLs: []string{"u"}, Files: []string{"f"}}}
		if evaluation, err = user.Evaluate(ran.lookup, nil); err == nil && !evaluation.Known {
			t.Errorf("%s: still unknown after task.base", expr)
		}
	}
}

func TestDependsOnAloneKeepsTheInputFromBeingKnown(t *testing.T) {
	s := load(t, `
task "base" {
  model = "nano-banana"
  input = { prompt = "x" }
}
task "user" {
  model      = "nano-banana"
  input      = { prompt = "y" }
  depends_on = [task.base]
}`)
	evaluation, err := instance(t, s, "task.user").Evaluate(nil, nil)
	if err != nil || evaluation.Known || string(evaluation.Partial()["prompt"]) != `"y"` {
		t.Errorf("known %v, partial %s, %v", evaluation.Known, evaluation.Partial(), err)
	}
}

func TestLocalsThatUseTasksAreEvaluatedWithTheirResults(t *testing.T) {
	s := load(t, `
locals {
  base  = "b"
  first = "${local.base}: ${task.base.urls[0]}"
  both  = [local.first, local.base]
}
task "base" {
  model = "nano-banana"
  input = { prompt = local.base }
}
task "user" {
  model = "nano-banana"
  input = { prompt = join(", ", local.both), other = local.base }
}`)
	ran := outcomes{"task.base": {URLs: []string{"u"}}}
	evaluation, err := instance(t, s, "task.user").Evaluate(ran.lookup, nil)
	if err != nil || string(evaluation.Request.Input) != `{"other":"b","prompt":"b: u, b"}` {
		t.Errorf("%s, %v", evaluation.Request.Input, err)
	}
}

func TestErrorsOfEvaluateNameThePlace(t *testing.T) {
	s := load(t, `
task "base" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "user" {
  for_each = task.base
  model    = "nano-banana"
  input    = { image = each.value.urls[3] }
}`)
	ran := outcomes{`task.base["a"]`: {URLs: []string{"u"}}}
	_, err := instance(t, s, `task.user["a"]`).Evaluate(ran.lookup, nil)
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) || len(diags) != 1 || diags[0].Subject.Start.Line != 10 || !strings.Contains(diags[0].Detail, `task.user["a"]`) {
		t.Errorf("got %v", err)
	}
}

func TestBrokenResultsAreNull(t *testing.T) {
	for _, raw := range []string{"", "{", strings.Repeat("[", 20_000), `{"a":1} x`} {
		if v := resultValue([]byte(raw)); !v.IsNull() {
			t.Errorf("%.20q gives %#v", raw, v)
		}
	}
}

func TestEvaluateIsSafeForSeveralGoroutines(t *testing.T) {
	s := load(t, `
task "hero" {
  for_each = toset(["a", "b", "c"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}
task "user" {
  for_each = task.hero
  model    = "nano-banana"
  input    = { prompt = join(",", values(task.hero)[*].input.prompt), image = each.value.urls[0] }
}`)
	ran := outcomes{}
	for _, key := range []string{"a", "b", "c"} {
		ran[`task.hero["`+key+`"]`] = task.Outcome{URLs: []string{"https://x/" + key}}
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, i := range s.Instances {
				if evaluation, err := i.Evaluate(ran.lookup, nil); err != nil || !evaluation.Known {
					t.Errorf("%s: known %v, %v", i.Address, evaluation.Known, err)
				}
			}
		})
	}
	group.Wait()
}

func TestOutputsAreKnownOnceAllTheirTasksHaveRun(t *testing.T) {
	s := load(t, `
variable "secret" {
  default   = "s3"
  sensitive = true
}
task "hero" {
  for_each = toset(["a", "b"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}
output "urls" {
  description = "where they are"
  value       = { for k, t in task.hero : k => t.urls[0] }
}
output "rescued" {
  value = try(task.hero["a"].urls[9], "none")
}
output "plain" {
  value = [1 / 3, null, "<x>"]
}
output "secret" {
  value     = "x${var.secret}"
  sensitive = true
}`)
	ran := outcomes{`task.hero["a"]`: {URLs: []string{"1"}}}
	outputs, diags := s.EvalOutputs(ran.lookup)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ran[`task.hero["b"]`] = task.Outcome{URLs: []string{"2"}}
	later, _ := s.EvalOutputs(ran.lookup)
	want := []Output{
		{Name: "urls", Description: "where they are", Value: json.RawMessage(`null`)},
		{Name: "rescued", Value: json.RawMessage(`"none"`), Known: true},
		{Name: "plain", Value: json.RawMessage(`[0.3333333333333333333333333333333333,null,"<x>"]`), Known: true},
		{Name: "secret", Value: json.RawMessage(`"xs3"`), Known: true, Sensitive: true},
	}
	if diff := cmp.Diff(want, outputs); diff != "" {
		t.Error(diff)
	}
	if got := string(later[0].Value); got != `{"a":"1","b":"2"}` || !later[0].Known {
		t.Errorf("afterwards %s, known %v", got, later[0].Known)
	}
}

func TestSensitiveOutputsMustSaySo(t *testing.T) {
	s := load(t, `
variable "secret" {
  default   = "s3"
  sensitive = true
}
output "open" {
  value = [{ a = var.secret }]
}`)
	outputs, diags := s.EvalOutputs(nil)
	if !diags.HasErrors() || strings.Contains(string(outputs[0].Value), "s3") {
		t.Errorf("%s, %v", outputs[0].Value, diags)
	}
}
