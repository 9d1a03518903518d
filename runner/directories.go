package runner

import (
	"fmt"
	"path"
	"sync"
)

// directories are those whose names are known to be on the disk for good.
type directories struct {
	mu    sync.Mutex
	known map[string]bool
}

func (d *directories) has(dir string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[dir]
}

func (d *directories) add(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = make(map[string]bool)
	}
	d.known[dir] = true
}

// makeDir makes a directory, and those above it, and makes sure that they are
// there to stay: a file whose own name is durable is lost with a directory whose
// name is not.
func (o *output) makeDir(dir string) error {
	if _, err := o.root.Stat(dir); err == nil && o.lasting.has(dir) {
		return nil
	}
	if err := o.root.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the output directory %s: %w", dir, err)
	}
	for at := dir; at != "."; at = path.Dir(at) {
		if err := o.root.SyncDir(path.Dir(at)); err != nil {
			return fmt.Errorf("write the output directory %s to the disk: %w", at, err)
		}
	}
	o.lasting.add(dir)
	return nil
}
