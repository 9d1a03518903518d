package disktest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// node is a file or a directory, whatever its names.
type node struct {
	perm fs.FileMode
	// What is synced: content of a file, names of a directory.
	content []byte
	names   map[string]*node // nil for a file
	// What a process sees: how long a file is, and the names of a directory.
	size    int64
	current map[string]*node
}

func newDirectory(perm fs.FileMode) *node {
	return &node{perm: perm, names: map[string]*node{}, current: map[string]*node{}}
}

// read takes a real directory as synced.
func (d *Disk) read(into *node, path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		full := filepath.Join(path, entry.Name())
		if info.IsDir() {
			child := newDirectory(info.Mode().Perm())
			if err := d.read(child, full); err != nil {
				return err
			}
			into.names[entry.Name()] = child
			continue
		}
		content, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		into.names[entry.Name()] = &node{perm: info.Mode().Perm(), content: content, size: info.Size()}
	}
	into.current = maps.Clone(into.names)
	return nil
}

// lookup finds what a process sees at an absolute path; nil if nothing.
func (d *Disk) lookup(name string) *node {
	at := d.root
	for _, part := range d.parts(name) {
		if at == nil {
			return nil
		}
		at = at.current[part]
	}
	return at
}

// parent is the directory of an absolute path, and the name in it.
func (d *Disk) parent(name string) (*node, string) {
	return d.lookup(filepath.Dir(name)), filepath.Base(name)
}

// parts are the names that lead to an absolute path.
func (d *Disk) parts(name string) []string {
	rel, err := filepath.Rel(d.path, name)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		panic("disktest: " + name + " is not in " + d.path)
	}
	if rel == "." {
		return nil
	}
	return strings.Split(rel, string(filepath.Separator))
}

// Synced is the content that a file has after a power loss that spares nothing
// but what was synced; false if it is lost.
func (d *Disk) Synced(name string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.root
	for _, part := range d.parts(name) {
		if at = at.names[part]; at == nil {
			return nil, false
		}
	}
	return append([]byte(nil), at.content...), at.names == nil
}
