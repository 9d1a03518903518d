package atomicfile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"apixo-batch/state/disk"
)

// RemoveLeftovers removes the temporary files for path that killed processes
// left behind. The caller makes sure that nobody writes path meanwhile.
func RemoveLeftovers(d disk.Dir, path string) error {
	dir := filepath.Dir(path)
	entries, err := d.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for temporary files of %s: %w", path, err)
	}
	for _, entry := range entries {
		if isTemp(entry.Name(), path) && entry.Type().IsRegular() {
			if err := d.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove a temporary file of %s: %w", path, err)
			}
		}
	}
	return nil
}

const (
	tempSuffix  = ".tmp"
	randomBytes = 8
	maxBase     = 200 // of a target's name; most file systems allow names of 255 bytes
)

func isTemp(name, path string) bool {
	middle, ok := strings.CutPrefix(name, tempPrefix(path))
	middle, tail := strings.CutSuffix(middle, tempSuffix)
	decoded, err := hex.DecodeString(middle)
	return ok && tail && err == nil && len(decoded) == randomBytes
}

func tempPrefix(path string) string {
	base := filepath.Base(path)
	return "." + strings.ToValidUTF8(base[:min(len(base), maxBase)], "") + "."
}
