//go:build unix

package main

import (
	"net"
	"syscall"
	"testing"
)

// What is no file of a disk, nor a device for what may go to one, is refused without
// waiting for a reader, and another file is asked for.
func TestNothingIsAppendedToAPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, kind := range []appended{appendedLog, appendedEvents, appendedTrace, appendedSummary, appendedStep} {
		for path, what := range map[string]string{"pipe": "a pipe", "socket": "a socket"} {
			want := "it is " + what + ", which is not appended to; nothing was written to it. Name a file"
			if file, err := kind.open(path); err == nil || err.Error() != want {
				t.Errorf("%+v: %s: %v, %v, want %s", kind, path, file, err, want)
			}
		}
	}
}
