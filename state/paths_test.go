package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"apixo-batch/state/disk"
)

// Every file that a store leaves is one of Files, under any name of the state.
func TestFilesAreAllThatAStateLeaves(t *testing.T) {
	dir, links := t.TempDir(), t.TempDir()
	path, link := filepath.Join(dir, "batch.db"), filepath.Join(links, "link")
	leaveAll(t, path)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6 {
		t.Fatal(entries, err)
	}
	names := []string{path}
	if err := os.Symlink(path, link); err == nil {
		names = append(names, link)
	} else {
		t.Logf("without links: %v", err)
	}
	for _, name := range names {
		files := Files(name)
		for _, entry := range entries {
			if !slices.Contains(files, filepath.Join(dir, entry.Name())) {
				t.Errorf("%s is not among the files of %s: %v", entry.Name(), name, files)
			}
		}
		if len(files) != len(entries) {
			t.Errorf("%s has %d files, and is said to have %v", name, len(entries), files)
		}
	}
}

// leaveAll makes a state leave every file that it can: another snapshot takes the place
// of its own, and a process dies while it keeps a backup.
func leaveAll(t *testing.T, path string) {
	t.Helper()
	for n := range 2 { // the second makes a backup
		s := open(t, path)
		put(t, s, running(n))
		closeStore(t, s)
	}
	s := open(t, path) // its lock is there as long as it is open
	t.Cleanup(func() {
		if err := s.release(); err != nil {
			t.Error(err)
		}
	})
	put(t, s, running(2))
	replace(t, path, contents(t, s.Paths().Backup))
	if err := s.finish(); err == nil {
		t.Fatal("a snapshot that was replaced is written over")
	}
	if err := keepBackup(dying{disk.OS}, s.Paths()); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
}

var errDied = errors.New("the process is dead")

// dying is the disk of a process that dies before it renames anything.
type dying struct{ disk.FS }

func (dying) Rename(_, _ string) error { return errDied }
func (dying) Remove(string) error      { return errDied }
