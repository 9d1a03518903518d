package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"apixo-batch/state/disk"
	"apixo-batch/state/disk/disktest"
)

// history is what a program did to a state: the newest version of each record
// that it tried to commit, and that Commit acknowledged.
type history struct {
	mu                  sync.Mutex
	tried, acknowledged map[int]int
}

func (h *history) commit(s *Store, i int) error {
	h.mu.Lock()
	h.tried[i]++
	r := running(i)
	r.Repeats = h.tried[i]
	h.mu.Unlock()
	if err := s.Commit(Change{Op: "version", Put: []Record{r}}); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acknowledged[i] = r.Repeats
	return nil
}

// commitTogether commits a version of each of the first n records in one batch.
func (h *history) commitTogether(s *Store, n int) error {
	s.queueMu.Lock()
	s.leading = true // so that all of them queue
	s.queueMu.Unlock()
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = h.commit(s, i) })
	}
	for queued := 0; queued < n; time.Sleep(20 * time.Microsecond) {
		s.queueMu.Lock()
		queued = len(s.queue)
		s.queueMu.Unlock()
	}
	s.queue[0].turn <- true
	group.Wait()
	return errors.Join(errs...)
}

// use opens the state, commits one by one and together, and ends as asked.
func (h *history) use(d disk.FS, path string, end func(*Store) error) error {
	s, err := Open(path, OpenOptions{Operation: "test", Tool: "test", Disk: d})
	if err != nil {
		return err
	}
	if err = h.commit(s, 0); err == nil {
		err = h.commitTogether(s, 4)
	}
	if err == nil {
		err = h.commit(s, 1)
	}
	return errors.Join(err, end(s))
}

// work is a life of a state: it is closed, backed up, and left by a killed
// process. It ends with the first error, as a program does.
func (h *history) work(d disk.FS, path string) error {
	for _, end := range []func(*Store) error{(*Store).Close, (*Store).Close, kill, kill, (*Store).Close} {
		if err := h.use(d, path, end); err != nil {
			return err
		}
	}
	return nil
}

// kill leaves a state as a killed process does.
func kill(s *Store) error {
	s.journal.Close()
	return s.lock.file.Unlock()
}

// holds opens what is left of a state, holds it against what was acknowledged,
// and goes on with it.
func (h *history) holds(path string) error {
	d, err := disktest.New(filepath.Dir(path))
	if err != nil {
		return err
	}
	for range 2 {
		s, err := Open(path, OpenOptions{Operation: "test", Tool: "test", Disk: d})
		if err != nil {
			return err
		}
		for i, tried := range h.tried {
			if r, _ := s.Record(address(i)); r.Repeats < h.acknowledged[i] || r.Repeats > tried {
				err = errors.Join(err, fmt.Errorf("record %d has version %d; %d was acknowledged, %d tried", i, r.Repeats, h.acknowledged[i], tried))
			}
		}
		if err == nil {
			err = s.Commit(Change{Op: "after", Put: []Record{running(50)}})
		}
		if err = errors.Join(err, s.Close()); err != nil {
			return err
		}
	}
	if _, err := readSnapshot(Paths{Snapshot: PathsFor(path).Backup}); err != nil {
		return fmt.Errorf("the backup: %w", err)
	}
	return onlyFilesOf(path)
}

// onlyFilesOf finds what is left over beside a state that was closed.
func onlyFilesOf(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	paths := PathsFor(path)
	for _, entry := range entries {
		switch filepath.Join(filepath.Dir(path), entry.Name()) {
		case paths.Snapshot, paths.Journal, paths.Backup:
		default:
			err = errors.Join(err, fmt.Errorf("%s is left over", entry.Name()))
		}
	}
	return err
}

// losses are ways in which the power may be lost.
func losses(seed int) []disktest.Survival {
	return []disktest.Survival{
		disktest.Everything(), disktest.OnlySynced(),
		disktest.InOrder(uint64(seed)), disktest.AnyOf(uint64(seed)), disktest.AnyOf(uint64(seed + 1000)),
	}
}

// life is a state on a disk that fails.
type life struct {
	history
	t    *testing.T
	disk *disktest.Disk
	path string
	told []string // what happened, for a message
}

func newLife(t *testing.T) *life {
	t.Helper()
	dir := t.TempDir()
	d, err := disktest.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &life{
		history: history{tried: map[int]int{}, acknowledged: map[int]int{}},
		t:       t, disk: d, path: filepath.Join(dir, "jobs.state.json"),
	}
}

// fail lets the fault hit the nth operation of work, and reports whether there
// was one.
func (l *life) fail(fault disktest.Fault, n int) (hit bool) {
	l.disk.Inject(fault, n, uint64(n), nil)
	err := l.work(l.disk, l.path)
	hit = l.disk.Hit() != ""
	l.told = append(l.told, fmt.Sprintf("%s at operation %d, %s (%v)", fault, n, l.disk.Hit(), err))
	l.disk.Restart()
	return hit
}

// survives holds what each power loss leaves against the history.
func (l *life) survives(losses []disktest.Survival) {
	l.t.Helper()
	for _, loss := range losses {
		left := l.t.TempDir()
		if err := l.disk.Survive(left, loss); err != nil {
			l.t.Fatal(err)
		}
		if err := l.holds(filepath.Join(left, "jobs.state.json")); err != nil {
			l.t.Errorf("%s, %s: %v", strings.Join(l.told, ", then "), loss, err)
		}
		os.RemoveAll(left)
	}
}

// step is how far apart the operations are that are looked at.
func step() int {
	if testing.Short() {
		return 10 * stride
	}
	return stride
}

// Every operation fails, or is the last of the process, in every way. Whatever a
// power loss then leaves opens without a question and holds all that was
// acknowledged: at once, and after another run on what the first one left.
func TestWhateverFailsOrEndsNothingAcknowledgedIsLost(t *testing.T) {
	for fault := disktest.IOError; fault <= disktest.CrashAfter; fault++ {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			n := 1
			for ; !t.Failed(); n += step() {
				l := newLife(t)
				if !l.fail(fault, n) {
					break
				}
				l.survives(losses(n))
				if err := l.work(l.disk, l.path); err != nil {
					t.Errorf("%s: the next run says %v", l.told, err)
				}
				l.survives(losses(n)[1:2])
				os.RemoveAll(filepath.Dir(l.path))
			}
			t.Logf("%d operations, each with %d power losses", n/step(), len(losses(0))+1)
			if n == 1 {
				t.Error("nothing was hit")
			}
		})
	}
}

// Whoever reads that a close failed must know that nothing is to be done again.
func TestACloseThatFailsSaysThatAllIsRecorded(t *testing.T) {
	n := 1
	for ; !t.Failed(); n++ {
		l := newLife(t)
		if err := l.use(l.disk, l.path, (*Store).Close); err != nil {
			t.Fatal(err)
		}
		hit := false
		err := l.use(l.disk, l.path, func(s *Store) error {
			l.disk.Inject(disktest.IOError, n, uint64(n), nil)
			err := s.Close()
			hit = l.disk.Hit() != ""
			return err
		})
		if !hit {
			break
		}
		l.disk.Restart()
		if err != nil && (!errors.Is(err, syscall.EIO) || !strings.HasPrefix(err.Error(), "all changes are recorded, ")) {
			t.Errorf("%s at operation %d: %v", l.disk.Hit(), n, err)
		}
		l.survives(losses(n)[:2])
		os.RemoveAll(filepath.Dir(l.path))
	}
	if n < 10 {
		t.Errorf("%d operations only were hit", n-1)
	}
}

// A killed process leaves a name that was never synced to the next one, which
// builds upon it. Then the power fails.
func TestAKillThatAPowerLossFollows(t *testing.T) {
	const opening = 12 // operations of the next process that build upon it
	renames := 0
	for n := 1; !t.Failed(); n++ {
		l := newLife(t)
		if !l.fail(disktest.CrashAfter, n) {
			break
		}
		if !strings.HasPrefix(l.disk.Hit(), "rename") {
			continue
		}
		renames++
		for then := 1; then <= opening; then += step() {
			l := newLife(t)
			l.fail(disktest.CrashAfter, n)
			l.fail(disktest.CrashBefore, then)
			l.survives(append(losses(n)[3:], losses(n + 100*then)[3:]...))
			os.RemoveAll(filepath.Dir(l.path))
		}
	}
	t.Logf("%d renames, each with %d operations after it", renames, opening)
	if renames == 0 {
		t.Error("nothing was hit")
	}
}
