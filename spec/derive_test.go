package spec

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/spec/task"
)

// upstream is what the expressions of these tests go over.
const upstream = `
variable "yes" {
  default = true
}
task "hero" {
  for_each = toset(["a", "b", "c"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}
task "shot" {
  count = 3
  model = "nano-banana"
  input = { prompt = "shot ${count.index}" }
}
task "grid" {
  model = "nano-banana"
  matrix {
    x = ["p", "q"]
    y = [1, 2]
  }
  input = { prompt = "${matrix.x}${matrix.y}" }
}
task "one" {
  model = "nano-banana"
  input = { prompt = "one" }
}
`

// everythingRan gives each instance a result of its own.
func everythingRan(a task.Address) (task.Outcome, bool) {
	return task.Outcome{
		TaskID: "id-" + a.String(), URLs: []string{"https://x/" + a.String() + "/0", "https://x/" + a.String() + "/1"},
		Files: []string{"f"}, Result: json.RawMessage(`{"of": "` + strings.ReplaceAll(a.String(), `"`, ``) + `"}`),
	}, true
}

// What each.value is when it is made from a few results must be what the whole
// expression gives with all of them: a difference would be paid for.
func TestElementsOfForEachAreThoseOfTheWholeExpression(t *testing.T) {
	for _, expr := range []string{
		`{ for k, t in task.hero : k => t }`,
		`{ for k, t in task.hero : k => t if k != "b" }`,
		`{ for k, t in task.hero : k => t.urls[0] }`,
		`{ for t in task.hero : t.input.prompt => t.urls }`,
		`{ for i, t in task.shot : "s${i}" => t.urls[0] if i > 0 }`,
		`{ for i, t in task.shot : i => { i = i, t = t } }`,
		`{ for k, t in task.grid : k => { t = t, n = length(task.hero) } }`,
		`{ for k, t in task.hero : k => { mine = t.urls[0], all = values(task.hero)[*].urls[0], n = length(t.urls) } }`,
		`{ for k, t in task.hero : k => [for j, u in t.urls : "${k}${j}${u}"] }`,
		`{ for k, t in task.hero : k => { for k, u in { z = t } : "${k}2" => u.urls } }`,
		`{ for k, task in { x = task.one } : k => task.urls }`,
		`{ for k, t in { for k, t in task.hero : "${k}2" => { first = t.urls[0], was = k } } : upper(k) => "${t.first} ${t.was} ${k}" }`,
		`{ for p in setproduct(keys(task.hero), ["x", "y"]) : join("-", p) => task.hero[p[0]] }`,
		`{ for k in ["a", "c"] : k => [task.hero[k].urls[0], task.hero["b"].task_id, task.shot[1].task_id] }`,
		`{ for k in keys(task.hero) : k => task.hero[k].urls if can(k) }`,
		`{ for i in range(2) : i => { a = task.shot[i], b = task.shot[i + 1] } }`,
		`{ for k, l in { for k, t in task.hero : substr("xyx", index(keys(task.hero), k), 1) => t... } : k => l[0].urls }`,
		`merge(task.hero, task.grid)`,
		`merge(task.hero, { a = task.one }, { z = task.shot[0] })`,
		`merge(task.hero, { for k, t in task.hero : k => task.one if k == "b" })`,
		`merge([task.hero, task.grid]...)`,
		`{ one = task.one, two = task.hero["b"].urls, (upper("three")) = [task.one, task.shot[2]] }`,
		`{ plain = "known", late = task.one.task_id }`,
		`var.yes ? task.hero : task.hero`,
		`var.yes ? { for k, t in task.hero : k => t } : null`,
		`tomap(task.hero)`,
		`zipmap(["u", "v", "w"], values(task.hero))`,
		`zipmap(keys(task.hero), reverse(values(task.hero)))`,
		`{ for k, t in zipmap(["u", "v", "w"], values(task.hero)) : k => t.task_id }`,
		`{ for i, t in values(task.hero) : "n${i}" => t.urls[1] }`,
		`{ for i, t in [for k, t in task.hero : t if k != "a"] : "n${i}" => "${i} ${t.task_id}" }`,
		`{ for i, t in concat(values(task.hero), task.shot) : "n${i}" => t.task_id }`,
		`local.through`,
		`{ for k, v in local.through : k => local.other[k] }`,
		`({ for k, t in (task.hero) : k => (t) })`,
		`{ for k, t in task.hero : k => t["input"].prompt }`,
		`{ for k, t in task.hero : k => t[k == "a" ? "input" : "task_id"] }`,
		`{ for k, t in task.hero : k => t.*.input[0].prompt }`,
		`{ for k, t in task.hero : k => { for t in [t] : "in" => t.input.prompt } }`,
		`{ for k, t in task.hero : k => [for t in t.urls : t] if t.input.prompt != "b" }`,
		`{ for k, t in task.hero : k => [for j, u in { t = t } : u.input] }`,
		`{ for k, t in [for k, task in task.hero : task] : k => t.input }`,
		`{ for k, t in { one = task.one } : k => t.input }`,
		`{ for k, t in task.one : k => t if k == "input" }`,
		`{ for i, t in [for k, v in { for k, t in task.hero : k == "a" ? "z" : k => t } : v] : "n${i}" => t.task_id }`,
		`{ for i, t in [for k, v in { b = task.one, a = task.hero["a"] } : v] : "n${i}" => t.task_id }`,
		`{ for i, t in [for k, v in merge({ b = task.one }, { a = task.hero["a"] }) : v] : "n${i}" => t.task_id }`,
		`{ for i, t in [for k, v in { 10 = task.one, 9 = task.hero["a"] } : { k = k, v = v }] : "n${i}" => t }`,
		`{ for k, v in { for i, t in task.shot : i => t.task_id } : "n${k}" => { k = k, v = v } }`,
		`{ for k, l in { for k, t in task.hero : k == "a" ? "z" : "y" => t... } : k => l[0].urls }`,
		`{ for i, t in task.shot : i > 0 ? "b" : "a" => "${i} ${t.task_id}"... }`,
		`{ for i, l in [for k, l in { for k, t in task.hero : k == "a" ? "z" : "y" => t... } : l] : "n${i}" => [for t in l : t.task_id] }`,
	} {
		t.Run(expr, func(t *testing.T) {
			s := load(t, upstream+`
locals {
  through = { for k, t in task.hero : "l-${k}" => { t = t, o = task.one.task_id } if k != "c" }
  other   = { for k, v in local.through : k => v.t.urls[1] }
  whole   = `+expr+`
}
task "over" {
  for_each = `+expr+`
  model    = "kling-2-6"
  input    = { value = jsonencode(each.value) }
}
output "whole" {
  value = { for k, v in local.whole : k => jsonencode(v) }
}`)
			outputs, diags := s.EvalOutputs(everythingRan)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var want map[string]string
			if err := json.Unmarshal(outputs[0].Value, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, valuesOf(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// valuesOf evaluates task.over with no more than the results that each of its
// instances says it depends on.
func valuesOf(t *testing.T, s *Spec) map[string]string {
	t.Helper()
	values := make(map[string]string)
	for _, i := range s.Instances {
		if i.Address.Name != "over" {
			continue
		}
		own := func(a task.Address) (task.Outcome, bool) {
			for _, known := range i.DependsOn {
				if known == a {
					return everythingRan(a)
				}
			}
			return task.Outcome{}, false
		}
		evaluation, err := i.Evaluate(own, nil)
		if err != nil || !evaluation.Known {
			t.Fatalf("%s after %v: known %v, %v", i.Address, i.DependsOn, evaluation.Known, err)
		}
		var input struct{ Value string }
		if err := json.Unmarshal(evaluation.Request.Input, &input); err != nil {
			t.Fatal(err)
		}
		values[i.Address.Key.Text()] = input.Value
		if unsent, err := i.Evaluate(nil, nil); err != nil || unsent.Known != (len(i.DependsOn) == 0) {
			t.Errorf("%s before anything ran: known %v, %v", i.Address, unsent.Known, err)
		}
	}
	return values
}

func TestForEachOverTasksWaitsForWhatItUses(t *testing.T) {
	for expr, want := range map[string]string{
		`{ for k, t in task.hero : k => t }`:                            `task.hero["a"]`,
		`{ for k, t in task.hero : k => [t.urls[0], task.one.urls] }`:   `task.hero["a"] task.one`,
		`{ for k, t in task.hero : k => task.one }`:                     `task.one`,
		`{ for k, t in task.hero : k => upper(k) }`:                     ``,
		`{ for k, t in task.hero : k => task.shot }`:                    `task.shot[0] task.shot[1] task.shot[2]`,
		`{ for k, t in task.hero : k => task.shot[index(["a"], "a")] }`: `task.shot[0]`,
		`merge(task.grid, { a = task.shot[1] })`:                        `task.shot[1]`,
		`{ a = try(task.hero["a"].urls[9], task.one.urls[0]) }`:         `task.hero["a"] task.one`,
		`zipmap(["a"], [task.one])`:                                     `task.one`,
	} {
		s := load(t, upstream+`
task "over" {
  for_each = `+expr+`
  model    = "kling-2-6"
  input    = { value = each.value }
}`)
		i := instance(t, s, `task.over["a"]`)
		if got := strings.Trim(fmt.Sprint(i.DependsOn), "[]"); got != want && got+"]" != want {
			t.Errorf("%s: after %s, want %s", expr, got, want)
		}
	}
}

func TestLocalsThatMergeEachOtherAreTakenApartOnce(t *testing.T) {
	config := upstream + "locals {\n  a0 = { for k, t in task.hero : k => t.urls }\n"
	for i := range 60 {
		config += fmt.Sprintf("  a%d = merge(local.a%d, local.a%d)\n", i+1, i, i)
	}
	s := load(t, config+`}
task "over" {
  for_each = local.a60
  model    = "kling-2-6"
  input    = { value = jsonencode(each.value) }
}`)
	if got := valuesOf(t, s)["a"]; got != `["https://x/task.hero[\"a\"]/0","https://x/task.hero[\"a\"]/1"]` {
		t.Error(got)
	}
}

func TestErrorsInElementsOfForEachAreToldWhenTheResultIsThere(t *testing.T) {
	s := load(t, upstream+`
task "over" {
  for_each = { for k, t in task.hero : k => t.urls[5] }
  model    = "kling-2-6"
  input    = { value = each.value }
}`)
	i := instance(t, s, `task.over["a"]`)
	if _, err := i.Evaluate(nil, nil); err != nil {
		t.Errorf("before: %v", err)
	}
	_, err := i.Evaluate(everythingRan, nil)
	if err == nil || !strings.Contains(err.Error(), "Invalid index") || !strings.Contains(err.Error(), `task.over["a"]`) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestElementsOfForEachMayBeEvaluatedByManyAtOnce(t *testing.T) {
	s := load(t, upstream+`
task "over" {
  for_each = merge({ for k, t in task.hero : k => { t = t, all = values(task.hero)[*].urls } }, zipmap(["x"], [task.one]))
  model    = "kling-2-6"
  input    = { value = jsonencode(each.value), again = jsonencode(task.grid) }
}`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, i := range s.Instances {
				if evaluation, err := i.Evaluate(everythingRan, nil); err != nil || !evaluation.Known {
					t.Errorf("%s: known %v, %v", i.Address, evaluation.Known, err)
				}
			}
		})
	}
	group.Wait()
}
