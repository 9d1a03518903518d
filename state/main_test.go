package state

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"apixo-batch/spec/task"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

// childEnv makes this test binary play another process that uses a state.
const childEnv = "STATE_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		if err := children[mode](os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var children = map[string]func(path string) error{
	"hold":     childHolds,
	"commit":   childCommits,
	"shutdown": childOpensAndCloses,
}

func child(t *testing.T, mode, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, path)
	c.Env = append(os.Environ(), childEnv+"="+mode)
	c.Stderr = os.Stderr
	return c
}

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, OpenOptions{Operation: "test", Tool: "apixo-batch test"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t *testing.T, s *Store, c Change) {
	t.Helper()
	if err := s.Commit(c); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s *Store, records ...Record) {
	t.Helper()
	commit(t, s, Change{Op: "put", Put: records})
}

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// crash ends the store as a killed process would: nothing more is written, and
// the operating system takes the lock back.
func crash(t *testing.T, s *Store) {
	t.Helper()
	s.journal.Close()
	if err := s.lock.file.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// files are the state's files with their content; missing ones are not in it.
func files(t *testing.T, paths Paths) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.Backup} {
		if b, err := os.ReadFile(path); err == nil {
			all[path] = string(b)
		}
	}
	return all
}

func putFiles(t *testing.T, paths Paths, all map[string]string) {
	t.Helper()
	for _, path := range []string{paths.Snapshot, paths.Journal, paths.Backup, paths.Lock} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range all {
		write(t, path, []byte(content))
	}
}

// diff compares what is stored: a request's body never is.
func diff(want, got any) string {
	a, errA := encode(want)
	b, errB := encode(got)
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return "" // the long way only for the message
	}
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(task.Request{}), cmp.AllowUnexported(task.Key{}), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }))
}
