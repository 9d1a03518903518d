package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestElementsOfLocalsKeepTheirMarks(t *testing.T) {
	const secret = "hunter2"
	for expr, want := range map[string]string{
		`{ for k, t in task.one : k => var.secret }`:                                  "",
		`{ for k, t in task.one : k => "${t.task_id} ${var.secret}" }`:                "",
		`{ for k, t in task.one : k => t.task_id if var.secret == "` + secret + `" }`: "",
		`{ for k, t in task.one : k => uuid() }`:                                      "differs at each run",
		`{ for k, t in task.one : k => "${t.task_id} ${timestamp()}" }`:               "differs at each run",
	} {
		s := load(t, `
variable "secret" {
  default   = "`+secret+`"
  sensitive = true
}
task "one" {
  for_each = { a = 1, b = 2 }
  model    = "nano-banana"
  input    = { prompt = each.key }
}
locals {
  made = `+expr+`
}
task "user" {
  for_each = task.one
  model    = "kling-2-6"
  input    = { value = local.made[each.key] }
}`)
		evaluation, err := instance(t, s, `task.user["a"]`).Evaluate(everythingRan, nil)
		switch {
		case want == "" && (err != nil || strings.Contains(string(evaluation.Request.Input), secret) || len(evaluation.Hidden) == 0):
			t.Errorf("%s: %s, hidden %v, %v", expr, evaluation.Request.Input, evaluation.Hidden, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", expr, err, want)
		}
	}
}

func TestElementThatALocalHasNot(t *testing.T) {
	s, diags := loadHidden(t, `
task "one" {
  for_each = { morning = 1, b = 2 }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.key, aspect_ratio = "1:1" }
}
locals {
  made = { for k, t in task.one : k => t.urls[0] }
}
task "user" {
  for_each = { mornin = 1, evening = 2 }
  model    = "nano-banana"
  input    = { mode = "image-to-image", prompt = "a", aspect_ratio = "1:1", image_urls = [local.made[each.key]] }
}`)
	shown := text(t, s, diags)
	for _, want := range []string{`local.made has no element "evening".`, `In task.user["evening"] … and 1 more instance.`} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
}

// What an element of a local is when it is made alone must be what the whole local
// gives: a difference would be paid for.
func TestElementsOfLocalsAreThoseOfTheWholeLocal(t *testing.T) {
	for _, expr := range []string{
		`{ for k, t in task.hero : k => t }`,
		`{ for k, t in task.hero : k == "c" ? "b" : k => t.task_id... }`,
		`{ for k, t in task.hero : k => t... }`,
		`{ for k, l in { for k, t in task.hero : k == "c" ? "b" : k => t... } : k => [for t in l : t.urls[0]] }`,
		`{ for i, t in task.shot : i > 0 ? "b" : "a" => "${i} ${t.task_id}"... }`,
		`tomap({ for k, t in task.hero : k => "${k}1" })`,
		`tomap({ for k, t in task.hero : k => k == "a" })`,
		`{ for k, t in task.hero : k => k }`,
		`{ for k, t in task.hero : k => null }`,
		`{ for k, t in task.hero : k => t.urls[0] }`,
		`{ for k, t in task.hero : k => k == "a" ? t.urls[0] : null }`,
		`{ for k, t in task.hero : k => try(t.result.none, "x") }`,
		`{ for k, t in task.hero : k => { t = t.task_id, n = length(task.hero), o = task.one } }`,
		`merge(task.hero, { a = task.one })`,
		`merge({ a = 1 }, { a = task.hero["a"].task_id, b = true })`,
		`{ a = 1.50, b = task.hero["b"].cost, c = [for t in task.shot : t.task_id] }`,
		`tomap({ a = 1, b = task.hero["b"].task_id, c = "3" })`,
		`{ for k, t in local.inner : k => "${t} ${local.inner["b"]}" }`,
		`zipmap(["a", "b", "c"], values(task.hero)[*].task_id)`,
		`var.yes ? task.hero : {}`,
	} {
		for _, use := range []string{`%s[each.key]`, `try(%s[each.key], "none")`, `"${jsonencode(%s[each.key])} ${local.known}"`, `[%s[each.key], %s["b"], local.inner["a"]]`, `[%s[each.key], local.inner[each.key]]`,
			`try(lookup(%s, each.key), "none")`, `try(lookup(%s, each.value, "none"), "error")`, `try(lookup(%s, "${each.key}x", 1.50), "error")`,
			`try(lookup(%s, each.key, null), "error")`, `try(lookup(%s, "1", true), "error")`, `try(lookup(%s, 1, true), "error")`,
			`[lookup(local.inner, each.key), try(lookup(%s, each.key, local.inner["b"]), %s["c"], "none")]`,
			`[try(lookup(%s, each.key, "none"), "error"), try(%s[each.value], "none")]`, `[try(%s["b"], "none"), try(%s.c, "none"), try(%s["none"], "none")]`,
		} {
			var inputs [2]map[string]string
			for n, local := range []string{"local.whole", "(var.yes ? local.whole : local.whole)"} {
				s := load(t, upstream+`
locals {
  inner = { for k, t in task.hero : k => t.task_id }
  known = "known"
  whole = `+expr+`
}
task "over" {
  for_each = { a = "b", b = "c" }
  model    = "kling-2-6"
  input    = { value = jsonencode(`+strings.ReplaceAll(use, "%s", local)+`) }
}`)
				inputs[n] = valuesOf(t, s)
			}
			if diff := cmp.Diff(inputs[1], inputs[0]); diff != "" || len(inputs[0]) != 2 {
				t.Errorf("%s of %s: %s", use, expr, diff)
			}
		}
	}
}

// What an instance waits for, by how it refers to a local.
func TestAnInstanceWaitsForWhatItsElementOfALocalIsMadeFrom(t *testing.T) {
	const one, all = `task.hero["b"]`, `task.hero["a"] task.hero["b"] task.hero["c"]`
	for _, c := range []struct{ local, use, want string }{
		{`{ for k, t in task.hero : k => t.urls[0] }`, `local.x[each.value]`, one},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup(local.x, each.value)`, one},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup(local.x, each.value, "none")`, one},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup((local.x), "b", lookup(local.x, "none", 1))`, one},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup(local.x, "none", "none")`, ``},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup(local.x, "none", lookup(local.x, "b"))`, one},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `[for k in ["b"] : lookup(local.x, k)]`, all},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup([local.x, "b"]...)`, all},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `[lookup(local.x, each.value), length(local.x)]`, all},
		{`{ for k, t in task.hero : k => t.urls[0] }`, `lookup(local.x, task.hero["b"].task_id, 1)`, all},
		{`{ for k, t in task.hero : k == "a" ? "c" : k => t.urls[0]... }`, `local.x[each.value]`, one},
		{`{ for k, t in task.hero : k == "a" ? "b" : k => t.urls[0]... }`, `lookup(local.x, each.value)`, `task.hero["a"] task.hero["b"]`},
		{`{ for k, t in task.hero : "all" => t... }`, `lookup(local.x, "none", 1)`, ``},
		{`tomap({ for k, t in task.hero : k => t.urls[0] })`, `lookup(local.x, each.value)`, all},
		{`tomap({ for k, t in task.hero : k => k })`, `lookup(local.x, "none", 1)`, all}, // its type makes 1 a text
		{`[for t in task.shot : t.urls[0]]`, `try(lookup(local.x, "0"), "a list")`, `task.shot[0] task.shot[1] task.shot[2]`},
	} {
		s := load(t, upstream+`
locals {
  x = `+c.local+`
}
task "over" {
  for_each = { a = "b" }
  model    = "kling-2-6"
  input    = { value = jsonencode(`+c.use+`) }
}`)
		i := instance(t, s, `task.over["a"]`)
		if got := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(i.DependsOn), "["), "]"); got != c.want {
			t.Errorf("%s of %s waits for %s, want %s", c.use, c.local, got, c.want)
		}
	}
}

func TestALookupOfWhatALocalHasNotIsAnErrorWithoutADefault(t *testing.T) {
	_, diags := problems(t, upstream+`
locals {
  x = { for k, t in task.hero : k => t.urls[0] }
}
task "over" {
  for_each = { a = "none" }
  model    = "kling-2-6"
  input    = { value = lookup(local.x, each.value) }
}`)
	if got := warnings(diags); !strings.Contains(got, `no element with the key "none", and no default`) {
		t.Error(got)
	}
}

// A key of a list may be written as a text with zeros.
func TestAKeyOfAListIsANumberHoweverItIsWritten(t *testing.T) {
	for _, key := range []string{`"1"`, `"01"`, `1`, `"1.0"`, `"1e0"`} {
		s := load(t, upstream+`
locals {
  list = [for t in task.shot : t.task_id]
}
task "over" {
  for_each = { a = `+key+` }
  model    = "kling-2-6"
  input    = { value = try(local.list[each.value], "none") }
}`)
		if got := valuesOf(t, s)["a"]; !strings.Contains(got, "shot[1]") {
			t.Errorf("%s: %s", key, got)
		}
	}
}
