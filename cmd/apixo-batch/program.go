package main

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state/disk"
)

// program is what the commands share: the standard streams, the environment,
// the disk and the network, and the view that errors go to.
type program struct {
	stdin    *os.File
	stdout   *output
	stderr   io.Writer
	out, err stream
	args     []string
	env      func(name string) string
	environ  func() []string
	chdir    string   // -chdir, "" if it was not given
	progress progress // of a run

	// disk is where state and results are written. carrier is given what carries
	// the calls to the API, or fetches results, and returns what does instead.
	disk    disk.FS
	carrier func(http.RoundTripper) http.RoundTripper

	annotations io.Writer // of a job of GitHub Actions; nil elsewhere

	view     view.View    // the command's, once it has chosen one
	log      *slog.Logger // nil without one
	listener *listener    // the run's, once there is one
	closing  sync.Mutex   // held while streams are closed
	streams  []jsonStream // of JSON lines, to be closed
	appends  []appending  // files that are appended to
}

// stream is what is known of standard output or standard error.
type stream struct {
	terminal bool
	width    int
	size     func() (columns, rows int, ok bool) // of the terminal now; nil for others
}

func newProgram() *program {
	out := inspect(os.Stdout)
	return &program{
		stdin: os.Stdin, stdout: &output{to: os.Stdout, terminal: out.terminal}, stderr: os.Stderr,
		out: out, err: inspect(os.Stderr),
		args: os.Args[1:], env: os.Getenv, environ: os.Environ,
		disk: disk.OS, carrier: func(t http.RoundTripper) http.RoundTripper { return t },
	}
}

func inspect(f *os.File) stream {
	if !term.IsTerminal(int(f.Fd())) {
		return stream{width: view.DefaultWidth}
	}
	size := func() (columns, rows int, ok bool) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		return columns, rows, err == nil && columns > 0
	}
	width, _, ok := size()
	if !ok {
		width = view.DefaultWidth
	}
	return stream{terminal: true, width: width, size: size}
}

// style decides on colour: a terminal that can show it, and nobody against it.
func (p *program) style(s stream, noColor bool) view.Style {
	color := s.terminal && !noColor && p.env("NO_COLOR") == "" && p.env("TERM") != "dumb"
	return view.Style{Color: color, Terminal: s.terminal, Width: s.width}
}

// human is the view for people.
func (p *program) human(noColor, verbose bool) *view.Human {
	return &view.Human{
		Out: p.stdout, Err: p.stderr,
		OutStyle: p.style(p.out, noColor), ErrStyle: p.style(p.err, noColor),
		Verbose: verbose, Live: p.progress.live, Concise: p.progress.concise, Every: p.progress.every, Size: p.err.size,
	}
}

// choose makes a command's view, which is also where its error will go.
func (p *program) choose(json, noColor, verbose bool) view.View {
	if json {
		p.view = p.annotated(p.addStream("-json", p.stdout, nil, 0))
	} else {
		p.view = p.annotated(p.human(noColor, verbose))
	}
	return p.view
}

// version is the version of the module, or of the working tree it was built in.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
