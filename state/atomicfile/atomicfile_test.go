package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/state/disk"
)

func TestWriteReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	for _, want := range []string{"first, and longer", "second"} {
		if err := Write(disk.OS, path, 0o600, text(want)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("content is %q, want %q", got, want)
		}
	}
	onlyFile(t, path)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, want 0600", info.Mode().Perm())
	}
}

func TestNothingIsVisibleBeforeTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	err := Write(disk.OS, path, 0o600, func(w io.Writer) error {
		io.WriteString(w, "half")
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is visible while it is written", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
}

func TestFailedWriteLeavesTheOldContentAndNoTemporaryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("disk full")
	err := Write(disk.OS, path, 0o600, func(w io.Writer) error {
		io.WriteString(w, "half of the n")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error is %v, want %v", err, broken)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("content is %q, want the old one", got)
	}
	onlyFile(t, path)
}

func TestWriteThatCannotTakeItsNameCleansUp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(disk.OS, path, 0o600, text("x")); err == nil {
		t.Error("a directory was replaced")
	}
	onlyFile(t, path)
}

func TestWriteIntoAMissingDirectoryFails(t *testing.T) {
	err := Write(disk.OS, filepath.Join(t.TempDir(), "missing", "x"), 0o600, text("x"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v, want fs.ErrNotExist", err)
	}
}

func TestRemoveLeftoversTakesOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	left := filepath.Join(dir, tempPrefix(path)+random()+tempSuffix)
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	keep := []string{"a.json", ".a.json.tmp", ".a.json.notes.tmp", ".b.json.0011223344556677.tmp", ".a.json.0011223344556677"}
	for _, name := range keep {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveLeftovers(disk.OS, path); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != len(keep) {
		t.Errorf("%v is left, want %v", entries, keep)
	}
}

func TestLongNamesFit(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 255))
	if err := Write(disk.OS, path, 0o600, text("x")); err != nil {
		t.Error(err)
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("directory holds %v, want only %s", entries, filepath.Base(path))
	}
}
