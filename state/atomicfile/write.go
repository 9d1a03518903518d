package atomicfile

import (
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"apixo-batch/state/disk"
)

// Write replaces the file at path by what write writes. perm counts for the new
// file, before umask. On an error the old content stands and the temporary file
// is gone, with one exception: if only the last step fails, the fsync of the
// directory, the new content is there but a power loss may bring back the old.
func Write(d disk.Dir, path string, perm fs.FileMode, write func(io.Writer) error) error {
	temp := filepath.Join(filepath.Dir(path), tempPrefix(path)+random()+tempSuffix)
	file, err := d.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return fmt.Errorf("create a temporary file for %s: %w", path, err)
	}
	if err := fill(file, write); err != nil {
		d.Remove(temp)
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := d.Rename(temp, path); err != nil {
		d.Remove(temp)
		return fmt.Errorf("put %s in place: %w", path, err)
	}
	if err := d.SyncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("write directory %s to the disk: %w", filepath.Dir(path), err)
	}
	return nil
}

// fill writes the content, makes it durable and closes the file.
func fill(file disk.File, write func(io.Writer) error) error {
	if err := write(file); err != nil {
		file.Close()
		return err
	}
	if err := file.Sync(); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func random() string {
	var b [randomBytes]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x", b)
}
