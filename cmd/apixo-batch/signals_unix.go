//go:build unix

package main

import (
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
