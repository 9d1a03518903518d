package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// fileReader reads the files that expressions name. It stays within the
// configuration's directory and those that are allowed besides, symbolic links
// included, reads regular files only, and notes the digest of everything read.
// It may be used concurrently.
type fileReader struct {
	dir    string
	allow  []string // absolute
	tables *tables  // the rows of what was read

	mu   sync.Mutex
	seen map[string]string // SHA-256 in hexadecimal by path, relative and with slashes
}

func newFileReader(dir string, allow ...string) *fileReader {
	r := &fileReader{dir: dir, tables: newTables(dir), seen: make(map[string]string)}
	for _, path := range allow {
		if full, err := filepath.Abs(path); err == nil {
			r.allow = append(r.allow, full)
		}
	}
	return r
}

// digests returns the SHA-256 sums, in hexadecimal, of all files read so far,
// by their path relative to the directory, with slashes.
func (r *fileReader) digests() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.seen)
}

// read returns the content of a file of at most limit bytes. A file that is read
// again must still be the same: a plan that rests on two versions of a file
// rests on nothing.
func (r *fileReader) read(path string, limit int64) ([]byte, error) {
	within, name, err := r.locate(path)
	if err != nil {
		return nil, err
	}
	content, err := readRegular(within, name, limit)
	if err != nil {
		return nil, fmt.Errorf("read file %q: %w", path, explain(err))
	}
	if !r.note(filepath.Clean(filepath.FromSlash(path)), content) {
		return nil, fmt.Errorf("read file %q: it has changed since it was read before; run the command again", path)
	}
	return content, nil
}

func readRegular(within, name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(within)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe without a writer would block
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	tooLarge := fmt.Errorf("it is larger than %d MiB", limit>>20)
	if info.Size() > limit {
		return nil, tooLarge
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1)) // it may grow meanwhile
	if err == nil && int64(len(content)) > limit {
		err = tooLarge
	}
	return content, err
}

// note records the content's digest; it reports false if another was recorded.
func (r *fileReader) note(name string, content []byte) bool {
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	key := filepath.ToSlash(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.seen[key]
	r.seen[key] = digest
	return !known || before == digest
}

// exists reports whether there is a regular file. Anything else that bears the
// name is an error.
func (r *fileReader) exists(path string) (bool, error) {
	within, name, err := r.locate(path)
	if err != nil {
		return false, err
	}
	root, err := os.OpenRoot(within)
	if err != nil {
		return false, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for file %q: %w", path, explain(err))
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("look for file %q: %w", path, errNotRegular)
	default:
		return true, nil
	}
}

var errNotRegular = errors.New("it is not a regular file")

// locate turns a path of an expression into one of the directories that may be
// read from, and a path within it.
func (r *fileReader) locate(path string) (within, name string, err error) {
	if path == "" {
		return "", "", errors.New("the path is empty")
	}
	name = filepath.Clean(filepath.FromSlash(path))
	if filepath.IsLocal(name) {
		return r.dir, name, nil
	}
	full := name
	if !filepath.IsAbs(name) {
		if full, err = filepath.Abs(filepath.Join(r.dir, name)); err != nil {
			return "", "", err
		}
	}
	for _, allowed := range r.allow {
		if rel, err := filepath.Rel(allowed, full); err == nil && filepath.IsLocal(rel) {
			return allowed, rel, nil
		}
	}
	if filepath.IsAbs(name) {
		return "", "", fmt.Errorf("path %q is absolute; paths count from the configuration's directory and stay within it, unless -allow-path=DIR allows another", path)
	}
	return "", "", fmt.Errorf("path %q leads out of the configuration's directory; copy the file into it, or allow its directory with -allow-path=DIR", path)
}

// explain says in words why a file cannot be opened. It leaves out the system
// call and the path, which the caller names as the user wrote it.
func explain(err error) error {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file in the configuration's directory")
	case errors.As(err, &pathError) && pathError.Err.Error() == "path escapes from parent": // os has no name for it
		return errors.New("a symbolic link leads out of the configuration's directory; copy the file into it")
	case pathError != nil:
		return pathError.Err
	default:
		return err
	}
}
