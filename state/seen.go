package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Mark is the furthest that a machine has seen a state get. It lies in a file of
// its own, away from the state, so that a state that was put back from a backup
// is told from one that goes on. Losing a mark loses a warning and nothing else.
type Mark struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Lineage string    `json:"lineage"`
	Paths   []string  `json:"paths"` // where its snapshot was seen, absolute, the latest last
	Serial  int64     `json:"serial"`
	Changes int64     `json:"changes"`
	At      time.Time `json:"at"`
}

const (
	markFormat = "apixo-batch seen"
	maxMark    = 64 << 10
	maxMarks   = 10_000 // that are looked through for a path
	maxPlaces  = 8      // of one state that are remembered: its copies
)

// place is where the state was seen last.
func (m Mark) place() string {
	if len(m.Paths) == 0 {
		return ""
	}
	return m.Paths[len(m.Paths)-1]
}

// arrive notes that the state is at a path. If it was never there before, it was
// moved away from where no file of it is left; otherwise such a place stays one
// that it is missing from.
func (m *Mark) arrive(path string) {
	known := slices.Contains(m.Paths, path)
	m.Paths = slices.DeleteFunc(slices.Clone(m.Paths), func(old string) bool {
		return old == path || !known && deserted(old)
	})
	m.Paths = append(m.Paths, path)
	m.Paths = m.Paths[max(0, len(m.Paths)-maxPlaces):]
}

// deserted reports whether a state's files are certainly not at a path.
func deserted(path string) bool {
	paths := PathsFor(path)
	for _, file := range []string{paths.Snapshot, paths.Journal} {
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// leave notes that another state is at a path by right.
func (m *Mark) leave(path string) {
	m.Paths = slices.DeleteFunc(slices.Clone(m.Paths), func(old string) bool { return old == path })
}

// readMark is false if there is no mark that can be read. It never fails: what
// it protects from is rare, and it must not keep anybody from working.
func readMark(dir, lineage string) (Mark, bool) {
	name, ok := markName(lineage)
	if !ok {
		return Mark{}, false
	}
	m, ok := readMarkFile(filepath.Join(dir, name))
	return m, ok && m.Lineage == lineage
}

func readMarkFile(path string) (Mark, bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return Mark{}, false
	}
	file, err := os.Open(path)
	if err != nil {
		return Mark{}, false
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxMark))
	if err != nil {
		return Mark{}, false
	}
	return parseMark(data)
}

func parseMark(data []byte) (Mark, bool) {
	var read struct {
		Mark
		Path string `json:"path"` // instead of Paths, in marks of earlier releases
	}
	if json.Unmarshal(data, &read) != nil || read.Format != markFormat || read.Version != formatVersion {
		return Mark{}, false
	}
	m := read.Mark
	if len(m.Paths) == 0 && read.Path != "" {
		m.Paths = []string{read.Path}
	}
	_, named := markName(m.Lineage)
	return m, named && m.Changes >= 0 && m.Serial >= 0
}

// marksAt are the marks of all states that were seen at a path and are missed if
// they are not there.
func marksAt(dir, path string) []Mark {
	folder, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(maxMarks) // what was read before an error counts
	var found []Mark
	for _, name := range names {
		lineage, named := strings.CutSuffix(name, ".json")
		if !named {
			continue
		}
		if m, ok := readMark(dir, lineage); ok && m.Changes > 0 && slices.Contains(m.Paths, path) {
			found = append(found, m)
		}
	}
	return found
}

// writeMark replaces a mark. It is not fsynced: after a power loss an older one
// does, or none.
func writeMark(dir string, m Mark) error {
	name, ok := markName(m.Lineage)
	if !ok {
		return fmt.Errorf("%q is no lineage", m.Lineage)
	}
	m.Format, m.Version = markFormat, formatVersion
	data, err := encode(m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, ".mark-*") // its mode is 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(append(data, '\n'))
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

// markName is a mark's file name; a lineage comes from a file and could be a
// path.
func markName(lineage string) (string, bool) {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-'
	}
	ok := lineage != "" && len(lineage) <= 64 && strings.IndexFunc(lineage, func(r rune) bool { return !plain(r) }) < 0
	return lineage + ".json", ok
}

// absolute is a path as marks hold it: without symbolic links where they can be
// followed, so that a directory has one name.
func absolute(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || dir == "" {
		return whole
	}
	return filepath.Join(dir, filepath.Base(whole))
}
