package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// Close waits for the changes under way, writes a snapshot if anything changed,
// keeps the one before it as the backup, starts an empty journal and gives the
// lock back. Every Commit after it fails with ErrClosed.
//
// Whatever fails or interrupts it, nothing is lost: until the new snapshot is
// in place the old one and the journal stand, and afterwards the journal is
// known to be contained in it. A broken Store writes nothing; Close then returns
// the error that broke it.
func (s *Store) Close() error {
	if err := s.enqueue(&waiter{}, true); err != nil {
		return err
	}
	err := s.isBroken()
	if err == nil && s.journal.changes > 0 {
		err = s.finish()
	}
	s.seen.end(s.view.header)
	return errors.Join(err, s.release())
}

// release closes the journal and gives the lock back.
func (s *Store) release() error {
	if s.journal != nil {
		s.journal.Close() // what matters was synced; compact may have closed it
	}
	return s.lock.release()
}

// finish is compact at the end. What the journal holds is durable, so whoever reads
// of a failure must know that nothing is to be done again.
func (s *Store) finish() error {
	if err := s.ours(); err != nil {
		return err
	}
	if err := s.checkReplaced(); err != nil {
		return err
	}
	if err := s.rewrite(); err != nil {
		return fmt.Errorf("all changes are recorded, and the next command goes on from them, but closing the state failed: %w", err)
	}
	return nil
}

// compact writes the view as the next snapshot and starts a new journal. Only
// who leads, or is alone with the store, may call it.
func (s *Store) compact() error {
	if err := s.checkReplaced(); err != nil {
		return err
	}
	return s.rewrite()
}

// rewrite is compact where nobody else has written a snapshot.
func (s *Store) rewrite() error {
	if err := keepBackup(s.disk, s.paths); err != nil {
		return err
	}
	next := *s.view
	next.header.Serial++
	sum, err := writeSnapshot(s.disk, s.paths.Snapshot, &next, s.journal.sum)
	if err != nil {
		return err
	}
	s.journal.Close() // all of it is durable; some systems do not replace an open file
	journal, err := startJournal(s.disk, s.paths.Journal, next.header, sum)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.journal, s.snapshotSum = &next, journal, sum
	return nil
}

// keepBackup gives the snapshot that is about to be replaced a second name.
func keepBackup(d disk.FS, paths Paths) error {
	temp := paths.newBackup()
	d.Remove(temp)
	err := d.Link(paths.Snapshot, temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the first snapshot
	}
	if err != nil {
		return copyBackup(d, paths)
	}
	defer d.Remove(temp) // rename leaves it if both names are one file already
	if err := d.Rename(temp, paths.Backup); err != nil {
		return fmt.Errorf("keep the previous state: %w", err)
	}
	return nil
}

// copyBackup is for file systems without hard links.
func copyBackup(d disk.FS, paths Paths) error {
	old, err := os.Open(paths.Snapshot)
	if err != nil {
		return fmt.Errorf("keep the previous state: %w", err)
	}
	defer old.Close()
	return atomicfile.Write(d, paths.Backup, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, old)
		return err
	})
}
