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
	left, err := Leftovers(d, path)
	if err != nil {
		return err
	}
	for _, temp := range left {
		if err := d.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a temporary file of %s: %w", path, err)
		}
	}
	return nil
}

// Leftovers lists the temporary files for path: one that is being written, and
// those that killed processes left behind.
func Leftovers(d disk.Dir, path string) ([]string, error) {
	dir := filepath.Dir(path)
	entries, err := d.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for temporary files of %s: %w", path, err)
	}
	var left []string
	for _, entry := range entries {
		if isTemp(entry.Name(), path) && entry.Type().IsRegular() {
			left = append(left, filepath.Join(dir, entry.Name()))
		}
	}
	return left, nil
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
