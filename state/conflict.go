package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkReplaced reports whether another whole snapshot stands where this
// process read one, or none, before: what is in it was done elsewhere and must
// not be written over. A snapshot that was cut off, emptied or removed holds
// nothing that this process does not know.
func (s *Store) checkReplaced() error {
	there, err := checksumAt(s.paths.Snapshot)
	if err != nil || there == "" || there == s.snapshotSum {
		return err
	}
	next := *s.view
	next.header.Serial++
	_, err = writeSnapshot(s.disk, s.paths.unsaved(), &next, s.journal.sum)
	replaced := fmt.Errorf("state %s was replaced by another program while this one had it locked (a cloud sync folder, a copy that was put back); it was left as it is. "+
		"All that this process recorded is in %s, and the whole state as it knew it in %s: `apixo-batch state recover` brings them together",
		s.paths.Snapshot, s.paths.Journal, s.paths.unsaved())
	return errors.Join(replaced, err)
}

// checksumAt reads the checksum at the end of a snapshot; "" if there is none.
func checksumAt(path string) (string, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look at the state before it is replaced: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the state before it is replaced: %w", err)
	}
	end := make([]byte, sealedEnd)
	if info.Size() < int64(len(end)) {
		return "", nil
	}
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return "", fmt.Errorf("look at the state before it is replaced: %w", err)
	}
	sum, lead := strings.CutPrefix(string(end), checksumLead)
	sum, tail := strings.CutSuffix(sum, checksumEnd)
	if !lead || !tail {
		return "", nil
	}
	return sum, nil
}

const (
	sniffed   = 4 << 10 // bytes of a file, to tell whether it is a state's
	maxCopies = 100
)

// copies are other snapshots and journals beside a state whose names begin as
// its own do: what a cloud sync sets aside when two machines wrote at once, and
// what people copied.
func copies(paths Paths) []string {
	dir, base := filepath.Dir(paths.Snapshot), strings.TrimSuffix(filepath.Base(paths.Snapshot), ".json")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var own []string
	for _, path := range paths.all() {
		own = append(own, filepath.Base(path))
	}
	var found []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), base) || !entry.Type().IsRegular() || slices.Contains(own, entry.Name()) {
			continue
		}
		if path := filepath.Join(dir, entry.Name()); len(found) < maxCopies && (isSetAside(path) || isState(path)) {
			found = append(found, path)
		}
	}
	return found
}

// isState reports whether a file begins as a snapshot or a journal does.
func isState(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, sniffed))
	if err != nil {
		return false
	}
	format, _, _ := sniff(head) // an error behind the format does not matter
	return format == snapshotFormat || format == journalFormat
}

// isConflict tells, by its name, a copy that a cloud sync made: "jobs.state
// (Ann's conflicted copy 2026-11-22).json", "jobs.state.sync-conflict-...json".
func isConflict(path string) bool {
	return strings.Contains(strings.ToLower(filepath.Base(path)), "conflict")
}

func conflictNotices(paths Paths) []string {
	var notices []string
	for _, path := range copies(paths) {
		if isConflict(path) {
			notices = append(notices, fmt.Sprintf("%s is what a cloud sync set aside of this state: another machine may have bought what this one does not know; `apixo-batch state check` compares them", path))
		}
	}
	return notices
}
