package spec

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestByteOrderMarkAndLineEndsDoNotChangeTheRequest(t *testing.T) {
	config := "task \"t\" {\n  model = \"nano-banana\"\n  input = { prompt = <<-T\n    a\n    b\n  T\n  }\n}\n"
	plain, err := load(t, config).Instances[0].Evaluate(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dos, err := load(t, "\xEF\xBB\xBF"+strings.ReplaceAll(config, "\n", "\r\n")).Instances[0].Evaluate(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Request.Fingerprint() != dos.Request.Fingerprint() {
		t.Errorf("%s and %s", plain.Request.Input, dos.Request.Input)
	}
}

func TestDirectoriesAreReadWithoutValuesAndHiddenFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.hcl", `task "a" {
  model = "nano-banana"
  input = {}
}`)
	write(t, dir, ".hidden.hcl", "not HCL {")
	write(t, dir, "my.vars.hcl", "also = not read")
	write(t, dir, "notes.md", "{")
	if err := os.Mkdir(filepath.Join(dir, "sub.hcl"), 0o777); err != nil {
		t.Fatal(err)
	}
	s, diags := Load(dir, LoadOptions{})
	if diags.HasErrors() || len(s.Instances) != 1 {
		t.Errorf("%d instances, %v", len(s.Instances), diags)
	}
}

func TestWhatIsNoConfigurationIsRefused(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.hcl")
	if err := os.WriteFile(big, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, maxFileBytes+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "gone.hcl"): "does not exist",
		big:                            "larger than 16 MiB",
		os.DevNull:                     "pass - in place of the path",
		"/dev/stdin":                   "pass - in place of the path",
	} {
		if _, diags := Load(path, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", path, diags, want)
		}
	}
}

func TestNestingIsBoundedButLongListsAreNot(t *testing.T) {
	long := "locals {\n  a = [" + strings.Repeat("[-1, (2 + 3)],\n", 20_000) + "]\n  b = {\n" + strings.Repeat("", 1) + "    x = 1 + 1\n  }\n}\n"
	many := "locals {\n"
	for i := range 6_000 {
		many += "  l" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/182) + " = 1 + 1\n"
	}
	for name, text := range map[string]string{"long": long, "many": many + "}\n"} {
		if diags := checkNesting([]byte(text), name); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
	for name, expr := range map[string]string{
		"brackets":     strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"negations":    strings.Repeat("!", 100_000) + "true",
		"sums":         "1" + strings.Repeat("+1", 100_000),
		"sums by line": "(1" + strings.Repeat("+\n1", 100_000) + ")",
		"in a for":     "{ for k in [] : k => 1" + strings.Repeat("+\n1", 100_000) + "}",
		"conditionals": strings.Repeat("true ? 1 : ", 100_000) + "1",
		"indexes":      "var.x" + strings.Repeat("[var.y]", 100_000),
		"templates":    strings.Repeat(`"${`, 100_000) + "1" + strings.Repeat(`}"`, 100_000),
	} {
		if diags := checkNesting([]byte("locals {\n  a = "+expr+"\n}\n"), name); !diags.HasErrors() {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestValuesThatDoubleEachOtherAreRefused(t *testing.T) {
	config := "locals {\n  a0 = [1, 1]\n"
	for i := range 60 {
		config += "  a" + itoa(i+1) + " = [local.a" + itoa(i) + ", local.a" + itoa(i) + "]\n"
	}
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", config+"}\n")
	if _, diags := Load(dir, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), "Value too large") {
		t.Errorf("got %v", diags)
	}
}

func TestStandardInputIsAConfigurationOfTheCurrentDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, dir, "apixo.vars.hcl", `style = "noir"`)
	write(t, dir, "prompt.txt", "a harbour")
	write(t, dir, "other.hcl", "not read {")
	for name, config := range map[string]string{
		"native": `
variable "style" {}
task "t" {
  model = "nano-banana"
  input = { prompt = "${file("prompt.txt")}, ${var.style}" }
}`,
		"JSON": `
  {"variable": {"style": {}},
   "task": {"t": {"model": "nano-banana", "input": {"prompt": "${file(\"prompt.txt\")}, ${var.style}"}}}}`,
	} {
		s, diags := Load("-", LoadOptions{Stdin: strings.NewReader(config)})
		if diags.HasErrors() || len(s.Instances) != 1 || s.Dir != "." {
			t.Fatalf("%s: %d instances in %q, %v", name, len(s.Instances), s.Dir, diags)
		}
		evaluation, err := s.Instances[0].Evaluate(nil, nil)
		if err != nil || string(evaluation.Request.Input) != `{"prompt":"a harbour, noir"}` {
			t.Errorf("%s: %s, %v", name, evaluation.Request.Input, err)
		}
		if _, ok := s.Digests["-"]; !ok {
			t.Errorf("%s: digests of %v", name, s.Digests)
		}
	}
}

func TestErrorsInStandardInputAreShownFromIt(t *testing.T) {
	t.Chdir(t.TempDir())
	s, diags := Load("-", LoadOptions{Stdin: strings.NewReader("task \"t\" {\n  model = nano\n  input = {}\n}\n")})
	if shown := text(t, s, diags); !strings.Contains(shown, "on <stdin> line 2, in task \"t\":\n   2:   model = nano\n") {
		t.Error(shown)
	}
	for name, c := range map[string]struct {
		stdin io.Reader
		want  string
	}{
		"broken":  {iotest.ErrReader(errors.New("broken pipe")), "broken pipe"},
		"endless": {io.MultiReader(strings.NewReader("x"), zeros{}), "larger than 16 MiB"},
		"UTF-16":  {strings.NewReader("\xff\xfex"), "UTF-16"},
		"empty":   {strings.NewReader(""), ""},
	} {
		_, diags := Load("-", LoadOptions{Stdin: c.stdin})
		if diags.HasErrors() != (c.want != "") || diags.HasErrors() && !strings.Contains(diags.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, diags, c.want)
		}
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestFilesOfADirectoryAreOneConfigurationInTheOrderOfTheirNames(t *testing.T) {
	dir := t.TempDir()
	block := func(name string) string {
		return `task "` + name + `" {
  model = "nano-banana"
  input = { prompt = local.p }
}`
	}
	write(t, dir, "b.hcl", block("three")+"\nlocals {\n  p = var.v\n}")
	write(t, dir, "a.hcl.json", `{"task": {"two": {"model": "nano-banana", "input": {"prompt": "${local.p}"}}}}`)
	write(t, dir, "a.hcl", block("one"))
	write(t, dir, "c.hcl", block("four")+"\nvariable \"v\" {\n  default = \"x\"\n}")
	write(t, dir, "d.vars.hcl.json", "not read")
	write(t, dir, ".e.hcl.json", "not read")
	write(t, dir, "f.json", "not read")
	s, diags := Load(dir, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var order []string
	for _, i := range s.Instances {
		order = append(order, i.Address.Name)
	}
	if got := strings.Join(order, " "); got != "one two three four" {
		t.Errorf("order %s", got)
	}
	if len(s.Digests) != 4 {
		t.Errorf("digests of %v", sortedKeys(s.Digests))
	}
}
