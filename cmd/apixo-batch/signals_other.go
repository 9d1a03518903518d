//go:build !unix

package main

import "os"

// ignoreSignals has nothing to do: no signal comes of a write here.
func ignoreSignals() {}

// notifyResize tells nothing: the size is looked up at each drawing.
func notifyResize() (resized <-chan os.Signal, stop func()) { return nil, func() {} }
