//go:build unix

package state

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"
)

// childCommits commits from 100 goroutines until it is killed, and tells of each
// commit after it was acknowledged: "RECORD VERSION".
func childCommits(path string) error {
	s, err := Open(path, OpenOptions{Operation: "apply"})
	if err != nil {
		return err
	}
	fmt.Println("open")
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() { commitVersions(s, i, 1<<30) })
	}
	group.Wait()
	return nil
}

// commitVersions commits newer and newer versions of one record.
func commitVersions(s *Store, i, versions int) {
	first, _ := s.Record(address(i))
	for v := first.Repeats + 1; v <= versions; v++ {
		r := running(i)
		r.Repeats = v
		if err := s.Commit(Change{Op: "version", Put: []Record{r}}); err != nil {
			fmt.Fprintln(os.Stdout, "error", err)
			return
		}
		fmt.Fprintf(os.Stdout, "%d %d\n", i, v) // one write(2) each
	}
}

func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 3
	}
	path := newPath(t)
	acknowledged, total := map[int]int{}, 0
	for range kills {
		total += killedRun(t, path, acknowledged)
		s := open(t, path)
		for i, version := range acknowledged {
			if r, _ := s.Record(address(i)); r.Repeats < version {
				t.Errorf("record %d has version %d, and %d was acknowledged", i, r.Repeats, version)
			}
		}
		if rand.N(2) == 0 {
			closeStore(t, s)
		} else {
			crash(t, s)
		}
	}
	t.Logf("%d kills, %d commits acknowledged", kills, total)
	if total < kills {
		t.Error("hardly anything was committed: the test tests nothing")
	}
}

// killedRun lets a process commit for a moment, kills it, and adds to
// acknowledged what it told.
func killedRun(t *testing.T, path string, acknowledged map[int]int) (commits int) {
	t.Helper()
	c := child(t, "commit", path)
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	if line, err := reader.ReadString('\n'); line != "open\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	timer := time.AfterFunc(time.Duration(rand.IntN(40_000))*time.Microsecond, func() { c.Process.Kill() })
	defer timer.Stop()
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			break
		}
		var i, version int
		if _, err := fmt.Sscanf(line, "%d %d\n", &i, &version); err != nil {
			t.Fatalf("the child said %q", line)
		}
		acknowledged[i] = version
		commits++
	}
	c.Wait()
	return commits
}

// childHitsQuota may write files of 64 KB, as on a disk that is full then.
func childHitsQuota(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(path, OpenOptions{Operation: "apply"})
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() { commitVersions(s, i, 1000) })
	}
	group.Wait()
	if err := s.Commit(Change{Op: "after", Put: []Record{running(99)}}); err == nil {
		return fmt.Errorf("a commit after the disk was full went through")
	}
	if err := s.Close(); err == nil {
		return fmt.Errorf("Close said nothing")
	}
	return nil
}

func TestAFullDiskStopsTheStoreAndLosesNothing(t *testing.T) {
	path := newPath(t)
	c := child(t, "quota", path)
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	acknowledged, failed := map[int]int{}, 0
	for line, err := out.ReadString('\n'); err != io.EOF; line, err = out.ReadString('\n') {
		var i, version int
		if _, err := fmt.Sscanf(line, "%d %d\n", &i, &version); err != nil {
			failed++
			continue
		}
		acknowledged[i] = version
	}
	if failed != 10 || len(acknowledged) == 0 {
		t.Errorf("%d of 10 writers were told of the full disk, %d records acknowledged", failed, len(acknowledged))
	}
	s := open(t, path)
	defer s.Close()
	if len(s.Notices()) != 1 {
		t.Errorf("notices %q, want one of the unfinished line", s.Notices())
	}
	for i, version := range acknowledged {
		if r, _ := s.Record(address(i)); r.Repeats < version {
			t.Errorf("record %d has version %d, and %d was acknowledged", i, r.Repeats, version)
		}
	}
	put(t, s, running(50))
}
