package spec

import (
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
)

func loadText(t *testing.T, text string) *Spec {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("jobs.hcl", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := Load("jobs.hcl", LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func TestErrorBlocksAddFailCodesToTheCatalog(t *testing.T) {
	s := loadText(t, `
variable "advice" { default = "wait for the moon" }

error "MOON_PHASE" {
  class  = "timeout"
  retry  = true
  action = "${var.advice}, then run again"
}
error "NO_MOON" { class = "content_policy" }
error "EMPTY_PURSE" { class = "insufficient_funds" }
error "GENERATION_FAILED" { class = "unclassified" }

task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
`)
	for name, want := range map[string]catalog.Code{
		"moon-phase":        {Code: "MOON_PHASE", Reason: "timeout", Attempts: -1, Action: "wait for the moon, then run again", Source: "jobs.hcl:4"},
		"No Moon":           {Code: "NO_MOON", Reason: "content_policy", Source: "jobs.hcl:9"},
		"empty_purse":       {Code: "EMPTY_PURSE", Reason: "insufficient_funds", StopsSubmits: true, Source: "jobs.hcl:10"},
		"generation failed": {Code: "GENERATION_FAILED", Reason: "unclassified", Attempts: 1, Source: "jobs.hcl:11"}, // in place of the documented row
	} {
		got, ok := s.Catalog.FailCode(name)
		if !ok || got.Meaning == "" || got.Action == "" {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
		if want.Action == "" {
			want.Action = got.Action
		}
		if want.Meaning = got.Meaning; got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if n := len(s.Catalog.Codes()); n != len(catalog.Default().Codes())+3 {
		t.Errorf("there are %d codes", n)
	}
	if _, ok := catalog.Default().FailCode("MOON_PHASE"); ok {
		t.Error("the embedded catalog has changed")
	}
}

// What a block does not say of retries stays as the table has it, and an action
// that it borrows fits what happens.
func TestAnErrorBlockDoesNotContradictItself(t *testing.T) {
	const again, never = "new attempt", "not tried again by itself"
	for _, test := range []struct {
		code, body string
		attempts   int
		action     string // a part of it
	}{
		{"X1", `class = "timeout"`, 0, never},
		{"X1", `class = "timeout"
retry = true`, -1, again},
		{"X1", `class = "rate_limited"`, 0, never},
		{"X1", `class = "server_error"`, 0, never},
		{"X1", `class = "model_unavailable"
retry = true`, -1, "run again later"},
		{"X1", `class = "content_policy"`, 0, "change what was asked for"},
		{"X1", `class = "content_policy"
retry = true`, -1, again},
		{"X1", `class = "unclassified"
retry = true`, -1, again},
		{"X1", `class = "insufficient_funds"`, 0, "top up"},
		{"Timeout", `class = "timeout"
action = "call Bob"`, -1, "call Bob"},
		{"time_out", `class = "timeout"`, -1, "a new attempt is made"},
		{"Timeout", `class = "timeout"
retry = false`, 0, never},
		{"Timeout", `class = "insufficient_funds"`, 0, "top up"},
		{"Task TimeOut", `class = "timeout"`, 1, "one new attempt"},
		{"IMAGE_DOWNLOAD_FAILED", `class = "invalid_input"`, 1, "one plain new attempt"},
		{"NSFW", `class = "unclassified"
retry = true`, -1, again},
		{"NSFW", `class = "content_policy"`, 0, "change the prompt"},
	} {
		s := loadText(t, "error \""+test.code+"\" {\n"+test.body+"\n}\n"+`
task "a" {
  model = "nano-banana"
  input = { prompt = "x" }
}
`)
		got, _ := s.Catalog.FailCode(test.code)
		if got.Attempts != test.attempts || !strings.Contains(got.Action, test.action) {
			t.Errorf("%s with %s: attempts %d, action %q", test.code, test.body, got.Attempts, got.Action)
		}
	}
}

func TestStrictMakesWarningsErrors(t *testing.T) {
	s := loadText(t, `
task "a" {
  model = "nano-banana"
  input = { prompt = "x" }
}
`)
	warnings := s.Check()
	if len(warnings) != 1 || warnings.HasErrors() {
		t.Fatalf("want one warning: %v", warnings)
	}
	first := warnings[0]
	strict := Strict(warnings)
	if len(strict) != 1 || !strict.HasErrors() || first.Severity != hcl.DiagWarning {
		t.Errorf("%v", strict)
	}
}

func TestTheInputIsSentAsWrittenWhateverTheCatalogDoubts(t *testing.T) {
	s := loadText(t, `
task "a" {
  model = "sora-2"
  input = { mode = "TEXT", n_frames = "10", image_url = "x", duration = "7" }
}
`)
	if len(s.Check()) == 0 {
		t.Error("nothing is doubted")
	}
	evaluation, err := s.Instances[0].Evaluate(nil, nil)
	const want = `{"duration":"7","image_url":"x","mode":"TEXT","n_frames":"10"}`
	if err != nil || string(evaluation.Request.Input) != want {
		t.Errorf("input %s, %v; want %s", evaluation.Request.Input, err, want)
	}
}
