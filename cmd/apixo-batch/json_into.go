package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func jsonIntoFlag() cli.Flag {
	return &cli.StringFlag{Name: "json-into", Usage: "append the lines of -json to a `FILE` too, which may be a pipe; see help events"}
}

// readerPatience is how long a run that has not begun waits for whoever reads of it:
// to open a pipe, and to take what fills one.
const readerPatience = 10 * time.Second

// chooseAlso is choose for the commands with -json-into.
func (p *program) chooseAlso(at *cli.Command) error {
	patience := readerPatience
	if commandName(at) == "plan" {
		patience = 0 // all of a plan is the answer, however slowly it is read
	}
	if at.Bool("json") {
		p.view = p.annotated(p.addStream("-json", p.stdout, nil, patience))
	} else {
		p.choose(false, at.Bool("no-color"), at.Bool("verbose"))
	}
	path := at.String("json-into")
	if path == "" {
		return nil
	}
	asked := "-json-into=" + path
	file, err := p.openEvents(asked, path, keptByFlags(at, ""))
	if err != nil {
		return fmt.Errorf("%s: %w", asked, err)
	}
	p.view = view.Together(p.view, p.addStream(asked, file, file, patience))
	return nil
}

// jsonStream is a view that has to be closed, and what it is called.
type jsonStream struct {
	*view.JSON
	name string
	file io.Closer // nil for standard output
}

// addStream makes a view of JSON lines that is closed with the program. A reader that
// takes nothing is waited for as long as patience before a run, 0 for ever.
func (p *program) addStream(name string, to io.Writer, file io.Closer, patience time.Duration) *view.JSON {
	lines := view.NewJSON(to, version(), patience)
	p.streams = append(p.streams, jsonStream{lines, name, file})
	return lines
}

// closeStreams has the readers of JSON lines take what is left, within the time that
// the view gives them, and tells people what they did not.
func (p *program) closeStreams() {
	p.closing.Lock()
	defer p.closing.Unlock()
	for _, s := range p.streams {
		lost, err := s.Close()
		name := view.Clean(s.name)
		switch {
		case err != nil:
			p.human(false, false).Note(fmt.Sprintf("Warning: the lines of %s end early, and everything else went on: %s", name, view.Clean(err.Error())))
		case lost > 0:
			p.human(false, false).Note(fmt.Sprintf("Warning: %d lines of %s are lost: nobody read them in time. The state holds all that was done.", lost, name))
		}
		if s.file != nil {
			_ = s.file.Close() // what could not be written was told
		}
	}
	p.streams = nil
}

// openEvents opens what JSON lines are appended to, and are asked for as. It may be a
// pipe: then somebody has to read of it within readerPatience.
func (p *program) openEvents(asked, path string, kept []keptFile) (*os.File, error) {
	if n, is := descriptor(path); is {
		file, err := openDescriptor(path, n)
		if err != nil {
			return nil, err
		}
		return p.noteAppended(asked, file)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil: // opening says what is wrong, or makes it
	case sameFile(info, p.stdout.to) && info.Mode()&os.ModeDevice == 0:
		return nil, errors.New("that is where standard output goes; pass -json instead")
	case info.Mode()&os.ModeNamedPipe != 0:
		return openPipe(path)
	}
	return p.openAppended(appendedEvents, asked, path, kept)
}

// descriptor reads the number of /dev/fd/N. The file that the process has been given
// is used as it is: it may be a socket, which has no path that could be opened.
func descriptor(path string) (n int, is bool) {
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if text, found := strings.CutPrefix(path, dir); found {
			n, err := strconv.Atoi(text)
			return n, err == nil && n > 2
		}
	}
	return 0, false
}

func openDescriptor(path string, n int) (*os.File, error) {
	if _, err := os.Stat(path); err != nil { // before an os.File of it is made, which would close it one day
		return nil, fmt.Errorf("%d is not an open file", n)
	}
	if !inherited(n) {
		return nil, fmt.Errorf("%d was not opened for the program, as a shell does with %d>>FILE", n, n)
	}
	return os.NewFile(uintptr(n), path), nil
}
