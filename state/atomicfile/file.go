package atomicfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is new content on its way to a path. It is written under a temporary
// name and ends with Commit or Discard. It is for one goroutine at a time.
type File struct {
	file *os.File
	path string
	done bool
}

// Create begins new content for path, in a temporary file beside it. The
// directory must exist. Nothing is visible at path before Commit.
func Create(path string, perm fs.FileMode) (*File, error) {
	name := filepath.Join(filepath.Dir(path), tempPrefix(path)+random()+tempSuffix)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, fmt.Errorf("create a temporary file for %s: %w", path, err)
	}
	return &File{file: file, path: path}, nil
}

// Write appends to the temporary file.
func (f *File) Write(p []byte) (int, error) { return f.file.Write(p) }

// ReadAt reads back what was written, to look at it before Commit.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

// Name is the path of the temporary file.
func (f *File) Name() string { return f.file.Name() }

// Commit makes the content durable and gives it its name. It never replaces
// anything: if path exists by now, the error is fs.ErrExist, path is untouched
// and the content is gone. Commit ends the File whatever comes of it.
//
// Where the file system knows no hard links, the name is first taken by an empty
// file; a process that is killed right there leaves it empty.
func (f *File) Commit() error {
	return f.finish(placeNew)
}

// Discard drops the content. After Commit or Discard it does nothing, so it can
// be deferred.
func (f *File) Discard() {
	if f.done {
		return
	}
	f.done = true
	f.file.Close()
	os.Remove(f.file.Name())
}

func (f *File) replace() error {
	return f.finish(os.Rename)
}

func (f *File) finish(place func(temp, path string) error) error {
	defer f.Discard()
	if f.done {
		return fmt.Errorf("write %s: the file was committed or discarded before", f.path)
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("write %s to the disk: %w", f.path, err)
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	if err := place(f.file.Name(), f.path); err != nil {
		return fmt.Errorf("put %s in place: %w", f.path, err)
	}
	f.done = true
	return SyncDir(filepath.Dir(f.path))
}

// placeNew gives temp the name path unless path exists.
func placeNew(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil {
		os.Remove(temp) // a second name of the same file does no harm
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	return claim(temp, path)
}

// claim is placeNew without hard links.
func claim(temp, path string) error {
	placeholder, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	placeholder.Close()
	if err := os.Rename(temp, path); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

// SyncDir makes the names in a directory durable: what was created, renamed or
// removed in it stays so after a power loss. File systems that have no such
// thing are passed over.
func SyncDir(dir string) error {
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("write directory %s to the disk: %w", dir, err)
	}
	return nil
}

// RemoveLeftovers removes the temporary files for path that killed processes
// left behind. The caller makes sure that nobody writes path meanwhile.
func RemoveLeftovers(path string) error {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for temporary files of %s: %w", path, err)
	}
	for _, entry := range entries {
		if isTemp(entry.Name(), path) && entry.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove a temporary file of %s: %w", path, err)
			}
		}
	}
	return nil
}

const (
	tempSuffix   = ".tmp"
	randomDigits = 16
	maxBase      = 200 // of a target's name; most file systems allow names of 255 bytes
)

func isTemp(name, path string) bool {
	middle, ok := strings.CutPrefix(name, tempPrefix(path))
	middle, tail := strings.CutSuffix(middle, tempSuffix)
	_, err := hex.DecodeString(middle)
	return ok && tail && err == nil && len(middle) == randomDigits
}

func tempPrefix(path string) string {
	base := filepath.Base(path)
	return "." + strings.ToValidUTF8(base[:min(len(base), maxBase)], "") + "."
}

func random() string {
	var b [randomDigits / 2]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
