package state

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrClosed is returned for a change after Close.
	ErrClosed = errors.New("the state is closed")
	// ErrLocked means that another process holds the state's lock.
	ErrLocked = errors.New("the state is locked")
	// ErrNotLocked means that nobody holds the state's lock.
	ErrNotLocked = errors.New("the state is not locked")
	// ErrNamed refuses a change for which a task is named for a submit that none may be
	// named for; see Change.UnlessNamed.
	ErrNamed = errors.New("a webhook has named a task for the submit")
	// ErrCorrupt means that a state's files are damaged or do not belong
	// together. The error is a *CorruptError.
	ErrCorrupt = errors.New("the state is damaged")
)

// CorruptError says where a state's files are damaged, or why they do not
// belong together. Nothing was changed.
type CorruptError struct {
	Path    string
	Line    int   // of a journal, from 1; 0 if the whole file is meant
	Offset  int64 // in bytes, where that line begins
	Problem string
	Advice  string // what to do
}

func (e *CorruptError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s, line %d (at byte %d)", e.Path, e.Line, e.Offset)
	}
	return fmt.Sprintf("state %s: %s; nothing was changed. %s", where, e.Problem, e.Advice)
}

// Is makes errors.Is(err, ErrCorrupt) true.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// VersionError means that a newer release of the program wrote the state.
type VersionError struct {
	Path    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("state %s has format version %d, and this program knows up to %d; nothing was changed. Use the release that wrote it, or a newer one",
		e.Path, e.Version, formatVersion)
}

// EndpointError means that the state belongs to another endpoint: its task IDs
// mean nothing here.
type EndpointError struct {
	Path     string
	Recorded string
	Asked    string
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("state %s holds tasks of %s, not of %s: their IDs are unknown there. Use the endpoint it was made with, or another state (-state=PATH)",
		e.Path, e.Recorded, e.Asked)
}

// LockedError means that another process holds the lock.
type LockedError struct {
	Path string // of the state
	Info LockInfo
}

func (e *LockedError) Error() string {
	if e.Info.ID == "" {
		return fmt.Sprintf("state %s is locked by another process, which has not told its name; try again when it has ended", e.Path)
	}
	return fmt.Sprintf("state %s is locked: %s by %s on %s, process %d, since %s (lock ID %s). Wait for it or stop it; force-unlock is for a holder that cannot be reached",
		e.Path, e.Info.Operation, e.Info.Who, e.Info.Host, e.Info.PID, e.Info.Since.Local().Format(time.DateTime), e.Info.ID)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }
