//go:build unix

package state

import (
	"bytes"
	"fmt"
	"io"
	"os/signal"
	"sync"
	"syscall"
	"testing"
)

func init() { children["quota"] = childHitsQuota }

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
