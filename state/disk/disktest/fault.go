package disktest

import (
	"slices"
	"syscall"
)

// Fault is what goes wrong.
type Fault int

const (
	none Fault = iota
	// IOError fails one operation with EIO. A write may have happened in part.
	// After a failed fsync of a file what it should have made durable never will be,
	// though the process still reads it and a later fsync succeeds.
	IOError
	// DeadDisk is IOError for this operation and all that follow.
	DeadDisk
	// NoSpace fails one operation that needs space with ENOSPC. A write may have
	// happened in part.
	NoSpace
	// FullDisk is NoSpace for this operation and all that follow and need space.
	FullDisk
	// CrashBefore ends the process before an operation that changes something.
	CrashBefore
	// CrashDuring ends it in the middle of a write.
	CrashDuring
	// CrashAfter ends it after an operation that changes something, before its
	// caller knows.
	CrashAfter
)

func (f Fault) String() string {
	return [...]string{"none", "I/O error", "dead disk", "no space", "full disk", "crash before", "crash during", "crash after"}[f]
}

// Crashes reports whether the fault ends the process.
func (f Fault) Crashes() bool { return f >= CrashBefore }

// lasts reports whether later operations fail too.
func (f Fault) lasts() bool { return f == DeadDisk || f == FullDisk }

// err is what a failing operation returns; nil if it is carried out.
func (f Fault) err() error {
	switch f {
	case IOError, DeadDisk:
		return syscall.EIO
	case NoSpace, FullDisk:
		return syscall.ENOSPC
	case CrashBefore, CrashDuring:
		return ErrCrashed
	default:
		return nil
	}
}

// hits reports whether the fault can happen to an operation.
func (f Fault) hits(op operation) bool {
	switch f {
	case IOError, DeadDisk:
		return true
	case NoSpace, FullDisk:
		return slices.Contains([]operation{create, write, mkdir, link, rename}, op)
	case CrashBefore, CrashAfter:
		return op != look && op != closing
	case CrashDuring:
		return op == write
	default:
		return false
	}
}

// operation is a kind of operation, as far as faults tell them apart.
type operation int

const (
	look operation = iota // opens what is there, reads, lists, asks
	closing
	create
	write
	syncFile
	mkdir
	link
	rename
	remove
	syncDir
)

func (o operation) String() string {
	return [...]string{"look at", "close", "create", "write", "sync", "mkdir", "link", "rename", "remove", "sync directory"}[o]
}
