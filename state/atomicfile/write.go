package atomicfile

import (
	"io"
	"io/fs"
)

// Write replaces the file at path by what write writes. perm counts for the new
// file, before umask. On an error the old content stands and the temporary file
// is gone, with one exception: if only the last step fails, the fsync of the
// directory, the new content is there but a power loss may bring back the old.
func Write(path string, perm fs.FileMode, write func(io.Writer) error) error {
	f, err := Create(path, perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := write(f); err != nil {
		return err
	}
	return f.replace()
}
