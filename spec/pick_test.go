package spec

import (
	"strings"
	"testing"
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
