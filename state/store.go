package state

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// Store is an open, locked state. It is safe for any number of goroutines.
//
// Records go in and out by value, but their slices and pointers are shared:
// whoever has put a Record into a Change or got one from a Store replaces them
// and never modifies what they hold.
type Store struct {
	paths Paths
	disk  disk.FS
	lock  *lock

	mu      sync.RWMutex // guards view and notices
	view    *view
	notices []string

	queueMu sync.Mutex // guards what follows
	queue   []*waiter
	leading bool  // somebody is committing a batch
	closed  bool  // no further changes
	broken  error // the first write that failed; no further changes

	pulse       pulse     // the leader's, see Commit
	journal     *appender // the leader's
	snapshotSum string    // of the snapshot that the journal continues
	seen        highWater // the leader's

	accepted *RollbackError // that Open found and was told to accept
}

// OpenOptions says who opens a state and what for.
type OpenOptions struct {
	// Operation is the command, for those who find the state locked: "apply".
	Operation string
	// Tool is the name and version of the program, for the snapshot.
	Tool string
	// LockTimeout is how long to wait for the lock.
	LockTimeout time.Duration
	// Disk is where the files are written; nil for the operating system.
	Disk disk.FS
	// Seen is a directory where this machine remembers how far it has seen each
	// state get; "" remembers nothing. One that cannot be used is passed over.
	Seen string
	// AcceptRollback goes on where Open would say *RollbackError, and records
	// that in the state.
	AcceptRollback bool
}

// largeJournal is the size in bytes beyond which Open writes a snapshot, so that
// the next one is quick.
const largeJournal = 64 << 20

// Open locks the state at path and reads it; a state without any file is new.
// The errors are *LockedError, *VersionError, *CorruptError, *RollbackError, or
// tell what cannot be read or written; the state is then as it was.
//
// An unfinished last line of the journal is cut off and told in Notices. Every
// record that a dead process left as Submitting is in doubt afterwards, on disk.
// The caller calls Close.
func Open(path string, o OpenOptions) (*Store, error) {
	s, err := openFor(path, o, nil)
	if err != nil {
		return nil, err
	}
	if err := s.recordAccepted(); err != nil {
		s.release()
		return nil, err
	}
	s.startMark(o.Seen)
	return s, nil
}

// openFor is Open for a state that is going to be replaced by another one with the
// header next; nil if it is not.
func openFor(path string, o OpenOptions, next *Header) (*Store, error) {
	paths, lock, err := o.lock(path)
	if err != nil {
		return nil, err
	}
	s := &Store{paths: paths, disk: cmp.Or(o.Disk, disk.OS), lock: lock}
	if err := s.start(o, next); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// lock takes the lock of the state at path.
func (o OpenOptions) lock(path string) (Paths, *lock, error) {
	paths := PathsFor(resolve(path))
	if err := checkPlace(paths); err != nil {
		return paths, nil, err
	}
	held, err := acquire(paths, o.Operation, o.LockTimeout)
	return paths, held, err
}

// start brings files and memory to where changes can be committed.
func (s *Store) start(o OpenOptions, next *Header) error {
	l, err := load(s.paths)
	if err != nil {
		return err
	}
	if err := s.checkRollback(l, o, next); err != nil {
		return err
	}
	if err := s.removeLeftovers(); err != nil {
		return err
	}
	if !l.exists {
		l.view = newView(newHeader(o.Tool))
	}
	s.view, s.snapshotSum = l.view, l.sum
	s.notices = slices.Concat(s.notices, l.allNotices(s.paths))
	s.view.header.Tool = o.Tool
	if err := s.openJournal(l); err != nil {
		return err
	}
	if err := s.doubtSubmitting(); err != nil {
		return err
	}
	if s.journal.size > largeJournal {
		return s.compact()
	}
	return nil
}

// removeLeftovers removes what killed processes left beside the state's files.
func (s *Store) removeLeftovers() error {
	for _, path := range []string{s.paths.Snapshot, s.paths.Journal, s.paths.Backup} {
		if err := atomicfile.RemoveLeftovers(s.disk, path); err != nil {
			return err
		}
	}
	if err := s.disk.Remove(s.paths.newBackup()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what is left of a backup: %w", err)
	}
	return nil
}

func (s *Store) openJournal(l *loaded) (err error) {
	if !l.current {
		// An earlier process may have been cut off before the snapshot's name was
		// durable, and a journal must not outlive the snapshot that it continues.
		if err := s.disk.SyncDir(filepath.Dir(s.paths.Snapshot)); err != nil {
			return fmt.Errorf("write the directory of state %s to the disk: %w", s.paths.Snapshot, err)
		}
		s.journal, err = startJournal(s.disk, s.paths.Journal, l.view.header, l.sum)
		return err
	}
	if l.torn > 0 {
		s.notices = append(s.notices, tornNotice(s.paths, l.torn))
	}
	s.journal, err = adoptJournal(s.disk, s.paths.Journal, l.tail)
	return err
}

func tornNotice(paths Paths, torn int64) string {
	return fmt.Sprintf("the last line of %s was not finished (%d bytes): the process writing it was cut off before anything depended on it; it is left out", paths.Journal, torn)
}

// doubtSubmitting puts in doubt what a process that is gone was submitting.
func (s *Store) doubtSubmitting() error {
	change := Change{Op: "in_doubt"}
	doubt := Doubt{Since: time.Now().UTC(), Cause: AbandonedCause}
	for _, stored := range s.view.records {
		if r := *stored.record; r.Status == Submitting {
			r.Status, r.Doubt = InDoubt, new(doubt)
			change.Put = append(change.Put, r)
		}
	}
	if len(change.Put) > 0 {
		slices.SortFunc(change.Put, func(a, b Record) int { return a.Address.Compare(b.Address) })
		s.notices = append(s.notices, fmt.Sprintf("submits that were cut off before their answer was recorded, and are in doubt now: %d", len(change.Put)))
		if err := s.Commit(change); err != nil {
			return err
		}
	}
	return s.doubtNamed()
}

// doubtNamed puts in doubt what has nothing to show for a request of which a webhook
// has named a task. Each begins anew: a failure leads nowhere but to a submit.
func (s *Store) doubtNamed() error {
	change := Change{Op: "named", Put: s.view.namedRecords()}
	if len(change.Put) == 0 {
		return nil
	}
	for _, r := range change.Put {
		change.Remove = append(change.Remove, r.Address)
	}
	return s.Commit(change)
}

// Path is the path of the snapshot.
func (s *Store) Path() string { return s.paths.Snapshot }

// Paths are the state's files.
func (s *Store) Paths() Paths { return s.paths }

// Notices are what the user should know of how the state was found, one
// sentence each.
func (s *Store) Notices() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]string(nil), s.notices...)
}

// Header is what is known of the state as a whole, as of the last commit.
func (s *Store) Header() Header {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.header
}

// Record returns the record of an address.
func (s *Store) Record(address task.Address) (Record, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if stored := s.view.records[address]; stored != nil {
		return *stored.record, true
	}
	return Record{}, false
}

// Records returns all records by address. The slice is the caller's.
func (s *Store) Records() []Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.sortedRecords()
}

// Spend returns the ledger's account of one submit, by its nonce.
func (s *Store) Spend(nonce string) (Spend, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if row := s.view.spends[nonce]; row != nil {
		return row.spend(), true
	}
	return Spend{}, false
}

// Spends returns the ledger in the order of first reservation. The slice is the
// caller's.
func (s *Store) Spends() []Spend {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.spendRows()
}

// Committed is the money that counts against a budget: the sum over all Spends,
// kept up to date, so it may be asked before each submit.
func (s *Store) Committed() task.Cost {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.committed
}

// SetEndpoint records where the state's task IDs come from. The first call
// decides; with any other endpoint the error is an *EndpointError.
func (s *Store) SetEndpoint(endpoint string) error {
	if s.Header().Endpoint == endpoint {
		return nil
	}
	return s.Commit(Change{Op: "endpoint", Endpoint: endpoint})
}

// resolve follows a symbolic link, so that all names of a state share its lock
// and the link is not replaced by a file.
func resolve(path string) string {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func checkPlace(paths Paths) error {
	for _, path := range []string{paths.Snapshot, paths.Journal} {
		info, err := os.Stat(path)
		if err != nil {
			continue // missing is well; the rest is told by whoever opens it
		}
		if info.IsDir() {
			return fmt.Errorf("state %s is a directory; name a file in it, such as %s", path, filepath.Join(path, "apixo.state.json"))
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("state %s is not a regular file (%s)", path, info.Mode().Type())
		}
	}
	return nil
}

func readableByOthers(paths Paths) []string {
	if runtime.GOOS == "windows" {
		return nil // its permissions are not in the mode
	}
	var notices []string
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.Backup} {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			notices = append(notices, fmt.Sprintf("%s can be read or written by other users (mode %04o); prompts and results are in it: chmod 600", path, info.Mode().Perm()))
		}
	}
	return notices
}
