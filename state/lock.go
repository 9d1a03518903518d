package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// LockInfo tells who holds a lock. It is information only: the lock itself is
// the operating system's, and ends with the process that took it.
type LockInfo struct {
	ID        string    `json:"id"`
	Operation string    `json:"operation"`
	Who       string    `json:"who"`
	Host      string    `json:"host"`
	PID       int       `json:"pid"`
	Since     time.Time `json:"since"`
}

func newLockInfo(operation string) LockInfo {
	who, host := Who()
	return LockInfo{ID: newID(), Operation: operation, Who: who, Host: host, PID: os.Getpid(), Since: time.Now().UTC()}
}

// lock is a lock that this process holds. It is on a file of its own, so that
// the files of the state can be replaced.
type lock struct {
	path string
	file *flock.Flock
	info fs.FileInfo
}

const (
	lockPoll = 10 * time.Millisecond
	// minLockWait outlasts those who only look whether the lock is held.
	minLockWait = 50 * time.Millisecond
)

// acquire takes the lock and writes down who has it.
func acquire(paths Paths, operation string, timeout time.Duration) (*lock, error) {
	deadline := time.Now().Add(max(timeout, minLockWait))
	for {
		l, err := tryLock(paths.Lock)
		if err != nil {
			return nil, fmt.Errorf("lock state %s: %w", paths.Snapshot, err)
		}
		if l != nil {
			return l, l.sign(newLockInfo(operation))
		}
		if time.Now().After(deadline) {
			return nil, &LockedError{Path: paths.Snapshot, Info: readLockInfo(paths.Lock)}
		}
		time.Sleep(lockPoll)
	}
}

// tryLock returns nil if another holds the lock. The path comes with the
// directory, which may be anybody's: what is there and is not a lock of ours is
// not locked, written or removed.
func tryLock(path string) (*lock, error) {
	if err := checkLockFile(path); err != nil {
		return nil, err
	}
	file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|nofollow), flock.SetPermissions(0o600))
	locked, err := file.TryLock()
	if err != nil || !locked {
		return nil, err
	}
	l := &lock{path: path, file: file}
	if l.info, err = file.Stat(); err == nil && l.check() == nil {
		if err = l.checkOurs(); err == nil {
			return l, nil
		}
	}
	return nil, errors.Join(err, file.Unlock()) // without an error, the holder removed the file meanwhile
}

// notLockError means that a file at the lock's path is none of ours.
type notLockError struct{ path, problem string }

func (e *notLockError) Error() string {
	return fmt.Sprintf("%s is not a lock of this program: it is %s. Nothing was changed; look at it and move it away", e.path, e.problem)
}

// checkLockFile refuses what must not even be opened.
func checkLockFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return onlyName(path, info)
}

// onlyName accepts a regular file that has no other name.
func onlyName(path string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return &notLockError{path, "a symbolic link"}
	case !info.Mode().IsRegular():
		return &notLockError{path, "not a regular file"}
	case names(info) > 1:
		return &notLockError{path, "a file that has another name, too (a hard link)"}
	}
	return nil
}

// checkOurs accepts the file that is locked if it is empty, as a new one is, or
// holds a note.
func (l *lock) checkOurs() error {
	if err := onlyName(l.path, l.info); err != nil {
		return err
	}
	file, err := l.open(os.O_RDONLY)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxLockNote+1))
	switch {
	case err != nil && runtime.GOOS == "windows": // there a locked file cannot be read, nor written
		return nil
	case err != nil:
		return err
	case len(bytes.Trim(text, "\x00")) > 0 && !isNote(text): // a power loss leaves zeros
		return &notLockError{l.path, "a file with other content"}
	}
	return nil
}

// open opens the file that is locked, and no other.
func (l *lock) open(flag int) (*os.File, error) {
	file, err := os.OpenFile(l.path, flag|nofollow, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !os.SameFile(info, l.info) {
		return nil, errors.Join(errLockLost, err, file.Close())
	}
	return file, nil
}

// sign writes the note in place: a replaced file would be another lock. If that
// fails the lock is given back.
func (l *lock) sign(info LockInfo) error {
	err := l.write(info)
	if err != nil && runtime.GOOS != "windows" { // there a locked file cannot be written
		l.release()
		return fmt.Errorf("lock state: %w", err)
	}
	return nil
}

func (l *lock) write(info LockInfo) error {
	note, err := json.Marshal(info)
	if err != nil {
		return err
	}
	file, err := l.open(os.O_WRONLY)
	if err != nil {
		return err
	}
	if err = file.Truncate(0); err == nil {
		_, err = file.Write(append(note, '\n'))
	}
	return errors.Join(err, file.Close())
}

var errLockLost = errors.New("the lock was taken away (force-unlock, or its file was removed)")

// check reports whether the path still names the file that is locked.
func (l *lock) check() error {
	info, err := os.Lstat(l.path)
	if err != nil || !os.SameFile(info, l.info) {
		return errLockLost
	}
	return nil
}

// release removes the file, while it is still locked and if it is still this
// lock's, and unlocks it. Whoever opened it before finds that the path names
// another file now, and tries again.
func (l *lock) release() error {
	if l.check() == nil {
		os.Remove(l.path)
	}
	return l.file.Unlock()
}
