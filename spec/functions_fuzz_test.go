package spec

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// FuzzTextFunctions calls each function that takes up to three texts: formats,
// patterns, templates, dates, encodings.
func FuzzTextFunctions(f *testing.F) {
	for _, seed := range [][3]string{
		{"%s %05d %-3q %#v %%", "a", "1"}, {"YYYY-MM-DD'T'hh:mm:ssZ 'it''s'", "2026-01-31T12:00:00+01:00", "10h"},
		{"(?P<n>a{1,5})|b", "aab", "$n $1 $${n}"}, {"/a(.*)/", "abc", "$1"}, {"${upper(x)}%{ if true }y%{ endif }", "{}", ""},
		{"a: [1, {b: ~}]\n---\n", "{\"a\":1e5,\"b\":[null]}", "a,b\n1,2\n"}, {"SGVsbG8=", "UTF-16LE", "H4sIAAAAAAAA/wEAAP//AAAAAAAAAAA="},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "dns", "1e309"}, {"1.2.3", "~> 1.0", "-0x1F"}, {"é", "e\u0301", "\xff"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	table := functions("", newFileReader(f.TempDir()))
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > 4_000 {
			return
		}
		texts := []cty.Value{cty.StringVal(a), cty.StringVal(b), cty.StringVal(c)}
		for name, function := range table {
			n := len(function.Params())
			if n > len(texts) || strings.HasPrefix(name, "file") || name == "templatefile" {
				continue
			}
			args := texts[:n]
			if function.VarParam() != nil {
				args = texts
			}
			result, err := function.Call(args)
			if err != nil && strings.Contains(err.Error(), "panic") {
				t.Errorf("%s(%q, %q, %q): %v", name, a, b, c, err)
			}
			if err == nil && !fitsNodes(result, maxValueNodes) {
				t.Errorf("%s(%q, %q, %q) is too large", name, a, b, c)
			}
		}
	})
}

// What an encoding takes, it gives back.
func FuzzCharsets(f *testing.F) {
	for _, seed := range []string{"", "a", "é€\u0081", "\U0001F600", "\ufffd", "\xff\xfe"} {
		f.Add(seed, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		text = strings.ToValidUTF8(text, "")
		for name, c := range charsets {
			encoded, err := c.encode(text)
			if err == nil {
				if again, err := c.decode(encoded); err != nil || again != text {
					t.Errorf("%s: %q becomes %q, %v", name, text, again, err)
				}
			}
			if decoded, err := textDecodeBase64(base64.StdEncoding.EncodeToString(raw), c); err == nil && strings.ToValidUTF8(decoded, "?") != decoded {
				t.Errorf("%s: %q is decoded to %q, which is no text", name, raw, decoded)
			}
		}
	})
}

// FuzzVariables sets variables of all kinds of types from a text, as -var does, and
// from a values file.
func FuzzVariables(f *testing.F) {
	for _, seed := range []string{"a", "1e5", "[1, \"2\", null]", "{ a = 1, b = [true] }", "a = 1\ns = [\"x\"]\n", "{\"a\": \"${x}\"}", "<<E\nx\nE\n", "\ufeffx = 1\r\n", "1e99999999"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "jobs.hcl")
	names := []string{"string", "number", "bool", "any", "list(string)", "set(number)", "map(number)", "tuple([string, number])", "object({ a = optional(number, 1), b = optional(list(string), []) })"}
	config := ""
	for n, typ := range names {
		config += "variable \"" + string(rune('a'+n)) + "\" {\n  type = " + typ + "\n  default = null\n  sensitive = " + []string{"true", "false"}[n%2] + "\n}\n"
	}
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		for n := range names {
			Load(path, LoadOptions{Vars: []VarAssignment{{Name: string(rune('a' + n)), Value: text}}})
		}
		values := filepath.Join(dir, "x.vars")
		if err := os.WriteFile(values, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		Load(path, LoadOptions{Vars: []VarAssignment{{File: values}}})
	})
}
