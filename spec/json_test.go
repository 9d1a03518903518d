package spec

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoadJSON is FuzzLoad for the JSON syntax.
func FuzzLoadJSON(f *testing.F) {
	for _, seed := range []string{
		`{"task":{"t":{"model":"nano-banana","input":{"prompt":"${each.key}\n"},"for_each":{"a":1}}}}`,
		`[{"locals":{"a":"${[for x in [1]: x]}"}},{"task":{"t":[{"model":"m","input":{},"matrix":{"a":[1,"2"],"exclude":[{"a":1}]}}]}}]`,
		`{"variable":{"v":{"type":"list(string)","default":["${x}"]}},"output":{"o":{"value":"${var.v[0]}"}}}`,
		`{"task":{"t":{"depends_on":["task.t[\"a\"]"]}}, "//": 1}`, `"`, `{"a":"\ud800"}`, `{"locals":{"a":"${\"\\u0022\"}"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, config string) {
		if len(config) < 20_000 {
			loadAndUse(t, "jobs.hcl.json", []byte(config))
		}
	})
}

func TestDeepJSONIsRefused(t *testing.T) {
	for name, value := range map[string]string{
		"brackets": strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"unclosed": strings.Repeat(`{"a":`, 100_000),
		"template": `"${` + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + `}"`,
		"escaped":  `"\n${` + strings.Repeat("!", 100_000) + `true}"`,
	} {
		dir := t.TempDir()
		write(t, dir, "jobs.hcl.json", `{"locals":{"a":`+value+`}}`)
		if _, diags := Load(dir, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), "Expression too deep") {
			t.Errorf("%s: %.200v", name, diags)
		}
	}
	dir := t.TempDir()
	write(t, dir, "jobs.hcl.json", `{"variable":{"a":{"type":"`+strings.Repeat("list(", 100_000)+`"}}}`)
	s, diags := Load(dir, LoadOptions{})
	if shown := text(t, s, diags); !strings.Contains(shown, "Expression too deep") {
		t.Errorf("a type: %.200s", shown)
	}
}

func TestJSONMakesTheSameRequestsAsNativeSyntax(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "native.hcl", `
task "t" {
  for_each = { a = 1, b = 2 }
  model    = "nano-banana"
  input    = { prompt = "${each.key}, \"quoted\"\n", seed = each.value, exact = 0.1, list = [true, null == null] }
}`)
	write(t, dir, "jobs.json", `{"task": {"t": {
  "for_each": {"a": 1, "b": 2},
  "model": "nano-banana",
  "input": {"prompt": "${each.key}, \"quoted\"\n", "seed": "${each.value}", "exact": 0.1, "list": [true, "${null == null}"]}
}}}`)
	native, diags := Load(filepath.Join(dir, "native.hcl"), LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	json, diags := Load(filepath.Join(dir, "jobs.json"), LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for n, i := range native.Instances {
		want, err := i.Evaluate(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Instances[n].Evaluate(nil, nil)
		if err != nil || got.Request.Fingerprint() != want.Request.Fingerprint() {
			t.Errorf("%s and %s, %v", got.Request.Input, want.Request.Input, err)
		}
	}
}
