package state

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
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
