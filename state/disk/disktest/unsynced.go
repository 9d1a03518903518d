package disktest

import (
	"io/fs"

	"apixo-batch/state/disk"
)

// Unsynced is the operating system's file system without its fsync, which makes
// no difference but in a loss of power: for tests that lose none, a kill among
// them, and do much that waits for the hardware.
var Unsynced disk.FS = unsynced{disk.OS}

type unsynced struct{ disk.FS }

// OpenFile opens a file, as os.OpenFile does.
func (u unsynced) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	return withoutSync(u.FS.OpenFile(name, flag, perm))
}

// OpenRoot opens a directory.
func (u unsynced) OpenRoot(name string) (disk.Root, error) {
	root, err := u.FS.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return unsyncedRoot{root}, nil
}

// SyncDir does nothing.
func (unsynced) SyncDir(string) error { return nil }

type unsyncedRoot struct{ disk.Root }

// OpenFile opens a file in the directory.
func (u unsyncedRoot) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	return withoutSync(u.Root.OpenFile(name, flag, perm))
}

// SyncDir does nothing.
func (unsyncedRoot) SyncDir(string) error { return nil }

type unsyncedFile struct{ disk.File }

// Sync does nothing.
func (unsyncedFile) Sync() error { return nil }

// SyncData does nothing.
func (unsyncedFile) SyncData() error { return nil }

func withoutSync(file disk.File, err error) (disk.File, error) {
	if err != nil {
		return nil, err // not a File that holds nil
	}
	return unsyncedFile{file}, nil
}
