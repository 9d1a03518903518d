package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"apixo-batch/cmd/apixo-batch/gallery"
)

// appended is a kind of file that each run appends to. Nothing is put into any other: a
// line of it in a state would damage that, and in a result what was paid for.
type appended struct {
	begins   string   // how one that is not empty begins, in the words of a message
	heads    []string // one of which that is; any text will do if there are none
	head     string   // what a new one is begun with
	markdown bool     // its name may not be that of a file of JSON
	device   bool     // a terminal, or what is like one, will do too
}

// What is appended to, and what of that is recognised.
var (
	appendedLog     = appended{begins: "a log does", heads: []string{"time=", `{"time":`}, device: true}
	appendedEvents  = appended{begins: "these lines do", heads: []string{eventsHead}, device: true}
	appendedTrace   = appended{begins: "a trace does", heads: []string{traceHead}, head: traceHead}
	appendedSummary = appended{begins: "a report in Markdown does", heads: []string{gallery.MarkdownHead}, markdown: true}
	appendedStep    = appended{markdown: true} // the summary of a step of GitHub Actions, which other programs write to as well
)

// eventsHead is how each JSON line begins.
const eventsHead = `{"@level":`

// traceHead is the first line of a trace.
var traceHead = strings.Join(traceColumns, "\t") + "\n"

// open opens a file to append to, which it makes if there is none. What is appended
// begins a line, also where a disk that was full or a killed run cut the last one.
func (a appended) open(path string) (*os.File, error) {
	if err := a.checkName(path); err != nil {
		return nil, err
	}
	how := os.O_RDWR
	switch info, err := os.Stat(path); {
	case err != nil: // opening says what is wrong, or makes it
	case info.IsDir():
		return nil, errors.New("it is a directory; name a file")
	case !info.Mode().IsRegular() && (!a.device || info.Mode()&os.ModeCharDevice == 0):
		return nil, fmt.Errorf("it is %s, which is not appended to; nothing was written to it. Name a file", typeText(info.Mode()))
	case !info.Mode().IsRegular():
		how = os.O_WRONLY
	}
	file, err := os.OpenFile(path, how|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		if dir := filepath.Dir(path); !directoryExists(dir) {
			err = fmt.Errorf("the directory %s does not exist", dir)
		}
		return nil, err
	}
	if err := a.begin(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// typeText names what is neither a file nor a directory.
func typeText(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "a pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// checkName refuses what such a file may not be called, nor lead to.
func (a appended) checkName(path string) error {
	real, err := leadsTo(path)
	if err != nil {
		return err
	}
	for _, name := range []string{path, real} {
		switch {
		case takenName(name):
			return errors.New("it has the name of a part of a configuration or a state. Name another file")
		case a.markdown && strings.HasSuffix(name, ".json"):
			return errors.New("it does not have the name of a file of Markdown. Name another file")
		}
	}
	return nil
}

// begin makes a file ready to be appended to, once it is known to be of the kind.
func (a appended) begin(file *os.File) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return nil
	case info.Size() == 0:
		_, err := file.WriteString(a.head)
		return err
	}
	if err := a.recognise(file); err != nil {
		return err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.WriteString("\n")
	return err
}

// recognise refuses a file that is not of the kind.
func (a appended) recognise(file io.ReaderAt) error {
	if len(a.heads) == 0 {
		return onlyText(file)
	}
	begins := func(head string) bool {
		found := make([]byte, len(head))
		n, _ := file.ReadAt(found, 0) // what cannot be read is not recognised
		return string(found[:n]) == head
	}
	if !slices.ContainsFunc(a.heads, begins) {
		return fmt.Errorf("it is there, and does not begin as %s; nothing was written to it. Name another file", a.begins)
	}
	return nil
}

// onlyText refuses a file that holds anything but text, as far as a summary may reach:
// of one that goes on beyond that nothing is written anyway.
func onlyText(file io.ReaderAt) error {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxSummary))
	if err != nil {
		return err
	}
	if !utf8.Valid(text) && len(text) < maxSummary || bytes.IndexByte(text, 0) >= 0 {
		return errors.New("it is there, and is no text; nothing was written to it. Name another file")
	}
	return nil
}

var errDangling = errors.New("it is a link to nothing")

// leadsTo is the file that something appended to a path ends up in, whose name may say
// that it is no place for that; of a new file it is the path. A link to nothing is
// refused: who opened it to append would make what it names, such as a journal.
func leadsTo(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	if _, err := os.Stat(path); err == nil { // an open file of the process, without a place
		return path, nil
	}
	if _, err := os.Lstat(path); err == nil {
		return "", errDangling
	}
	return path, nil
}
