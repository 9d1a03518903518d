package disktest

import (
	"io/fs"
	"os"
	"path/filepath"

	"apixo-batch/state/disk"
)

// dir is the operations of a disk.Dir: on the real one first, and if that
// succeeds on what is known of it.
type dir struct {
	disk *Disk
	real disk.Dir
	base string // what names are relative to; "" if they are not
}

func (d dir) abs(name string) string { return filepath.Join(d.base, filepath.FromSlash(name)) }

// OpenFile opens a file, as os.OpenFile does.
func (d dir) OpenFile(name string, flag int, perm fs.FileMode) (opened disk.File, err error) {
	if flag&os.O_TRUNC != 0 {
		panic("disktest: no program that must not lose anything truncates " + name)
	}
	full, op := d.abs(name), look
	if _, err := d.real.Lstat(name); err != nil && flag&os.O_CREATE != 0 {
		op = create
	}
	err = d.disk.do(step{op: op, name: full, perform: func() error {
		real, err := d.real.OpenFile(name, flag, perm)
		if err != nil {
			return err
		}
		opened = d.disk.opened(real, full, flag, op == create)
		return nil
	}})
	if err != nil {
		if opened != nil { // it crashed after opening
			opened.Close()
		}
		return nil, err
	}
	return opened, nil
}

// Stat describes a file.
func (d dir) Stat(name string) (info fs.FileInfo, err error) {
	err = d.looks(name, func() error { info, err = d.real.Stat(name); return err })
	return info, err
}

// Lstat describes a file, without following a symbolic link.
func (d dir) Lstat(name string) (info fs.FileInfo, err error) {
	err = d.looks(name, func() error { info, err = d.real.Lstat(name); return err })
	return info, err
}

// ReadDir lists a directory.
func (d dir) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = d.looks(name, func() error { entries, err = d.real.ReadDir(name); return err })
	return entries, err
}

func (d dir) looks(name string, perform func() error) error {
	return d.disk.do(step{op: look, name: d.abs(name), perform: perform})
}

// Rename renames a file or a directory, atomically.
func (d dir) Rename(from, to string) error {
	return d.disk.do(step{op: rename, name: d.abs(to), perform: func() error {
		if err := d.real.Rename(from, to); err != nil {
			return err
		}
		oldDir, oldName := d.disk.parent(d.abs(from))
		newDir, newName := d.disk.parent(d.abs(to))
		moved := oldDir.current[oldName]
		if newDir.current[newName] == moved {
			return nil // two names of one file: rename leaves both
		}
		d.disk.happened(effect{names: []naming{
			{dir: oldDir, name: oldName, node: moved, gone: true},
			{dir: newDir, name: newName, node: moved},
		}})
		return nil
	}})
}

// Link gives a file a second name.
func (d dir) Link(from, to string) error {
	return d.disk.do(step{op: link, name: d.abs(to), perform: func() error {
		if err := d.real.Link(from, to); err != nil {
			return err
		}
		in, name := d.disk.parent(d.abs(to))
		d.disk.happened(effect{names: []naming{{dir: in, name: name, node: d.disk.lookup(d.abs(from))}}})
		return nil
	}})
}

// Remove removes a file or an empty directory.
func (d dir) Remove(name string) error {
	return d.disk.do(step{op: remove, name: d.abs(name), perform: func() error {
		if err := d.real.Remove(name); err != nil {
			return err
		}
		in, base := d.disk.parent(d.abs(name))
		d.disk.happened(effect{names: []naming{{dir: in, name: base, node: in.current[base], gone: true}}})
		return nil
	}})
}

// MkdirAll makes a directory, and those above it that are missing.
func (d dir) MkdirAll(name string, perm fs.FileMode) error {
	if info, err := d.real.Stat(name); err == nil && info.IsDir() {
		return d.looks(name, func() error { return nil })
	}
	return d.disk.do(step{op: mkdir, name: d.abs(name), perform: func() error {
		if err := d.real.MkdirAll(name, perm); err != nil {
			return err
		}
		d.disk.made(d.abs(name), perm)
		return nil
	}})
}

// made records the directories on the way to a path that are new.
func (d *Disk) made(path string, perm fs.FileMode) {
	at := d.root
	for _, part := range d.parts(path) {
		next := at.current[part]
		if next == nil {
			next = newDirectory(perm)
			d.happened(effect{names: []naming{{dir: at, name: part, node: next}}})
		}
		at = next
	}
}

// SyncDir makes the names in a directory durable, as far as the model goes.
func (d dir) SyncDir(name string) error {
	full := d.abs(name)
	return d.disk.do(step{op: syncDir, name: full, perform: func() error {
		if _, err := d.real.Stat(name); err != nil {
			return err
		}
		d.disk.sync(d.disk.lookup(full))
		return nil
	}})
}

// OpenRoot opens a directory that no name leads out of.
func (d *Disk) OpenRoot(name string) (opened disk.Root, err error) {
	err = d.do(step{op: look, name: name, perform: func() error {
		real, err := disk.OS.OpenRoot(name)
		if err != nil {
			return err
		}
		opened = root{dir: dir{disk: d, real: real, base: name}, real: real}
		return nil
	}})
	return opened, err
}

// root is a disk.Root.
type root struct {
	dir
	real disk.Root
}

func (r root) Close() error { return r.real.Close() }
