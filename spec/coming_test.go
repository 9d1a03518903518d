package spec

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// edits is a configuration of four images and one edit of each, with an attribute of
// the edits' input to be added.
func edits(attribute string) string {
	return `
task "base" {
  for_each = { a = "x", b = "y" }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.value, aspect_ratio = "1:1" }
}
task "edit" {
  for_each = task.base
  model    = "nano-banana"
  input    = merge({ mode = "image-to-image", prompt = "x", aspect_ratio = "1:1", image_urls = ["https://a"] }, {
    ` + attribute + `
  })
}`
}

func TestTypesOfValuesThatComeLaterAreChecked(t *testing.T) {
	for _, test := range []struct{ attribute, want string }{
		{"image_urls = each.value.urls[0]", "Wrong type: image_urls; will be a text; [...]"},
		{"image_urls = \"${each.value.urls[0]}\"", "Wrong type: image_urls; will be a text"},
		{"image_urls = each.value.cost", "Wrong type: image_urls; will be a number"},
		{"image_urls = each.value.urls", ""},
		{"image_urls = [each.value.urls[0]]", ""},
		{"image_urls = [each.value.urls]", "Wrong type: image_urls; will hold a list"},
		{"image_urls = [each.value.urls[0], 5]", "Wrong type: image_urls; will hold a number"},
		{"image_urls = [each.value.urls[0], each.value.result.x]", ""},
		{"image_urls = each.value.result.x", ""},
		{"image_urls = toset(each.value.urls)", ""},
		{"image_urls = concat(each.value.urls, [\"https://b\"])", ""},
		{"prompt = each.value.urls", "Wrong type: prompt; is a text, and this will be a list."},
		{"prompt = each.value.urls[0]", ""},
		{"prompt = each.value.task_id", ""},
		{"prompt = each.value.result", ""},
		{"prompt = { a = each.value.urls[0] }", "Wrong type: prompt; will be an object"},
		{"prompt = each.value.cost > 1 ? \"dear\" : null", ""},
		{"prompt = each.value.cost > 1", "Wrong type: prompt; will be true or false"},
	} {
		diags := checked(t, edits(test.attribute))
		wantOne(t, test.attribute, diags, hcl.DiagWarning, test.want)
		if strict := Strict(diags); test.want != "" && !strict.HasErrors() {
			t.Errorf("%s: no error with -strict", test.attribute)
		}
	}
}

func TestAListThatIsWantedIsWrittenForTheElement(t *testing.T) {
	config := strings.NewReplacer("merge({", "{", ", image_urls = [\"https://a\"] }, {", ",", "\n  })", "\n  }").Replace(edits("image_urls = each.value.urls[0]"))
	wantOne(t, config, checked(t, config), hcl.DiagWarning, "Write [each.value.urls[0]].")
}

func TestNumbersThatComeLaterAreNoTexts(t *testing.T) {
	for duration, want := range map[string]string{
		"task.a.cost": "", "task.a.task_id": "Wrong type: duration; tonumber(...)", "tonumber(task.a.task_id)": "",
	} {
		diags := checked(t, `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
task "b" {
  model = "kling-2-6"
  input = { mode = "text-to-video", prompt = "x", sound = true, duration = `+duration+` }
}`)
		wantOne(t, duration, diags, hcl.DiagWarning, want)
	}
}

func checked(t *testing.T, config string) hcl.Diagnostics {
	t.Helper()
	return loadText(t, config).Check()
}

// wantOne wants one finding of a severity with all of the parts, or none.
func wantOne(t *testing.T, about string, diags hcl.Diagnostics, severity hcl.DiagnosticSeverity, want string) {
	t.Helper()
	if want == "" {
		if len(diags) != 0 {
			t.Errorf("%s: %v, want nothing", about, warnings(diags))
		}
		return
	}
	if len(diags) != 1 || diags[0].Severity != severity {
		t.Errorf("%s: %q, want one finding", about, warnings(diags))
		return
	}
	for part := range strings.SplitSeq(want, "; ") {
		if !strings.Contains(warnings(diags), part) {
			t.Errorf("%s: %q, want %q", about, warnings(diags), part)
		}
	}
}
