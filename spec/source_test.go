package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		"-":                            "not supported yet",
		os.DevNull:                     "not a regular file",
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
