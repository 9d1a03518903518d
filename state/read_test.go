package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func TestReadOfNothing(t *testing.T) {
	path := newPath(t)
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("Read made %v", entries)
	}
}

func TestReadLeavesAnUnfinishedLineToItsWriter(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1), submitting(2))
	half := append(contents(t, s.Paths().Journal), `{"n":2,"t":"2026-`...)
	write(t, s.Paths().Journal, half)
	c, err := Read(path)
	if err != nil || len(c.Records) != 2 || len(c.Notices) != 0 {
		t.Errorf("while the writer lives: %+v, %v", c, err)
	}
	if c.Records[1].Status != Submitting {
		t.Errorf("Read decided over a submit: %s", c.Records[1].Status)
	}
	crash(t, s)
	if c, err := Read(path); err != nil || len(c.Notices) != 1 {
		t.Errorf("when nobody writes it any more: %+v, %v", c, err)
	}
	if string(contents(t, s.Paths().Journal)) != string(half) {
		t.Error("Read changed the journal")
	}
}

// Read must never fail, nor go back in time, beside writers that commit and
// processes that end and begin.
func TestReadBesideWriters(t *testing.T) {
	path := newPath(t)
	closeStore(t, open(t, path))
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	var done atomic.Bool
	var readers sync.WaitGroup
	reads := [2]int{}
	for i := range reads {
		readers.Go(func() {
			var last int64
			for !done.Load() {
				c, err := Read(path)
				if err != nil {
					t.Error(err)
					return
				}
				if c.Header.Changes < last || len(c.Notices) != 0 {
					t.Errorf("after change %d Read shows change %d, notices %q", last, c.Header.Changes, c.Notices)
				}
				last = c.Header.Changes
				reads[i]++
			}
		})
	}
	for range rounds {
		s := open(t, path)
		var writers sync.WaitGroup
		for i := range 10 {
			writers.Go(func() {
				for range 20 {
					if err := s.Commit(Change{Op: "x", Put: []Record{running(i)}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		closeStore(t, s)
	}
	done.Store(true)
	readers.Wait()
	if reads[0]+reads[1] < rounds {
		t.Errorf("only %v reads", reads)
	}
}
