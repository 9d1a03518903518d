package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// WriteTo writes what was salvaged as a new state at path, under its lock, and
// returns the files that it set aside. Nothing that was read is changed or lost:
// at another path than the salvaged one no file of a state may be; at the same,
// the damaged snapshot and journal keep their content under names that end in
// ".damaged-TIME".
//
// If the files are not any more as Salvage read them, nothing is written.
func (s *Salvaged) WriteTo(path string, o OpenOptions) (aside []string, err error) {
	if s.Damage == nil {
		return nil, fmt.Errorf("state %s can be read whole: there is nothing to recover", s.Path)
	}
	paths, lock, err := o.lock(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	if print, err := printOf(PathsFor(s.Path)); err != nil || print != s.print {
		return nil, errors.Join(err, fmt.Errorf("the files of %s changed since they were read; nothing was written", s.Path))
	}
	d := cmp.Or(o.Disk, disk.OS)
	if absolute(paths.Snapshot) == absolute(s.Path) {
		aside, err = setAside(d, paths)
	} else {
		err = nothingThere(paths)
	}
	if err != nil {
		return nil, err
	}
	return aside, s.write(d, paths, o)
}

func (s *Salvaged) write(d disk.FS, paths Paths, o OpenOptions) error {
	next := *s.view
	next.header.Tool = o.Tool
	sum, err := writeSnapshot(d, paths.Snapshot, &next, s.lastLine)
	if err != nil {
		return err
	}
	journal, err := startJournal(d, paths.Journal, next.header, sum)
	if err != nil {
		return err
	}
	if err := d.Remove(paths.unsaved()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, journal.Close()) // it was set aside, too
	}
	if o.Seen != "" {
		h := next.header
		m, _ := readMark(o.Seen, h.Lineage)
		m.Lineage, m.Serial, m.Changes, m.At = h.Lineage, h.Serial, h.Changes, time.Now().UTC()
		m.arrive(absolute(paths.Snapshot)) // where another state is still missed if one was
		_ = writeMark(o.Seen, m)
	}
	return journal.Close()
}

// setAside gives the files that are going to be replaced a second name.
func setAside(d disk.FS, paths Paths) (aside []string, err error) {
	suffix := damagedMark + time.Now().UTC().Format("20060102T150405.000Z")
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.unsaved()} {
		err := d.Link(path, path+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = copyFile(d, path, path+suffix)
		}
		if err != nil {
			return nil, fmt.Errorf("keep %s: %w", path, err)
		}
		aside = append(aside, path+suffix)
	}
	return aside, nil
}

const damagedMark = ".damaged-"

// isSetAside tells a file of setAside by its name.
func isSetAside(path string) bool { return strings.Contains(filepath.Base(path), damagedMark) }

// copyFile is for file systems without hard links.
func copyFile(d disk.FS, from, to string) error {
	old, err := os.Open(from)
	if err != nil {
		return err
	}
	defer old.Close()
	return atomicfile.Write(d, to, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, old)
		return err
	})
}

func nothingThere(paths Paths) error {
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.Backup} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("%s is there already; name a path where no state is", path))
		}
	}
	return nil
}

// printOf tells whether any file of a state changed.
func printOf(paths Paths) (string, error) {
	sum := sha256.New()
	for _, path := range append([]string{paths.Snapshot, paths.Journal, paths.Backup, paths.unsaved()}, temporary(paths)...) {
		fmt.Fprintf(sum, "\n%q\n", path)
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read what is left of the state: %w", err)
		}
		_, err = io.Copy(sum, file)
		if err = errors.Join(err, file.Close()); err != nil {
			return "", fmt.Errorf("read what is left of the state: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
