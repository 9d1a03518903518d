//go:build unix

package spec

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is what this process has computed so far. Other than the clock it does
// not run on while others have the machine.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
