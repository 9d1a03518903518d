package disk

import (
	"fmt"
	"os"
	"syscall"
)

// syncData is fsync without what reading the data back does not need, such as
// the modification time.
func syncData(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var syncErr error
	err = conn.Control(func(fd uintptr) {
		for {
			if syncErr = syscall.Fdatasync(int(fd)); syncErr != syscall.EINTR {
				return
			}
		}
	})
	if err == nil && syncErr != nil {
		err = fmt.Errorf("fdatasync: %w", syncErr)
	}
	return err
}
