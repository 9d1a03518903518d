package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"apixo-batch/cmd/apixo-batch/view"
)

// logToStderr writes the log where errors go, above the live area of a run.
type logToStderr struct{ *program }

func (l logToStderr) Write(line []byte) (int, error) {
	if !view.Log(l.view, line) {
		_, _ = l.stderr.Write(line) // a reader that went away does not stop a run
	}
	return len(line), nil
}

// logFile is a log in a file. What cannot be written ends it, and nothing else: a
// run goes on without its log.
type logFile struct {
	*os.File
	stderr io.Writer
	lost   bool // slog makes one call of Write at a time
}

func (f *logFile) Write(line []byte) (int, error) {
	if f.lost {
		return len(line), nil
	}
	if _, err := f.File.Write(line); err != nil {
		f.lost = true
		fmt.Fprintf(f.stderr, "Warning: the log ends here, and everything else goes on: %s\n", view.Clean(err.Error()))
	}
	return len(line), nil
}

// openLogFile opens a log to append to. What leads to standard error, such as
// /dev/stderr, is that; standard output is for answers alone.
func (p *program) openLogFile(path string) (io.Writer, error) {
	toStderr := logToStderr{p}
	switch info, err := os.Stat(path); {
	case err != nil: // opening says what is wrong, or makes it
	case sameFile(info, p.stderr):
		return toStderr, nil
	case sameFile(info, p.stdout.to) && info.Mode()&os.ModeDevice == 0:
		return nil, fmt.Errorf("%s is where standard output goes, which holds answers only", path)
	case !info.Mode().IsRegular() && info.Mode()&os.ModeCharDevice == 0:
		return nil, fmt.Errorf("%s is no file that a log can be appended to (%s)", path, info.Mode().Type())
	}
	if err := onlyLog(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &logFile{File: file, stderr: toStderr}, nil
}

// sameFile reports whether a stream of the program leads to a file.
func sameFile(info os.FileInfo, stream any) bool {
	file, ok := behind(stream).(*os.File)
	if !ok {
		return false
	}
	other, err := file.Stat()
	return err == nil && os.SameFile(info, other)
}

// onlyLog refuses to append to what is not a log: a line of it in a state would
// damage that, and in a result what was paid for.
func onlyLog(path string) error {
	real, err := leadsTo(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if takenName(path) || takenName(real) {
		return fmt.Errorf("%s has the name of a file of a state or a configuration; name another file", path)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // opening says what is wrong, if anything is
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, len(jsonLogHead))
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: %w", path, err)
	}
	if head := string(head[:n]); !strings.HasPrefix(head, textLogHead) && head != jsonLogHead {
		return fmt.Errorf("%s is there, and does not begin as a log does; nothing was written to it. Name another file", path)
	}
	return nil
}

// How each line of a log begins.
const (
	textLogHead = "time="
	jsonLogHead = `{"time":`
)
