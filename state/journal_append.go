package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// appender is the open end of a journal. After its first error it must not be
// used again: what a failed fsync left on the disk is not known, and a second
// one may succeed without having written it.
type appender struct {
	path string
	file disk.File
	info fs.FileInfo // of file when it was opened
	line []byte      // room for the next
	tail
}

// tail is where a journal's finished lines end.
type tail struct {
	size    int64
	changes int    // how many there are in it
	number  int64  // of the last change, or the last one before this journal
	sum     string // checksum of the last line
}

// startJournal puts a new journal in place that continues a snapshot, or the
// empty state if snapshotSum is "".
func startJournal(d disk.FS, path string, h Header, snapshotSum string) (*appender, error) {
	first := journalHeader{
		Format: journalFormat, Version: formatVersion, Tool: h.Tool, Lineage: h.Lineage,
		Serial: h.Serial, Changes: h.Changes, Snapshot: snapshotSum, Created: h.Created,
	}
	if h.Serial == 0 {
		first.MaskKey = h.MaskKey
	}
	line, sum, err := encodeHeader(first)
	if err == nil {
		err = atomicfile.Write(d, path, 0o600, func(w io.Writer) error {
			_, err := w.Write(line)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("start state journal: %w", err)
	}
	return openAppender(d, path, tail{size: int64(len(line)), number: h.Changes, sum: sum})
}

// adoptJournal continues the journal of an earlier process, up to its tail, in a
// copy. Of the original nobody knows how much is on the disk: after a kill, or a
// failed fsync, lines can be read that a power loss takes away, and no later
// fsync of that file need write them.
func adoptJournal(d disk.FS, path string, end tail) (*appender, error) {
	err := atomicfile.Write(d, path, 0o600, func(w io.Writer) error {
		old, err := os.Open(path)
		if err != nil {
			return err
		}
		defer old.Close()
		_, err = io.CopyN(struct{ io.Writer }{w}, old, end.size) // bytes, not shared blocks
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("continue state journal: %w", err)
	}
	return openAppender(d, path, end)
}

// openAppender opens a journal that ends at its tail, durably.
func openAppender(d disk.FS, path string, end tail) (*appender, error) {
	file, err := d.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("open state journal: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open state journal: %w", err)
	}
	return &appender{path: path, file: file, info: info, tail: end}, nil
}

// append makes changes durable, in one line; see appendLine.
func (a *appender) append(at time.Time, bodies [][]byte) error {
	line, sum := appendLine(a.line[:0], a.number+1, at, bodies, a.sum)
	a.line = line
	if _, err := a.file.Write(line); err != nil {
		return fmt.Errorf("write state journal: %w", err)
	}
	if err := a.file.SyncData(); err != nil {
		return fmt.Errorf("write state journal %s to the disk: %w", a.path, err)
	}
	a.size += int64(len(line))
	a.number += int64(len(bodies))
	a.changes += len(bodies)
	a.sum = sum
	return nil
}

var errReplaced = errors.New("it was changed, replaced or removed by another program (a cloud sync folder, force-unlock, an editor)")

// check reports whether the path still names this journal, as this process left it.
func (a *appender) check() error {
	info, err := os.Stat(a.path)
	if err == nil && (!os.SameFile(info, a.info) || info.Size() != a.size) {
		err = errReplaced
	}
	if err != nil {
		return fmt.Errorf("state journal %s: %w", a.path, err)
	}
	return nil
}

func (a *appender) Close() error { return a.file.Close() }
