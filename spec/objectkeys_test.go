package spec

import (
	"strings"
	"testing"
)

func TestAKeyWrittenTwiceIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, key, first string }{
		"for_each": {"task \"t\" {\n for_each = {\n cat = \"a\"\n dog = \"b\"\n cat = \"c\"\n }\n model = \"nano-banana\"\n input = { prompt = each.value }\n}", "cat", "jobs.hcl:3"},
		"input":    {"task \"t\" {\n model = \"nano-banana\"\n input = {\n prompt = \"x\"\n aspect_ratio = \"1:1\"\n aspect_ratio = \"16:9\"\n }\n}", "aspect_ratio", "jobs.hcl:5"},
		"local":    {`locals { a = { x = 1, x = 2 } }`, "x", "jobs.hcl:1"},
		"default":  {"variable \"v\" {\n default = { x = 1, x = 2 }\n}", "x", "jobs.hcl:2"},
		"type":     {"variable \"v\" {\n type = object({ x = number, x = string })\n default = null\n}", "x", "jobs.hcl:2"},
		"defaults": {"defaults {\n input = { seed = 1, seed = 2 }\n}", "seed", "jobs.hcl:2"},
		"output":   {"output \"o\" {\n value = { x = 1, x = 2 }\n}", "x", "jobs.hcl:2"},
		"nested":   {`locals { a = [for n in [1]: { b = { x = n, x = 2 } }] }`, "x", "jobs.hcl:1"},
		"call":     {`locals { a = merge({ x = 1, x = 2 }, {}) }`, "x", "jobs.hcl:1"},
		"template": {`locals { a = "${jsonencode({ x = 1, x = 2 })}" }`, "x", "jobs.hcl:1"},
		"quoted":   {`locals { a = { x = 1, "x" = 2 } }`, "x", "jobs.hcl:1"},
		"escaped":  {`locals { a = { "$${x}\n" = 1, "$${x}\n" = 2 } }`, `${x}\n`, "jobs.hcl:1"},
		"number":   {`locals { a = { 1 = 1, "1" = 2 } }`, "1", "jobs.hcl:1"},
		"numbers":  {`locals { a = { 1.0 = 1, 1 = 2 } }`, "1", "jobs.hcl:1"},
		"keyword":  {`locals { a = { true = 1, "true" = 2 } }`, "true", "jobs.hcl:1"},
		"empty":    {`locals { a = { "" = 1, "" = 2 } }`, "", "jobs.hcl:1"},
	} {
		dir := t.TempDir()
		write(t, dir, "jobs.hcl", c.config)
		_, diags := Load(dir, LoadOptions{})
		problem := diags.Error()
		for _, want := range []string{"Duplicate key", `"` + c.key + `"`, c.first, "Remove or rename one of the two"} {
			if !diags.HasErrors() || !strings.Contains(problem, want) {
				t.Errorf("%s: %q, want %q", name, problem, want)
			}
		}
	}
}

func TestTheThirdOfAKeyNamesTheFirst(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", "locals {\n a = {\n x = 1\n x = 2\n x = 3\n }\n}")
	_, diags := Load(dir, LoadOptions{})
	if len(diags) != 2 || diags[0].Subject.Start.Line != 4 || diags[1].Subject.Start.Line != 5 || !strings.Contains(diags[1].Detail, "jobs.hcl:3") {
		t.Errorf("%v", diags)
	}
}

func TestAKeyWrittenTwiceInATextOfJSONIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl.json", `{"locals":{"a":"${{ x = 1, x = 2 }}"}}`)
	if _, diags := Load(dir, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), `"x"`) {
		t.Errorf("%v", diags)
	}
}

func TestKeysThatDifferOrAreMadeAreLeftAlone(t *testing.T) {
	for _, object := range []string{
		`{ x = { x = 1 }, y = { x = 1 } }`,
		`{ (upper("x")) = 1, (upper("x")) = 2 }`,
		`{ (local.k) = 1, k = 2 }`,
		`{ "${local.k}" = 1, "local.k" = 2 }`,
		`[{ x = 1 }, { x = 2 }]`,
		`{ x = 1, X = 2, "x " = 3 }`,
	} {
		dir := t.TempDir()
		write(t, dir, "jobs.hcl", "locals {\n k = \"v\"\n a = "+object+"\n}")
		if _, diags := Load(dir, LoadOptions{}); diags.HasErrors() {
			t.Errorf("%s: %v", object, diags)
		}
	}
}

func TestAKeyThatIsAFarNumberIsRefusedInTime(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", `locals { a = { 1e9999999 = 1, 1e9999999 = 2 } }`)
	if _, diags := Load(dir, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), "out of range") {
		t.Errorf("%v", diags)
	}
}

func TestManyKeysWrittenTwiceAreNotAllListed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", "locals {\n a = {\n"+strings.Repeat("x = 1\n", 50_000)+"}\n}")
	if _, diags := Load(dir, LoadOptions{}); len(diags) != listedKeys {
		t.Errorf("%d findings, want %d", len(diags), listedKeys)
	}
}

func TestAFileWithAKeyTwiceIsSyntax(t *testing.T) {
	if diags := CheckSyntax([]byte(`locals { a = { x = 1, x = 2 } }`), "jobs.hcl"); diags.HasErrors() {
		t.Errorf("it cannot be formatted: %v", diags)
	}
}
