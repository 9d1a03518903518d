//go:build unix

package spec

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe that nobody writes to would block whoever opens it plainly.
func TestAPipeIsNotRead(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	context := functionContext(dir)
	for _, c := range []functionCase{
		{`file("pipe")`, `error:not a regular file`},
		{`filebase64("pipe")`, `error:not a regular file`},
		{`fileexists("pipe")`, `error:not a regular file`},
		{`fileset(".", "*")`, `[]`},
	} {
		checkFunctionCase(t, context, c)
	}
}
