package main

import (
	"errors"
	"os"
	"path/filepath"
)

var errDangling = errors.New("it is a link to nothing")

// leadsTo is the file that something appended to a path ends up in, whose name may say
// that it is no place for that; of a new file it is the path. A link to nothing is
// refused: who opened it to append would make what it names, such as a journal.
func leadsTo(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	if _, err := os.Stat(path); err == nil { // an open file of the process, without a place
		return path, nil
	}
	if _, err := os.Lstat(path); err == nil {
		return "", errDangling
	}
	return path, nil
}
