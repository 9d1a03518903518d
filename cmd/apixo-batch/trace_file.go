package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// openTraceFile opens a trace to append to, and begins a new one with its head. What
// is there has to begin as a trace does: no line is put into anything else.
func openTraceFile(path string) (*os.File, error) {
	if err := checkTracePlace(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		if dir := filepath.Dir(path); !directoryExists(dir) {
			err = fmt.Errorf("the directory %s does not exist", dir)
		}
		return nil, err
	}
	if err := beginTrace(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// checkTracePlace refuses names that a trace may not make or follow.
func checkTracePlace(path string) error {
	real, err := leadsTo(path)
	if err != nil {
		return err
	}
	if takenName(path) || takenName(real) {
		return errors.New("it has the name of a part of a configuration or a state; name another file")
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	return nil
}

// beginTrace writes the head of a new trace, and ends the line that a killed run left
// in an old one.
func beginTrace(file *os.File) error {
	head := strings.Join(traceColumns, "\t") + "\n"
	begins := make([]byte, len(head))
	switch n, err := io.ReadFull(file, begins); {
	case errors.Is(err, io.EOF):
		_, err = file.WriteString(head)
		return err
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF), string(begins[:n]) != head:
		return errors.New("it is there, and does not begin as a trace does; nothing was written to it. Name another file")
	}
	end, err := file.Seek(-1, io.SeekEnd)
	if err != nil {
		return err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, end); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.WriteString("\n")
	return err
}
