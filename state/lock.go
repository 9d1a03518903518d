package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"strings"
	"time"
	"unicode"

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
	info := LockInfo{ID: newID(), Operation: operation, Who: "unknown", Host: hostname(), PID: os.Getpid(), Since: time.Now().UTC()}
	if u, err := user.Current(); err == nil {
		info.Who = u.Username
	}
	return info
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
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

// tryLock returns nil if another holds the lock.
func tryLock(path string) (*lock, error) {
	file := flock.New(path)
	locked, err := file.TryLock()
	if err != nil || !locked {
		return nil, err
	}
	l := &lock{path: path, file: file}
	if l.info, err = file.Stat(); err == nil && l.check() == nil {
		return l, nil
	}
	return nil, errors.Join(err, file.Unlock()) // the holder removed the file meanwhile
}

// sign writes the note in place: a replaced file would be another lock. If that
// fails the lock is given back.
func (l *lock) sign(info LockInfo) error {
	note, err := json.Marshal(info)
	if err == nil {
		err = os.WriteFile(l.path, append(note, '\n'), 0o600)
	}
	if err != nil && runtime.GOOS != "windows" { // there a locked file cannot be written
		l.release()
		return fmt.Errorf("lock state: %w", err)
	}
	return nil
}

var errLockLost = errors.New("the lock was taken away (force-unlock, or its file was removed)")

// check reports whether the path still names the file that is locked.
func (l *lock) check() error {
	info, err := os.Stat(l.path)
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

// readLockInfo is the zero LockInfo if there is no note or no sense in it.
func readLockInfo(path string) LockInfo {
	file, err := os.Open(path)
	if err != nil {
		return LockInfo{}
	}
	defer file.Close()
	var info LockInfo
	if json.NewDecoder(io.LimitReader(file, maxLockNote)).Decode(&info) != nil {
		return LockInfo{}
	}
	for _, text := range []*string{&info.ID, &info.Operation, &info.Who, &info.Host} {
		*text = strings.Map(printable, *text) // others can write the file
	}
	return info
}

const maxLockNote = 4 << 10

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}
