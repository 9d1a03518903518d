package main

import (
	"errors"
	"fmt"
	"io"
	"os"

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
func (p *program) openLogFile(path string, kept []keptFile) (io.Writer, error) {
	toStderr := logToStderr{p}
	switch info, err := os.Stat(path); {
	case err != nil: // opening says what is wrong, or makes it
	case sameFile(info, p.stderr):
		return toStderr, nil
	case sameFile(info, p.stdout.to) && info.Mode()&os.ModeDevice == 0:
		return nil, errors.New("that is where standard output goes, which holds answers only")
	}
	file, err := p.openAppended(appendedLog, logPathVariable+"="+path, path, kept)
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
