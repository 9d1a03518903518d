package main

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// In a job of GitHub Actions, whoever reads standard output and standard error obeys
// them: a line that begins with "::", after spaces, or that has "##[" anywhere, may be a
// command, which can hide text or fail the job. Prompts and answers of the API are in
// these lines, so what looks like a command is broken, and those that are meant are
// written past that; see view.Annotations.

// onActions reports whether the program runs in a job of GitHub Actions.
func (p *program) onActions() bool { return p.env("GITHUB_ACTIONS") == "true" }

// guardStderr breaks commands on standard error; annotations go past that.
func (p *program) guardStderr() {
	if p.onActions() {
		p.annotations = p.stderr
		p.stderr = &commandGuard{to: p.stderr, begins: true}
	}
}

// guardStdout breaks commands in answers for people. Those for programs are left as
// they are; in JSON none can stand.
func (p *program) guardStdout(at *cli.Command) {
	data := at.Bool("json") || at.Bool("raw") || slices.Contains([]string{"state pull", "report", "graph", "completion"}, commandName(at))
	if p.onActions() && !data {
		p.stdout.to = &commandGuard{to: p.stdout.to, begins: true}
	}
}

// annotated adds annotations to a view, where somebody reads them.
func (p *program) annotated(v view.View) view.View {
	if p.annotations == nil {
		return v
	}
	return view.Together(v, &view.Annotations{Out: p.annotations, Path: p.inRepository})
}

// inRepository is the path of a file from the root of the repository that the job has
// checked out, or what it is called here.
func (p *program) inRepository(path string) string {
	root := p.env("GITHUB_WORKSPACE")
	full, err := filepath.Abs(path)
	if root == "" || err != nil {
		return path
	}
	if inside, err := filepath.Rel(root, full); err == nil && filepath.IsLocal(inside) {
		return filepath.ToSlash(inside)
	}
	return path
}

// commandGuard puts a backslash into what would be read as a command. A line may come
// in any number of writes.
type commandGuard struct {
	to     io.Writer
	begins bool // nothing but spaces has come of the line
	colon  bool // nothing but them and one colon
	hashes int  // that have come in a row
}

// Write never writes more than it is given, as its caller counts.
func (g *commandGuard) Write(text []byte) (int, error) {
	var out bytes.Buffer
	for _, b := range text {
		if g.colon && b == ':' || g.hashes >= 2 && b == '[' {
			out.WriteByte('\\')
		}
		g.colon = g.begins && b == ':'
		g.begins = b == '\n' || b == '\r' || g.begins && (b <= ' ' || b >= 0x80) // which may be a space, too
		if g.hashes++; b != '#' {
			g.hashes = 0
		}
		out.WriteByte(b)
	}
	if _, err := g.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// behind is the stream that a guard stands before.
func behind(stream any) any {
	if g, is := stream.(*commandGuard); is {
		return g.to
	}
	return stream
}
