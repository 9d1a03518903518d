package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
)

// consoleKeys is what the greeting says of the keys, and the answer to help.
const consoleKeys = "TAB completes; Ctrl-C drops what is typed; exit or Ctrl-D ends."

const (
	consolePrompt   = "> "
	consoleContinue = ": " // while an expression is open
)

// converse reads expressions from a terminal and answers each. An error ends
// nothing.
func (c *console) converse() error {
	c.view.Note("Expressions of the configuration.\n" + consoleKeys)
	e := newEditor(c)
	var open expression
	for {
		prompt := consolePrompt
		if open.Len() > 0 {
			prompt = consoleContinue
		}
		line, err := e.read(prompt)
		switch {
		case errors.Is(err, errDropped):
			open.Reset()
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(c.stdout)
			return nil
		case err != nil:
			return err
		}
		if open.Len() == 0 && strings.TrimSpace(line) == "help" {
			c.view.Note(consoleKeys)
			continue
		}
		if done, _ := c.line(&open, line); done { // what was wrong is on the terminal
			return nil
		}
	}
}

// errDropped is the error of a line that Ctrl-C gave up.
var errDropped = errors.New("the line was dropped")

// editor reads lines from a terminal that can be edited as they are typed.
type editor struct {
	*console
	keys    keys
	history history
	edited  *term.Terminal
}

func newEditor(c *console) *editor {
	e := &editor{console: c, keys: keys{from: c.stdin}}
	e.renew()
	return e
}

// renew begins with an empty line. The history stays.
func (e *editor) renew() {
	e.edited = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&e.keys, e.stdout}, "")
	e.edited.History = &e.history
	e.edited.AutoCompleteCallback = e.complete
}

// read reads one line: io.EOF is the end of the input, errDropped a Ctrl-C.
//
// The terminal gives single keys only while a line is read, so that Ctrl-C ends
// an evaluation that takes long as it ends any program. It gets its settings
// back on every way out, and at a signal that ends the process.
func (e *editor) read(prompt string) (string, error) {
	fd := int(e.stdin.Fd())
	settings, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	restore := sync.OnceFunc(func() { _ = term.Restore(fd, settings) })
	defer restore()
	defer restoreAtSignal(restore)()
	if width, height, err := term.GetSize(fd); err == nil && width > 0 {
		_ = e.edited.SetSize(width, height) // an error is that of the terminal, which the line will have too
	}
	e.edited.SetPrompt(prompt)
	line, err := e.edited.ReadLine()
	if errors.Is(err, errDropped) {
		fmt.Fprint(e.stdout, "^C\r\n")
		e.renew()
	}
	return line, err
}

// restoreAtSignal restores the terminal and ends the process at a signal, until
// the function that it returns is called.
func restoreAtSignal(restore func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, append(endings(), syscall.SIGQUIT)...)
	stopped := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case s := <-signals:
			restore()
			(&caught{s}).exit()
		case <-stopped:
		}
	})
	return func() {
		signal.Stop(signals)
		close(stopped)
		waiting.Wait()
	}
}

// ctrlC is what the key sends while the terminal gives single keys.
const ctrlC = 3

// keys passes on what is typed up to a Ctrl-C, for which it returns errDropped.
type keys struct {
	from    io.Reader
	pending []byte // typed and not passed on yet
}

func (k *keys) Read(b []byte) (int, error) {
	if len(k.pending) == 0 {
		buffer := make([]byte, len(b))
		n, err := k.from.Read(buffer)
		if n == 0 {
			return 0, err
		}
		k.pending = buffer[:n]
	}
	if k.pending[0] == ctrlC {
		k.pending = k.pending[1:]
		return 0, errDropped
	}
	end := slices.Index(k.pending, ctrlC)
	if end < 0 {
		end = len(k.pending)
	}
	n := copy(b, k.pending[:end])
	k.pending = k.pending[n:]
	return n, nil
}

// history holds the latest lines, the last one first.
type history []string

// maxHistory bounds the lines that are remembered.
const maxHistory = 500

func (h *history) Len() int        { return len(*h) }
func (h *history) At(i int) string { return (*h)[i] }

// Add remembers a line, unless it is empty or the same as before.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(*h) > 0 && (*h)[0] == line {
		return
	}
	*h = slices.Insert(*h, 0, line)
	*h = (*h)[:min(len(*h), maxHistory)]
}

// maxListed bounds the names that TAB shows.
const maxListed = 100

// complete completes the name before the cursor at a TAB: as far as it is
// certain, and if nothing is, it shows what there is.
func (e *editor) complete(line string, at int, key rune) (string, int, bool) {
	if key != '\t' {
		return "", 0, false
	}
	start, names := e.spec.CompleteName(line[:at])
	if len(names) == 0 {
		return line, at, true
	}
	certain := commonPrefix(names)
	if start+len(certain) == at {
		e.list(names)
		return line, at, true
	}
	return line[:start] + certain + line[at:], start + len(certain), true
}

func (e *editor) list(names []string) {
	shown := names[:min(len(names), maxListed)]
	text := strings.Join(shown, "\n")
	if !slices.ContainsFunc(shown, func(name string) bool { return strings.ContainsAny(name, ` "`) }) {
		text = view.Wrap(strings.Join(shown, " "), 0, 0, e.out.width)
	}
	if more := len(names) - len(shown); more > 0 {
		text += "\n..."
	}
	_, _ = e.edited.Write([]byte(text + "\n")) // an error is that of the terminal, which the line will have too
}

func commonPrefix(names []string) string {
	prefix := names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return strings.ToValidUTF8(prefix, "")
}
