package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func childHolds(path string) error {
	s, err := Open(path, OpenOptions{Operation: "apply"})
	if err != nil {
		return err
	}
	if err := s.Commit(Change{Op: "running", Put: []Record{running(1)}}); err != nil {
		return err
	}
	fmt.Println("open")
	io.Copy(io.Discard, os.Stdin) // until killed
	return s.Close()
}

func childOpensAndCloses(path string) error {
	s, err := Open(path, OpenOptions{Operation: "apply", LockTimeout: time.Minute})
	if err != nil {
		return err
	}
	return s.Close()
}

// startHolder runs a process that holds the state until kill is called.
func startHolder(t *testing.T, path string) (pid int, kill func()) {
	t.Helper()
	c := child(t, "hold", path)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "open\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			c.Process.Kill()
			c.Wait()
			stdin.Close()
		}
	}
	t.Cleanup(kill)
	return c.Process.Pid, kill
}

func TestASecondOpenNamesTheHolder(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	defer s.Close()
	_, err := Open(path, OpenOptions{Operation: "apply"})
	locked, ok := errors.AsType[*LockedError](err)
	if !ok || !errors.Is(err, ErrLocked) {
		t.Fatalf("error is %v", err)
	}
	if i := locked.Info; i.PID != os.Getpid() || i.Operation != "test" || i.ID == "" || i.Host == "" || i.Who == "" || i.Since.IsZero() {
		t.Errorf("holder is %+v", i)
	}
	if !strings.Contains(err.Error(), locked.Info.ID) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("message does not name the holder: %v", err)
	}
	put(t, s, running(1)) // the holder goes on
}

func TestALockDiesWithItsProcess(t *testing.T) {
	path := newPath(t)
	pid, kill := startHolder(t, path)
	_, err := Open(path, OpenOptions{})
	if locked, ok := errors.AsType[*LockedError](err); !ok || locked.Info.PID != pid || locked.Info.Operation != "apply" {
		t.Fatalf("error is %v, want one that names process %d", err, pid)
	}
	if info, held, err := Holder(path); err != nil || !held || info.PID != pid {
		t.Errorf("Holder is %+v, %v, %v", info, held, err)
	}
	if c, err := Read(path); err != nil || len(c.Records) != 1 {
		t.Errorf("Read beside the holder: %v, %v", c, err)
	}
	kill()
	if info, held, err := Holder(path); err != nil || held {
		t.Errorf("Holder of a dead process is %+v, %v, %v", info, held, err)
	}
	start := time.Now()
	s := open(t, path)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the next Open took %v", took)
	}
	if len(s.Records()) != 1 {
		t.Errorf("records: %v", s.Records())
	}
	closeStore(t, s)
	if _, held, err := Holder(path); held || err != nil {
		t.Errorf("held after Close: %v", err)
	}
}

func TestOpenWaitsForTheLock(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	c := child(t, "shutdown", path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	put(t, s, running(1))
	closeStore(t, s)
	if err := c.Wait(); err != nil {
		t.Errorf("the process that waited: %v", err)
	}
}

func TestForceUnlockRefusesALiveProcessOfThisHost(t *testing.T) {
	path := newPath(t)
	pid, kill := startHolder(t, path)
	info, _, err := Holder(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := ForceUnlock(path, info.ID); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("kill %d", pid)) {
		t.Errorf("error is %v, want one with kill %d", err, pid)
	}
	if err := ForceUnlock(path, "another"); err == nil || !strings.Contains(err.Error(), info.ID) {
		t.Errorf("error is %v, want one with the ID that matches", err)
	}
	if _, held, _ := Holder(path); !held {
		t.Error("the lock is gone")
	}
	kill()
	if err := ForceUnlock(path, info.ID); !errors.Is(err, ErrNotLocked) {
		t.Errorf("error is %v, want ErrNotLocked", err)
	}
	if _, err := os.Stat(PathsFor(path).Lock); err == nil {
		t.Error("the stale note is still there")
	}
}

func TestForceUnlockStopsTheOldHolder(t *testing.T) {
	path := newPath(t)
	old := open(t, path)
	put(t, old, running(1))
	info, _, _ := Holder(path)
	info.Host = "a-machine-that-cannot-be-reached"
	note, _ := json.Marshal(info)
	write(t, old.Paths().Lock, note) // in place: the lock stays

	if err := ForceUnlock(path, info.ID); err != nil {
		t.Fatal(err)
	}
	next := open(t, path)
	put(t, next, running(2))
	if err := old.Commit(Change{Op: "late", Put: []Record{running(3)}}); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("the old holder's Commit: %v", err)
	}
	if err := old.Close(); err == nil {
		t.Error("the old holder's Close wrote a snapshot")
	}
	put(t, next, running(4))
	closeStore(t, next)
	if c, err := Read(path); err != nil || len(c.Records) != 3 {
		t.Errorf("after all: %v, %v", c, err)
	}
}

func TestCloseAfterForceUnlockLeavesTheNewLock(t *testing.T) {
	path := newPath(t)
	old := open(t, path)
	os.Remove(old.Paths().Lock)
	next := open(t, path)
	old.Close()
	if err := next.Commit(Change{Op: "x", Put: []Record{running(1)}}); err != nil {
		t.Errorf("the new holder lost its lock: %v", err)
	}
	closeStore(t, next)
}

func TestALockNoteIsNotTrusted(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	defer s.Close()
	for _, note := range []string{"", "not JSON", `{"id":`, `{"id":"a\u001b[31m","who":"b\u202e"}`, strings.Repeat("x", 1<<20)} {
		write(t, s.Paths().Lock, []byte(note))
		_, err := Open(path, OpenOptions{})
		if !errors.Is(err, ErrLocked) || strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("error is %q", err)
		}
	}
}
