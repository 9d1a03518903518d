package spec

import (
	"path/filepath"
	"strings"
	"testing"
)

// textFiles are a configuration with a file of each kind that it may read.
var textFiles = map[string]string{
	"jobs.hcl": `
variable "style" {}
variable "light" {}
locals {
  csv   = csvdecode(file("rows.csv"))
  tsv   = tsvdecode(file("rows.tsv"))
  jsonl = jsonldecode(file("rows.jsonl"))
}
task "t" {
  for_each = { for r in local.csv : r.id => r }
  model    = "nano-banana"
  input = {
    csv      = each.value
    tsv      = local.tsv
    jsonl    = local.jsonl
    json     = jsondecode(file("data.json"))
    yaml     = yamldecode(file("data.yaml"))
    file     = file("prompt.txt")
    template = templatefile("prompt.tmpl", { x = each.key })
    heredoc  = <<-T
      a
      b
    T
    style    = "${var.style} ${var.light}"
  }
}
`,
	"more.hcl.json":       "{\n  \"task\": {\n    \"j\": {\n      \"model\": \"nano-banana\",\n      \"input\": {\"prompt\": \"é\"}\n    }\n  }\n}\n",
	"apixo.vars.hcl":      "style = <<T\nnoir é\nink\nT\n",
	"light.auto.vars.hcl": "light = \"é\"\n",
	"rows.csv":            "id,prompt\na,\"two\nlines\"\nb,é\n",
	"rows.tsv":            "id\tprompt\na\té\nb\ty\n",
	"rows.jsonl":          "{\"id\": \"a\"}\n{\"id\": \"é\"}\n",
	"data.json":           "{\n  \"a\": \"é\"\n}\n",
	"data.yaml":           "a: é\nb: |\n  two\n  lines\n",
	"prompt.txt":          "two\nlines é\n",
	"prompt.tmpl":         "%{ if true ~}\n${x} é\n%{ endif ~}\nend\n",
}

// loadTexts loads textFiles with one of them written otherwise, if name is set.
func loadTexts(t *testing.T, name string, otherwise func(string) string) (fingerprints, problem string) {
	t.Helper()
	dir := t.TempDir()
	for file, text := range textFiles {
		if file == name {
			text = otherwise(text)
		}
		write(t, dir, file, text)
	}
	t.Chdir(dir)
	s, diags := Load(".", LoadOptions{})
	for _, i := range s.Instances {
		evaluation, err := i.Evaluate(nil, nil)
		if err != nil {
			return "", err.Error()
		}
		fingerprints += i.Address.String() + " " + string(evaluation.Request.Fingerprint()) + "\n"
	}
	if diags.HasErrors() {
		return "", diags.Error()
	}
	return fingerprints, ""
}

func TestByteOrderMarksAndLineEndsOfAnyFileChangeNoRequest(t *testing.T) {
	want, problem := loadTexts(t, "", nil)
	if problem != "" || strings.Count(want, "\n") != 3 {
		t.Fatal(want, problem)
	}
	for name := range textFiles {
		for how, otherwise := range map[string]func(string) string{
			"BOM":          func(s string) string { return "\xEF\xBB\xBF" + s },
			"CRLF":         func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
			"BOM and CRLF": func(s string) string { return "\xEF\xBB\xBF" + strings.ReplaceAll(s, "\n", "\r\n") },
		} {
			if got, problem := loadTexts(t, name, otherwise); got != want {
				t.Errorf("%s with %s: %s %s; want %s", name, how, got, problem, want)
			}
		}
	}
}

func TestOtherEncodingsOfAnyFileAreRefusedWithAHint(t *testing.T) {
	for name := range textFiles {
		for how, c := range map[string]struct {
			otherwise func(string) string
			want      []string
		}{
			"UTF-16":                {func(s string) string { return "\xFF\xFE" + widened(s, 0, 1) }, []string{"UTF-16", "UTF-8"}},
			"UTF-16, big first":     {func(s string) string { return "\xFE\xFF" + widened(s, 1, 0) }, []string{"UTF-16", "UTF-8"}},
			"UTF-16 without a mark": {func(s string) string { return widened(s, 0, 1) }, []string{"NUL byte in line", "UTF-8"}},
			"Latin-1":               {func(s string) string { return strings.ReplaceAll(s+"# é", "é", "\xE9") }, []string{"byte 0xE9", "UTF-8"}},
		} {
			if _, problem := loadTexts(t, name, c.otherwise); !strings.Contains(problem, filepath.Base(name)) || !containsAll(problem, c.want) {
				t.Errorf("%s in %s: %q; want the file's name and %q", name, how, problem, c.want)
			}
		}
	}
}

// widened makes two bytes of each, at the given places.
func widened(s string, low, high int) string {
	wide := make([]byte, 2*len(s))
	for i := range len(s) {
		wide[2*i+low], wide[2*i+high] = s[i], 0
	}
	return string(wide)
}

func containsAll(s string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return true
}
