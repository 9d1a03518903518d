//go:build unix

package main

import (
	"math"
	"syscall"
)

// openFileLimit is how many files, connections included, this process may have
// open at a time. Go has raised it as far as the system allows.
func openFileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur)
}
