//go:build unix

package state

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A cloned repository can hold anything at the lock's path. None of it is
// written, removed or waited for.
func TestALockNeverTouchesAnotherFile(t *testing.T) {
	const precious = "Host *\n  User me\n"
	for name, plant := range map[string]func(t *testing.T, lock, target string) error{
		"a symbolic link": func(_ *testing.T, lock, target string) error { return os.Symlink(target, lock) },
		"a symbolic link to nothing": func(_ *testing.T, lock, target string) error {
			return os.Symlink(target+".new", lock)
		},
		"a hard link":    func(_ *testing.T, lock, target string) error { return os.Link(target, lock) },
		"another's file": func(_ *testing.T, lock, _ string) error { return os.WriteFile(lock, []byte(precious), 0o600) },
		"other JSON":     func(_ *testing.T, lock, _ string) error { return os.WriteFile(lock, []byte(`{"id":"x"}`), 0o600) },
		"a note and more": func(t *testing.T, lock, _ string) error {
			return os.WriteFile(lock, []byte(note(t)+precious), 0o600)
		},
		"a pipe":      func(_ *testing.T, lock, _ string) error { return syscall.Mkfifo(lock, 0o600) },
		"a directory": func(_ *testing.T, lock, _ string) error { return os.Mkdir(lock, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			lock, target := PathsFor(path).Lock, filepath.Join(t.TempDir(), "config")
			write(t, target, []byte(precious))
			if err := plant(t, lock, target); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(lock)
			_, errOpen := Open(path, OpenOptions{Operation: "test"})
			if errOpen == nil || !strings.Contains(errOpen.Error(), lock) || !strings.Contains(errOpen.Error(), "move it away") {
				t.Errorf("Open: %v", errOpen)
			}
			if err := ForceUnlock(path, "x"); err == nil || errors.Is(err, ErrNotLocked) {
				t.Errorf("ForceUnlock: %v", err)
			}
			if _, held, _ := Holder(path); held {
				t.Error("Holder says that it is held")
			}
			if after, err := os.Lstat(lock); err != nil || !os.SameFile(before, after) || after.Size() != before.Size() {
				t.Errorf("the file at the lock's path: %v, %v", after, err)
			}
			if got := string(contents(t, target)); got != precious {
				t.Errorf("the other file holds %q", got)
			}
			if _, err := os.Lstat(target + ".new"); err == nil {
				t.Error("a file was made through the link")
			}
		})
	}
}

func note(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(newLockInfo("test"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestAnOldNoteIsTakenOver(t *testing.T) {
	for name, left := range map[string]string{"a note": note(t), "nothing": "", "zeros of a power loss": "\x00\x00\x00"} {
		path := newPath(t)
		write(t, PathsFor(path).Lock, []byte(left))
		s, err := Open(path, OpenOptions{Operation: "test"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		closeStore(t, s)
	}
}

// Between a look at the note and its removal another may have taken the lock.
func TestForceUnlockRemovesOnlyTheNoteThatItRead(t *testing.T) {
	path := newPath(t)
	lock := PathsFor(path).Lock
	write(t, lock, []byte(note(t)))
	seen, err := openNote(lock)
	if err != nil {
		t.Fatal(err)
	}
	defer seen.Close()
	os.Remove(lock)
	next := open(t, path)
	if err := seen.remove(); err == nil {
		t.Error("the next holder's lock was removed")
	}
	put(t, next, running(1))
	closeStore(t, next)
}
