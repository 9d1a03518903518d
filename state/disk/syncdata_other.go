//go:build !linux

package disk

import "os"

// syncData asks the disk itself where the system can: macOS by F_FULLFSYNC.
func syncData(f *os.File) error { return f.Sync() }
