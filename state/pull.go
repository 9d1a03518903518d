package state

import (
	"fmt"
	"io"
	"io/fs"
)

// Pull writes the state at path, as it is at this moment, as one snapshot: what
// Close would write now. It takes no lock and changes nothing, also while a
// process runs. What it writes can be kept, and given to Push.
//
// If there is no state, the error is fs.ErrNotExist. Damage is a *CorruptError.
func Pull(path string, w io.Writer) error {
	paths := PathsFor(resolve(path))
	if err := checkPlace(paths); err != nil {
		return err
	}
	l, err := loadSteady(paths)
	if err != nil {
		return err
	}
	if !l.exists {
		return fmt.Errorf("there is no state %s: %w", path, fs.ErrNotExist)
	}
	if l.tail.changes > 0 || l.view.header.Serial == 0 {
		l.view.header.Serial++
	}
	if _, err := encodeSnapshot(w, l.view, l.lastLine); err != nil {
		return fmt.Errorf("write the state %s: %w", path, err)
	}
	return nil
}
