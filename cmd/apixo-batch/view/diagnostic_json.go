package view

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcled"

	"apixo-batch/spec"
)

// Diagnostic is an error or a warning as Terraform's JSON shows it.
type Diagnostic struct {
	Severity string `json:"severity"` // "error" or "warning"
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	// Address is the instance that it is about; of many, the first.
	Address string   `json:"address,omitempty"`
	Range   *Range   `json:"range,omitempty"`
	Snippet *Snippet `json:"snippet,omitempty"`
}

// Range is a place in a file. Lines and columns count from 1, bytes from 0.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is one end of a Range.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet is the source that a diagnostic points at. The offsets are bytes in
// Code.
type Snippet struct {
	Context *string `json:"context"` // the block around, such as: task "hero"; nil if there is none
	// Code are the lines that it points at. Of very long ones it is the part around
	// the place.
	Code                 string `json:"code"`
	StartLine            int    `json:"start_line"`
	HighlightStartOffset int    `json:"highlight_start_offset"`
	HighlightEndOffset   int    `json:"highlight_end_offset"`
	// Values are those that the expression's references had.
	Values []ExpressionValue `json:"values"`
}

// DiagnosticJSON makes a diagnostic ready to be marshalled.
func DiagnosticJSON(d *hcl.Diagnostic, sources map[string]*hcl.File) Diagnostic {
	out := Diagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hcl.DiagWarning {
		out.Severity = "warning"
	}
	if address, ok := spec.AddressOf(d); ok {
		out.Address = address.String()
	}
	if d.Subject == nil {
		return out
	}
	out.Range = &Range{Filename: d.Subject.Filename, Start: pos(d.Subject.Start), End: pos(d.Subject.End)}
	if file := sources[d.Subject.Filename]; file != nil {
		out.Snippet = snippet(file, *d.Subject)
	}
	if out.Snippet != nil {
		out.Snippet.Values = append([]ExpressionValue{}, expressionValues(d)...)
	}
	return out
}

func pos(p hcl.Pos) Pos { return Pos{Line: p.Line, Column: p.Column, Byte: p.Byte} }

// snippet cuts out the lines of a range; nil if the range is not in the file. Of a
// range that is empty one byte is highlighted.
func snippet(file *hcl.File, r hcl.Range) *Snippet {
	source := file.Bytes
	start, end := r.Start.Byte, r.End.Byte
	if start < 0 || end < start || end > len(source) {
		return nil
	}
	from := bytes.LastIndexByte(source[:start], '\n') + 1
	to := len(source)
	if i := bytes.IndexByte(source[end:], '\n'); i >= 0 {
		to = end + i
	}
	from, end, to = max(from, start-maxSnippetLine/2), min(end, start+maxSnippetLine), min(to, max(end, start)+maxSnippetLine/2, start+maxSnippetLine)
	before := strings.ToValidUTF8(string(source[from:start]), "")
	code := strings.TrimSuffix(strings.ToValidUTF8(string(source[start:to]), ""), "\r")
	if end == start {
		end++
	}
	s := &Snippet{
		Code:                 before + code,
		StartLine:            r.Start.Line,
		HighlightStartOffset: len(before),
		HighlightEndOffset:   len(before) + min(end-start, len(code)),
	}
	if context := hcled.ContextString(file, start-1); context != "" {
		s.Context = &context
	}
	return s
}
