package spec

import (
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
		for _, use := range []string{`%s[each.key]`, `try(%s[each.key], "none")`, `"${jsonencode(%s[each.key])} ${local.known}"`, `[%s[each.key], %s["b"], local.inner["a"]]`, `[%s[each.key], local.inner[each.key]]`} {
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
