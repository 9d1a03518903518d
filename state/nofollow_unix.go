//go:build unix

package state

import (
	"io/fs"
	"syscall"
)

// nofollow makes an open fail at a symbolic link, and not wait for the other end
// of a pipe.
const nofollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// names counts the hard links of a file.
func names(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Nlink)
	}
	return 1
}
