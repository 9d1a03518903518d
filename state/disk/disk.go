package disk

import (
	"io"
	"io/fs"
)

// Dir is a tree of files. Names are paths in it; those of FS are the operating
// system's own, those of a Root are relative to it, with slashes.
type Dir interface {
	// OpenFile opens a file as os.OpenFile does.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Rename(from, to string) error
	// Link gives a file a second name; fs.ErrExist if that is taken.
	Link(from, to string) error
	Remove(name string) error
	MkdirAll(name string, perm fs.FileMode) error
	// SyncDir makes the names in a directory durable: what was created, renamed
	// or removed in it stays so after a power loss. File systems that have no
	// such thing are passed over.
	SyncDir(name string) error
}

// FS is the whole file system.
type FS interface {
	Dir
	// OpenRoot opens a directory that no name leads out of: not by "..", not by
	// a symbolic link.
	OpenRoot(name string) (Root, error)
}

// Root is a directory that no name leads out of.
type Root interface {
	Dir
	Close() error
}

// File is an open file.
type File interface {
	io.ReadWriteCloser
	Stat() (fs.FileInfo, error)
	// Sync makes content and metadata durable. After an error neither is known
	// to be, and a second Sync that succeeds proves nothing.
	Sync() error
	// SyncData is Sync without what reading the content back does not need,
	// such as the modification time.
	SyncData() error
}
