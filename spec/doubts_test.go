package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/catalog"
)

func TestAProviderThatTheModelIsNotKnownToWorkWithIsDoubted(t *testing.T) {
	image := `{ mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }`
	video := `{ mode = "text-to-video", prompt = "x", duration = 4 }`
	for _, test := range []struct {
		model, provider, input string
		want                   string // the summary; empty for no doubt
	}{
		{"sora-2", `"official"`, video, ""},
		{"sora-2", `"value"`, video, "Another provider than the one that works"},
		{"sora-2", "null", video, "Missing provider"},
		{"nano-banana", "null", image, ""},
		{"nano-banana", `"auto"`, image, ""},
		{"nano-banana", `"value"`, image, ""},
		{"nano-banana", `"vlaue"`, image, "Unknown provider"},
		{"vidu-q3", `"channel-7"`, `{ mode = "text-to-video", prompt = "x" }`, ""},
		{"brand-new", `"vlaue"`, "{}", ""}, // of a model that nobody knows nothing is known
	} {
		provider := "provider = " + test.provider
		if test.provider == "null" {
			provider = ""
		}
		s := loadText(t, "task \"a\" {\n  model = \""+test.model+"\"\n  "+provider+"\n  input = "+test.input+"\n}\n"+
			"model \"brand-new\" {\n  price = 1\n}\n")
		var got []string
		for _, diag := range s.Check() {
			got = append(got, diag.Summary)
			if line := diag.Subject.Start.Line; test.want != "" && provider != "" && line != 3 {
				t.Errorf("%s with provider %s: the doubt points at line %d", test.model, test.provider, line)
			}
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s with provider %s: %q, want %q", test.model, test.provider, got, test.want)
		}
	}
}

func TestDoubtsAreHeldUnlessTheFileSaysOtherwise(t *testing.T) {
	for batch, want := range map[string]bool{
		"": false, `batch { on_in_doubt = "hold" }`: false, `batch { on_in_doubt = "resubmit" }`: true,
	} {
		path := filepath.Join(t.TempDir(), "jobs.hcl")
		if err := os.WriteFile(path, []byte(batch+"\ntask \"a\" {\n  model = \"nano-banana\"\n  input = {}\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, diags := Load(path, LoadOptions{Catalog: catalog.Default()})
		if diags.HasErrors() || s.Settings.ResubmitDoubts != want {
			t.Errorf("%q: %v, %v", batch, s, diags)
		}
	}
}
