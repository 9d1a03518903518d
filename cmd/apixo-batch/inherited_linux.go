package main

import "syscall"

// inherited reports whether a descriptor was open when the program began, as far as it is
// open at all. Those of the program itself are marked to end with it.
func inherited(n int) bool {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(n), syscall.F_GETFD, 0)
	return errno != 0 || flags&syscall.FD_CLOEXEC == 0
}
