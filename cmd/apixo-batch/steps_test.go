package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptrace"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"apixo-batch/state/disk"
)

// The environment by which a test tells the process that it starts what to do at
// its steps. The program itself knows nothing of it.
const (
	logSteps = "APIXO_TEST_LOG_STEPS" // append the name of each step to this file
	killAt   = "APIXO_TEST_KILL_AT"   // "STEP#N": end by SIGKILL at the n-th STEP
	panicAt  = "APIXO_TEST_PANIC_AT"  // "STEP#N": panic there
	holdAt   = "APIXO_TEST_HOLD_AT"   // "STEP#N": make the file below, and go on when it is gone
	holdFile = "APIXO_TEST_HOLD_FILE"
)

// panicText is in the panics of panicAt, in place of a secret.
const panicText = "sk-canary-panic"

// steps are what a process does that is seen outside of it: to the disk, by the
// disk's seam, and on the network, by that of the transport. Each has a name, and
// most are passed before and after, a write also in the middle of its bytes:
//
//	before journal.write running
//	amid journal.write running
//	after journal.write running
type steps struct {
	mu      sync.Mutex
	log     *os.File // nil for none
	passed  map[string]int
	kill    string
	panic   string
	hold    string
	written []string          // the names of what was last written to the journal
	renamed string            // what was last named or renamed, for the fsync of its directory
	retired map[string]string // where the older files of a record are, by address
}

// watchSteps puts itself between the program and the outside if a test asks.
func watchSteps(p *program) (*steps, error) {
	s := &steps{
		passed: make(map[string]int), retired: make(map[string]string),
		kill: os.Getenv(killAt), panic: os.Getenv(panicAt), hold: os.Getenv(holdAt),
	}
	name := os.Getenv(logSteps)
	if s.kill+s.panic+s.hold+name == "" {
		return s, nil
	}
	p.disk = steppedDisk{s, p.disk}
	p.carrier = func(t http.RoundTripper) http.RoundTripper { return steppedTransport{s, t} }
	if name == "" {
		return s, nil
	}
	var err error
	s.log, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return s, err
}

// pass passes a step.
func (s *steps) pass(step string) {
	switch here := s.count(step); here {
	case s.panic:
		panic(panicText + ": " + here)
	case s.hold:
		hold(os.Getenv(holdFile))
	}
}

// count notes a step and gives its name with its number. It does not return if
// the process is to end there: no other step is then passed any more.
func (s *steps) count(step string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log != nil {
		fmt.Fprintln(s.log, step)
	}
	s.passed[step]++
	here := fmt.Sprintf("%s#%d", step, s.passed[step])
	if here == s.kill {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			self.Kill()
		}
		select {} // until the signal comes
	}
	return here
}

// hold makes a file and returns when it is gone.
func hold(name string) {
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		panic(err)
	}
	for {
		if _, err := os.Lstat(name); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond) // a real process lives in real time
	}
}

func (s *steps) around(step string, do func() error) error {
	s.pass("before " + step)
	err := do()
	s.pass("after " + step)
	return err
}

func (s *steps) passAll(step string, names []string) {
	for _, name := range names {
		s.pass(step + name)
	}
}

// kindOf says what a file is by its name.
func kindOf(name string) string {
	base := path.Base(name)
	switch {
	case base == "jobs.state.journal":
		return "journal"
	case strings.HasPrefix(base, ".jobs.state.journal."):
		return "journal.start"
	case strings.HasPrefix(base, "jobs.state.json.backup"):
		return "backup"
	case strings.HasPrefix(base, ".jobs.state.json."):
		return "snapshot"
	case strings.HasPrefix(base, ".apixo-") && len(base) == len(".apixo-0123456789abcdef.part"):
		return "part"
	case strings.HasPrefix(base, ".apixo-"):
		return "trial"
	default:
		return "retire" // a result of an earlier request
	}
}

type steppedDisk struct {
	*steps
	disk.FS
}

func (d steppedDisk) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	return openStepped(d.steps, d.FS, name, flag, perm)
}

func (d steppedDisk) Rename(from, to string) error {
	d.renamed = kindOf(from)
	return d.around(kindOf(from)+".rename", func() error { return d.FS.Rename(from, to) })
}

func (d steppedDisk) Link(from, to string) error {
	return d.around("backup.link", func() error { return d.FS.Link(from, to) })
}

func (d steppedDisk) Remove(name string) error {
	return d.around(kindOf(name)+".remove", func() error { return d.FS.Remove(name) })
}

func (d steppedDisk) SyncDir(name string) error {
	return d.around(d.renamed+".syncdir", func() error { return d.FS.SyncDir(name) })
}

func (d steppedDisk) OpenRoot(name string) (disk.Root, error) {
	root, err := d.FS.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return steppedRoot{d.steps, root}, nil
}

// steppedRoot is the output directory: a part that is linked there is a result
// that gets its name, another file an older one that makes room.
type steppedRoot struct {
	*steps
	disk.Root
}

func (r steppedRoot) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	return openStepped(r.steps, r.Root, name, flag, perm)
}

func (r steppedRoot) Link(from, to string) error {
	step := "place.link"
	if kindOf(from) != "part" {
		step = "retire.link"
	}
	return r.around(step, func() error { return r.Root.Link(from, to) })
}

func (r steppedRoot) Remove(name string) error {
	return r.around(kindOf(name)+".remove", func() error { return r.Root.Remove(name) })
}

func (r steppedRoot) SyncDir(name string) error {
	return r.around("place.syncdir", func() error { return r.Root.SyncDir(name) })
}

// openStepped opens a file. Only what is written to is watched.
func openStepped(s *steps, dir disk.Dir, name string, flag int, perm fs.FileMode) (file disk.File, err error) {
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return dir.OpenFile(name, flag, perm)
	}
	open := func() error {
		file, err = dir.OpenFile(name, flag, perm)
		return err
	}
	kind := kindOf(name)
	step := kind + ".create"
	if flag&os.O_CREATE == 0 {
		step = kind + ".open"
	}
	if err := s.around(step, open); err != nil {
		return nil, err
	}
	return &steppedFile{s, file, kind}, nil
}

type steppedFile struct {
	*steps
	disk.File
	kind string
}

// Write writes in two halves, so that the process can end between them. A line
// of the journal is a step for each of the changes in it.
func (f *steppedFile) Write(b []byte) (n int, err error) {
	step, names := f.kind+".write", []string{""}
	if f.kind == "journal" {
		f.written = f.changes(b)
		step, names = step+" ", f.written
	}
	f.passAll("before "+step, names)
	half := len(b) / 2
	if n, err = f.File.Write(b[:half]); err != nil {
		return n, err
	}
	f.passAll("amid "+step, names)
	m, err := f.File.Write(b[half:])
	if err == nil {
		f.passAll("after "+step, names)
	}
	return n + m, err
}

func (f *steppedFile) Sync() error { return f.around(f.kind+".sync", f.File.Sync) }

func (f *steppedFile) SyncData() error {
	f.passAll("before "+f.kind+".sync ", f.written)
	err := f.File.SyncData()
	f.passAll("after "+f.kind+".sync ", f.written)
	return err
}

// journalChange is a change as it stands in the journal.
type journalChange struct {
	Op  string
	Put []struct {
		Address   string
		Artifacts artifacts
		Past      []struct{ Artifacts artifacts }
	}
}

type artifacts []struct{ Path string }

// changes names the changes that are written to the journal.
func (s *steps) changes(line []byte) []string {
	var batch struct {
		journalChange
		Also []journalChange // committed by the same write
	}
	if err := json.Unmarshal(line, &batch); err != nil {
		return []string{"unreadable"}
	}
	names := []string{s.change(batch.journalChange)}
	for _, also := range batch.Also {
		names = append(names, s.change(also))
	}
	return names
}

// change names a change by what it says happened. What a result's record is
// changed for afterwards has names of its own: "retired" makes room for a file,
// "saved" records one.
func (s *steps) change(change journalChange) string {
	name := change.Op
	for _, r := range change.Put {
		before, known := s.retired[r.Address]
		s.retired[r.Address] = fmt.Sprint(r.Past)
		switch {
		case name != "succeeded":
		case len(r.Artifacts) > 0:
			name = "saved"
		case known && before != s.retired[r.Address]:
			name = "retired"
		}
	}
	return name
}

// steppedTransport carries calls. Each of its steps is a moment.
type steppedTransport struct {
	*steps
	next http.RoundTripper
}

func (t steppedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	call := callOf(r)
	trace := &httptrace.ClientTrace{
		WroteHeaders: func() { t.pass(call + ".headers") },
		WroteRequest: func(httptrace.WroteRequestInfo) { t.pass(call + ".sent") },
	}
	t.pass(call + ".begin")
	answer, err := t.next.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err != nil {
		return nil, err
	}
	t.pass(call + ".answered")
	answer.Body = &steppedBody{t.steps, answer.Body, call}
	return answer, nil
}

func callOf(r *http.Request) string {
	switch {
	case r.Method == http.MethodPost:
		return "submit"
	case strings.Contains(r.URL.Path, "/statusTask/"):
		return "poll"
	case strings.Contains(r.URL.Path, "/files/"):
		return "fetch"
	default:
		return "balance"
	}
}

// steppedBody passes a step once it was read to its end.
type steppedBody struct {
	*steps
	io.ReadCloser
	call string
}

func (b *steppedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.pass(b.call + ".read")
	}
	return n, err
}
