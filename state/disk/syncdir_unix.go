//go:build !windows

package disk

import (
	"errors"
	"os"
	"syscall"
)

func syncDir(dir *os.File) error {
	err := dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // some network and FUSE file systems cannot
	}
	return err
}
