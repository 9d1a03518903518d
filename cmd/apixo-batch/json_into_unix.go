//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// openPipe opens a named pipe once somebody has opened its other end. A write to it can
// be ended.
func openPipe(path string) (*os.File, error) {
	for deadline := time.Now().Add(readerPatience); ; time.Sleep(20 * time.Millisecond) {
		file, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) {
			return file, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("it is a pipe, and nobody has opened its other end for %s; nothing was done", readerPatience)
		}
	}
}
