package view

import (
	"bytes"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// writeDiagnostics writes errors and warnings with the lines they point at.
// Colour is put on afterwards, so that what the files say can be cleaned.
func writeDiagnostics(w io.Writer, style Style, diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	var b bytes.Buffer
	writer := hcl.NewDiagnosticTextWriter(&b, sources, uint(style.Width), false)
	_ = writer.WriteDiagnostics(withValues(diagnostics)) // a bytes.Buffer takes everything
	for line := range strings.Lines(b.String()) {
		line = CleanLine(clipLine(strings.TrimSuffix(line, "\n")))
		if rest, ok := strings.CutPrefix(line, "Error: "); ok {
			line = style.bold(style.red("Error:")) + " " + style.bold(rest)
		} else if rest, ok := strings.CutPrefix(line, "Warning: "); ok {
			line = style.bold(style.yellow("Warning:")) + " " + style.bold(rest)
		}
		_, _ = io.WriteString(w, line+"\n") // there is nobody left to tell
	}
}

// maxSnippetLine bounds a line of a message in bytes: that of a file which is
// shown with it may have megabytes.
const maxSnippetLine = 2_000

func clipLine(line string) string {
	if len(line) <= maxSnippetLine {
		return line
	}
	return strings.ToValidUTF8(line[:maxSnippetLine], "") + "…"
}
