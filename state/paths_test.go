package state

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Every file that a store leaves is one of Files, under any name of the state.
func TestFilesAreAllThatAStateLeaves(t *testing.T) {
	dir, links := t.TempDir(), t.TempDir()
	path, link := filepath.Join(dir, "batch.db"), filepath.Join(links, "link")
	for n := range 2 { // the second makes a backup
		s := open(t, path)
		commit(t, s, Change{Op: "running", Put: []Record{running(n)}})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 3 {
		t.Fatal(entries, err)
	}
	for _, name := range []string{path, link} {
		files := Files(name)
		for _, entry := range entries {
			if !slices.Contains(files, filepath.Join(dir, entry.Name())) {
				t.Errorf("%s is not among the files of %s: %v", entry.Name(), name, files)
			}
		}
	}
}
