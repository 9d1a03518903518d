//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// ignoreSignals ignores the signals that would end or stop the process because of
// what it says. Between a POST and the record of its answer it must go on, also
// if nobody reads that.
//
//	PIPE   standard output or standard error has no reader any more
//	TTOU   a background job writes to a terminal with tostop set; it may then
func ignoreSignals() { signal.Ignore(syscall.SIGPIPE, syscall.SIGTTOU) }

// notifyResize tells when the terminal gets another size, until stop is called.
func notifyResize() (resized <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	return c, func() { signal.Stop(c) }
}
