package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"github.com/gofrs/flock"
)

// Holder tells who holds the lock of the state at path right now. held is false
// if nobody does, whatever an old note says. info is zero if a holder has left
// no note.
func Holder(path string) (info LockInfo, held bool, err error) {
	paths := PathsFor(resolve(path))
	if err := checkLockFile(paths.Lock); err != nil {
		return LockInfo{}, false, fmt.Errorf("look at the lock of state %s: %w", path, err)
	}
	probe := flock.New(paths.Lock, flock.SetFlag(os.O_RDONLY|nofollow))
	free, err := probe.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return LockInfo{}, false, nil
	}
	if err != nil {
		return LockInfo{}, false, fmt.Errorf("look at the lock of state %s: %w", path, err)
	}
	if free {
		return LockInfo{}, false, probe.Unlock()
	}
	return readLockInfo(paths.Lock), true, nil
}

// ForceUnlock takes the lock away from a holder that cannot be reached; id is
// the lock ID that LockedError showed. The holder, if it lives after all, finds
// out before its next change and stops there.
//
// It refuses while the holder is a process of this host that is alive: stopping
// that one gives the lock back safely. If nobody holds the lock, an old note is
// removed and the error is ErrNotLocked.
func ForceUnlock(path, id string) error {
	paths := PathsFor(resolve(path))
	if free, err := removeStale(paths.Lock); err != nil {
		return fmt.Errorf("unlock state %s: %w", path, err)
	} else if free {
		return fmt.Errorf("%w: nothing had to be unlocked at %s; if a note of an earlier holder was there, it is removed", ErrNotLocked, path)
	}
	note, err := openNote(paths.Lock)
	if err != nil {
		return fmt.Errorf("unlock state %s: %w", path, err)
	}
	defer note.Close()
	info := note.info
	if info.ID != id {
		return fmt.Errorf("unlock state %s: the lock has the ID %q, not %q; nothing was changed", path, info.ID, id)
	}
	if _, host := Who(); info.Host == host && alive(info.PID) {
		return fmt.Errorf("unlock state %s: process %d on this host holds the lock (%s by %s) and is alive; stop it with `kill %d`, which gives the lock back",
			path, info.PID, info.Operation, info.Who, info.PID)
	}
	if err := note.remove(); err != nil {
		return fmt.Errorf("unlock state %s: %w", path, err)
	}
	return nil
}

// removeStale removes the lock file if nobody holds it.
func removeStale(path string) (free bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	l, err := tryLock(path)
	if err != nil || l == nil {
		return false, err
	}
	return true, l.release()
}

// alive reports whether a process of this host exists.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer process.Release()
	if runtime.GOOS == "windows" {
		return true // FindProcess fails there for one that does not exist
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}
