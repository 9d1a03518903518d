package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The expected texts are what terraform fmt made of the same files.
func TestTheLayoutIsThatOfTerraformFmt(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/fmt.txtar")
	if err != nil {
		t.Fatal(err)
	}
	before := make(map[string][]byte)
	for _, file := range archive.Files {
		name, isWanted := strings.CutSuffix(file.Name, ".want")
		if !isWanted {
			before[name] = file.Data
			continue
		}
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(string(file.Data), string(canonical(before[name], name))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(string(file.Data), string(canonical(file.Data, name))); diff != "" {
				t.Errorf("a second time (-want +got):\n%s", diff)
			}
		})
	}
	if len(before) < 15 {
		t.Errorf("only %d files", len(before))
	}
}

func TestTheLayoutOfWhatATextArchiveCannotHold(t *testing.T) {
	for before, want := range map[string]string{
		"a=1":                               "a = 1",
		"a=1\r\nlocals {\r\nb=1\r\n}\r\n":   "a = 1\r\nlocals {\r\n  b = 1\r\n}\r\n",
		"\xef\xbb\xbfa=1\n":                 "a = 1\n",
		"a = \"${\r\n  var.x\r\n}\"\r\n":    "a = var.x\r\n",
		"a = <<E\r\n  x\r\nE\r\nb =  1\r\n": "a = <<E\r\n  x\r\nE\r\nb = 1\r\n",
	} {
		if got := string(canonical([]byte(before), "x.hcl")); got != want {
			t.Errorf("%q becomes %q, want %q", before, got, want)
		}
	}
}

func TestWhatMustNotBeParsedIsNotFormatted(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"brackets":   {"a = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "More than 4000 brackets"},
		"no end":     {strings.Repeat("${[(", 100_000), "More than 4000 brackets"},
		"UTF-16":     {"\xff\xfea\x00=\x001\x00", "save it as UTF-8"},
		"Latin-1":    {"a = \"caf\xe9\"\n", "in line 1 (byte 0xE9)"},
		"no grammar": {"a = [", "x.hcl line 1"},
	} {
		p, _, stderr := testProgram(nil, nil)
		p.choose(false, true, false)
		_, err := formatter{program: p}.format("x.hcl", []byte(c.text))
		if err == nil || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: %v, %s; want %q", name, err, stderr, c.want)
		}
		if stderr.Len() > 10_000 {
			t.Errorf("%s: the message has %d bytes", name, stderr.Len())
		}
	}
}
