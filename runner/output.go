package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"apixo-batch/state"
	"apixo-batch/state/disk"
)

// errPlace: the files cannot be saved where they should go, so that another try
// is of no use, and another result would fare no better.
var errPlace = errors.New("results cannot be saved")

// errOccupied: a file is in the way.
var errOccupied = errors.New("exists and is not of this task")

// errIrregular: what is in the way cannot even be read as a file.
var errIrregular = errors.New("exists and is not a regular file")

// obstructed reports whether a result cannot be saved for a file that is in its way, or
// in that of its directory.
func obstructed(cause error) bool {
	return errors.Is(cause, errOccupied) || errors.Is(cause, errIrregular) ||
		errors.Is(cause, errPlace) && (errors.Is(cause, fs.ErrExist) || errors.Is(cause, syscall.ENOTDIR))
}

// output is the configuration's directory, which no path leaves: not by "..",
// not by a symbolic link.
type output struct {
	root    disk.Root
	lasting directories
}

func openOutput(d disk.FS, dir string) (*output, error) {
	root, err := d.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: open the output directory: %w", errPlace, err)
	}
	return &output{root: root}, nil
}

func (o *output) close() { o.root.Close() }

// holds reports whether a file of the result is recorded and on disk.
func (o *output) holds(r state.Record, index int) bool {
	for _, a := range r.Artifacts {
		if a.Index == index {
			info, err := o.root.Stat(a.Path)
			return err == nil && info.Mode().IsRegular() && info.Size() == a.Bytes
		}
	}
	return false
}

// sum hashes a file that may be there.
func (o *output) sum(name string) (sum string, there bool, err error) {
	info, err := o.root.Stat(name) // first: to open a pipe is to wait for its writer
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	} else if err != nil {
		return "", false, err
	}
	if !info.Mode().IsRegular() {
		return "", true, fmt.Errorf("%s %w (%s): move it away", name, errIrregular, info.Mode().Type())
	}
	file, err := o.root.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return "", true, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", true, err
	}
	return hex.EncodeToString(hash.Sum(nil)), true, nil
}

// pathBeside is a free path for a file that cannot have its own, or one that has its
// content already: what placed it, or gave the file a second name, was cut off.
func (o *output) pathBeside(name, taskID, sum string) (string, error) {
	beside := besideName(name, taskID)
	ext := path.Ext(beside)
	for n := 1; n < 1000; n++ {
		candidate := beside
		if n > 1 {
			candidate = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(beside, ext), n, ext)
		}
		_, err := o.root.Lstat(candidate)
		if errors.Is(err, fs.ErrNotExist) || err == nil && o.same(candidate, name) {
			return candidate, nil
		}
		if err != nil {
			return "", err
		}
		if has, there, err := o.sum(candidate); err == nil && there && has == sum {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("no free name is left beside %s", name)
}

// besideName is the stem of a name, cut where it would be too long, and the first
// eight characters of the task that made the file.
func besideName(name, taskID string) string {
	dir, base := path.Split(name)
	ext := path.Ext(base)
	suffix := "." + shortID(taskID) + ext
	stem := strings.TrimSuffix(base, ext)
	if most := maxNameBytes - len(suffix) - len("-999"); len(stem) > most {
		stem = strings.ToValidUTF8(stem[:max(0, most)], "")
	}
	return dir + stem + suffix
}

// maxNameBytes is the longest name that file systems take.
const maxNameBytes = 255

// shortID makes a file name's part of a task ID, which is the API's to choose.
func shortID(taskID string) string {
	safe := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, taskID)
	return safe[:min(8, len(safe))]
}

// link gives a file a second name, beside the first, that is there to stay.
func (o *output) link(from, to string) error {
	if err := o.root.Link(from, to); err != nil {
		return err
	}
	return o.root.SyncDir(path.Dir(to))
}

// same reports whether two names are those of one file.
func (o *output) same(one, other string) bool {
	a, errA := o.root.Stat(one)
	b, errB := o.root.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (o *output) rename(from, to string) error {
	if err := o.root.Rename(from, to); err != nil {
		return err
	}
	return o.root.SyncDir(path.Dir(to))
}

// create opens the temporary file of a download, hidden in the directory where
// the file will be. What an interrupted run left of the same download is
// dropped: whoever holds the state is the only one to fetch its results.
func (o *output) create(dir, download string) (*downloaded, error) {
	if err := o.makeDir(dir); err != nil {
		return nil, fmt.Errorf("%w: %w", errPlace, err)
	}
	name := path.Join(dir, partName(download))
	if err := o.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove an unfinished download: %w", err)
	}
	file, err := o.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPlace, err)
	}
	return &downloaded{output: o, file: file, part: name}, nil
}

// downloaded is a file that is complete and has no name yet.
type downloaded struct {
	output *output
	file   disk.File
	part   string

	ext   string
	bytes int64
	sum   string // SHA-256, hexadecimal
	head  []byte // up to 512 bytes
}

// fill writes the whole content and makes it durable. length is what the host
// announced, or -1.
func (d *downloaded) fill(from io.Reader, length int64) error {
	sum := newSum()
	n, err := io.Copy(io.MultiWriter(d.file, sum), io.LimitReader(from, maxFileBytes+1))
	switch {
	case onDisk(err):
		return fmt.Errorf("%w: %w", errPlace, err)
	case err != nil:
		return fmt.Errorf("download: %w", err)
	case n > maxFileBytes:
		return fmt.Errorf("%w: it is larger than %d bytes", errNotMedia, int64(maxFileBytes))
	case length >= 0 && n != length:
		return fmt.Errorf("download: %d of %d bytes came", n, length)
	}
	if err := d.file.Sync(); err != nil {
		return fmt.Errorf("%w: %w", errPlace, err)
	}
	d.bytes, d.sum, d.head = n, sum.hex(), sum.head
	return d.file.Close()
}

// onDisk tells an error of writing from one of the network.
func onDisk(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path)
}

// place gives the file its name. It never replaces a file: one of the same
// content is taken as ours, any other is an error.
func (d *downloaded) place(a state.Artifact) error {
	root := d.output.root
	if err := d.output.makeDir(path.Dir(a.Path)); err != nil {
		return fmt.Errorf("%w: %w", errPlace, err)
	}
	err := root.Link(d.part, a.Path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = d.renameOnto(a.Path) // not every file system has links
	}
	if errors.Is(err, fs.ErrExist) {
		sum, _, err := d.output.sum(a.Path)
		if err != nil {
			return err
		}
		if sum != a.SHA256 {
			return errForeign(a.Path)
		}
	} else if err != nil {
		return fmt.Errorf("name %s: %w", a.Path, err)
	}
	// The temporary name goes before the file is recorded: whoever finds it
	// recorded looks for no temporary one.
	_ = root.Remove(d.part)
	return root.SyncDir(path.Dir(a.Path))
}

// renameOnto is place without links: it looks first, since a rename replaces.
func (d *downloaded) renameOnto(name string) error {
	if _, err := d.output.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist
	}
	return d.output.root.Rename(d.part, name)
}

// errForeign: a file is in the way that no record of the instance accounts for.
func errForeign(name string) error {
	return fmt.Errorf("%s %w: move it away", name, errOccupied)
}

// discard removes the temporary name; what was placed stays.
func (d *downloaded) discard() {
	d.file.Close()
	d.output.root.Remove(d.part)
}
