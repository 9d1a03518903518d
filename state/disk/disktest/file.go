package disktest

import (
	"io/fs"
	"os"

	"apixo-batch/state/disk"
)

// file is an open file.
type file struct {
	disk     *Disk
	real     disk.File
	name     string // absolute, when it was opened
	node     *node
	writable bool
	append   bool
	offset   int64
}

// opened makes a file of one that was really opened.
func (d *Disk) opened(real disk.File, name string, flag int, created bool) *file {
	if created {
		in, base := d.parent(name)
		made := &node{perm: 0o600}
		if info, err := real.Stat(); err == nil {
			made.perm = info.Mode().Perm()
		}
		d.happened(effect{names: []naming{{dir: in, name: base, node: made}}})
	}
	return &file{
		disk: d, real: real, name: name, node: d.lookup(name),
		writable: flag&(os.O_WRONLY|os.O_RDWR) != 0, append: flag&os.O_APPEND != 0,
	}
}

func (f *file) Read(b []byte) (n int, err error) {
	err = f.disk.do(step{op: look, name: f.name, perform: func() error {
		n, err = f.real.Read(b)
		f.offset += int64(n)
		return err
	}})
	return n, err
}

// Write writes; where it fails, the first few bytes may have been written.
func (f *file) Write(b []byte) (n int, err error) {
	err = f.disk.do(step{
		op: write, name: f.name,
		perform: func() error { n, err = f.write(b); return err },
		failing: func() { n, _ = f.write(b[:f.disk.draw.IntN(len(b)+1)]) },
	})
	return n, err
}

func (f *file) write(b []byte) (int, error) {
	if f.append {
		f.offset = f.node.size
	}
	n, err := f.real.Write(b)
	if n > 0 {
		f.disk.happened(effect{file: f.node, at: f.offset, data: append([]byte(nil), b[:n]...)})
		f.offset += int64(n)
	}
	return n, err
}

func (f *file) Stat() (info fs.FileInfo, err error) {
	err = f.disk.do(step{op: look, name: f.name, perform: func() error { info, err = f.real.Stat(); return err }})
	return info, err
}

// Sync makes the content durable, as far as the model goes. Where it fails, the
// content never will be.
func (f *file) Sync() error {
	return f.disk.do(step{
		op: syncFile, name: f.name,
		perform: func() error { f.disk.sync(f.node); return nil },
		failing: func() { f.disk.forget(f.node) },
	})
}

// SyncData is Sync: there is no metadata in the model.
func (f *file) SyncData() error { return f.Sync() }

// Close closes the real file in every case. Only that of a file that was written
// to can be made to fail.
func (f *file) Close() error {
	if !f.writable {
		return f.real.Close()
	}
	closed := f.real.Close()
	return f.disk.do(step{op: closing, name: f.name, perform: func() error { return closed }})
}
