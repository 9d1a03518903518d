package view

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec"
)

func loaded(t *testing.T, name, config string) (*spec.Spec, hcl.Diagnostics) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{})
	if !diags.HasErrors() {
		diags = append(diags, s.Check()...)
	}
	return s, diags
}

// The keys are those of Terraform's validate -json, which has context as null where
// there is none and address only where there is one.
func TestDiagnosticsHaveTheShapeOfTerraforms(t *testing.T) {
	s, diags := loaded(t, "jobs.hcl", `locals {
  a = nothing
}
`)
	late, lateDiags := loaded(t, "jobs.hcl", `task "hero" {
  model    = "nano-banana"
  for_each = { cat = 1 }
  input    = { mode = "text-to-image", prompt = tonumber(each.key), aspect_ratio = "1:1" }
}
`)
	whole := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "x", Subject: &hcl.Range{Filename: "y", Start: hcl.InitialPos, End: hcl.InitialPos}}
	y := map[string]*hcl.File{"y": {Bytes: []byte("a = 1\n")}}
	var shown []map[string]any
	for _, d := range []Diagnostic{DiagnosticJSON(diags[0], s.Sources), DiagnosticJSON(lateDiags[0], late.Sources), DiagnosticJSON(whole, y)} {
		if d.Range != nil {
			d.Range.Filename = filepath.Base(d.Range.Filename)
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "range")
		delete(m, "detail")
		shown = append(shown, m)
	}
	want := []map[string]any{
		{"severity": "error", "summary": "Unknown reference", "snippet": map[string]any{
			"context": "locals", "code": "  a = nothing", "start_line": 2.0, "highlight_start_offset": 6.0, "highlight_end_offset": 13.0, "values": []any{},
		}},
		{"severity": "error", "summary": "Invalid function argument", "address": `task.hero["cat"]`, "snippet": map[string]any{
			"context": `task "hero"`, "code": `  input    = { mode = "text-to-image", prompt = tonumber(each.key), aspect_ratio = "1:1" }`,
			"start_line": 4.0, "highlight_start_offset": 57.0, "highlight_end_offset": 65.0,
			"values": []any{map[string]any{"traversal": "each.key", "statement": `is "cat"`}},
		}},
		{"severity": "warning", "summary": "x", "snippet": map[string]any{
			"context": nil, "code": "a = 1", "start_line": 1.0, "highlight_start_offset": 0.0, "highlight_end_offset": 1.0, "values": []any{},
		}},
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
}

func TestSnippetsOfLongLinesAreClipped(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	source := "a = \"" + long + "\" + x + \"" + long + "\"\n"
	at := strings.Index(source, "x")
	file := &hcl.File{Bytes: []byte(source)}
	for name, r := range map[string]hcl.Range{
		"in the middle": {Start: hcl.Pos{Line: 1, Byte: at}, End: hcl.Pos{Line: 1, Byte: at + 1}},
		"all of it":     {Start: hcl.Pos{Line: 1, Byte: 4}, End: hcl.Pos{Line: 1, Byte: len(source) - 1}},
		"its end":       {Start: hcl.Pos{Line: 1, Byte: len(source) - 1}, End: hcl.Pos{Line: 1, Byte: len(source) - 1}},
	} {
		s := snippet(file, r)
		if len(s.Code) > 2*maxSnippetLine || !utf8.ValidString(s.Code) || s.HighlightEndOffset > len(s.Code) || s.HighlightStartOffset > s.HighlightEndOffset {
			t.Errorf("%s: %d bytes, from %d to %d", name, len(s.Code), s.HighlightStartOffset, s.HighlightEndOffset)
		}
		if name == "in the middle" && s.Code[s.HighlightStartOffset:s.HighlightEndOffset] != "x" {
			t.Errorf("%q is highlighted", s.Code[s.HighlightStartOffset:s.HighlightEndOffset])
		}
	}
}
