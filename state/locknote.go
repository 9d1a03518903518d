package state

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
)

// readLockInfo is the zero LockInfo if there is no note or no sense in it.
func readLockInfo(path string) LockInfo {
	n, err := openNote(path)
	if err != nil {
		return LockInfo{}
	}
	defer n.Close()
	return n.info
}

// lockNote is a note as it was read. Its file is kept open, so that no other
// file takes its identity.
type lockNote struct {
	*os.File
	info LockInfo
}

func openNote(path string) (*lockNote, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|nofollow, 0)
	if err != nil {
		return nil, err
	}
	n := &lockNote{File: file}
	if json.NewDecoder(io.LimitReader(file, maxLockNote)).Decode(&n.info) != nil {
		n.info = LockInfo{}
	}
	for _, text := range []*string{&n.info.ID, &n.info.Operation, &n.info.Who, &n.info.Host} {
		*text = strings.Map(printable, *text) // others can write the file
	}
	return n, nil
}

// remove removes the file if it is still the one that was read.
func (n *lockNote) remove() error {
	read, err := n.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(n.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !os.SameFile(read, there) {
		return errors.New("another process has taken the lock meanwhile; nothing was changed")
	}
	return os.Remove(n.Name())
}

const maxLockNote = 4 << 10

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}

func isNote(text []byte) bool {
	var info LockInfo
	return len(text) <= maxLockNote && json.Unmarshal(text, &info) == nil && info.ID != "" && info.PID > 0 && !info.Since.IsZero()
}
