package disktest

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"sync"

	"apixo-batch/state/disk"
)

// ErrCrashed is what every operation returns from a crash on. To the program
// under test nothing after it happened: its process is gone.
var ErrCrashed = errors.New("the process has crashed")

// Disk is a disk.FS on a real directory. It is safe for concurrent use;
// operations are carried out one at a time.
type Disk struct {
	dir // the file system's own operations

	mu       sync.Mutex
	path     string // of the real directory, absolute
	root     *node
	unsynced []effect

	fault   Fault // none if nothing is injected
	at      int
	count   int // of operations that it could have hit
	draw    *rand.Rand
	hit     string
	crashed bool
	onCrash func()
}

// New makes a Disk of a directory. What is in it counts as synced.
func New(path string) (*Disk, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	d := &Disk{path: path, root: newDirectory(0o777)}
	d.dir = dir{disk: d, real: disk.OS}
	return d, d.read(d.root, path)
}

// Inject makes the fault happen at one of the operations that it can hit, the
// first being 1. It replaces what was injected before, and starts counting
// anew. The seed decides how much of a failing write happens. onCrash, which
// may be nil, is called at a crash.
func (d *Disk) Inject(f Fault, at int, seed uint64, onCrash func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.at, d.onCrash = f, at, onCrash
	d.count, d.hit = 0, ""
	d.draw = rand.New(rand.NewPCG(seed, uint64(at)))
}

// Restart takes the injected fault back. After a crash it is the next process on
// the same machine, which sees all that the last one did, synced or not.
func (d *Disk) Restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.crashed, d.onCrash = none, false, nil
}

// Hit names the first operation that the injected fault hit, such as "write
// jobs.state.journal"; "" if none.
func (d *Disk) Hit() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hit
}

// Crashed reports whether the process is gone.
func (d *Disk) Crashed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.crashed
}

// step is one operation. failing, which may be nil, does what it does even when
// it fails.
type step struct {
	op      operation
	name    string // absolute
	perform func() error
	failing func()
}

// do numbers an operation and carries it out, unless a fault hits it.
func (d *Disk) do(s step) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.crashed {
		return s.failed(ErrCrashed)
	}
	fault := d.next(s)
	if err := fault.err(); err != nil {
		if s.failing != nil && fault != CrashBefore {
			s.failing()
		}
		d.crashed = err == ErrCrashed
		d.tellCrash()
		return s.failed(err)
	}
	err := s.perform()
	if fault == CrashAfter {
		d.crashed = true
		d.tellCrash()
		return s.failed(ErrCrashed)
	}
	return err
}

// next counts an operation and gives the fault that hits it, or none.
func (d *Disk) next(s step) Fault {
	if !d.fault.hits(s.op) {
		return none
	}
	d.count++
	if d.count < d.at || d.count > d.at && !d.fault.lasts() {
		return none
	}
	if d.hit == "" {
		d.hit = s.op.String() + " " + filepath.Base(s.name)
	}
	return d.fault
}

func (d *Disk) tellCrash() {
	if d.crashed && d.onCrash != nil {
		d.onCrash()
	}
}

// failed is the error as the operating system would give it.
func (s step) failed(err error) error {
	return &fs.PathError{Op: s.op.String(), Path: s.name, Err: err}
}
