package state

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCommitsOfManyGoroutinesShareSyncsAndAllCount(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			for v := range 20 {
				r := running(i)
				r.Repeats = v
				if err := s.Commit(Change{Op: "x", Put: []Record{r}, Money: []Entry{{Kind: Charge, Nonce: r.Nonce, Address: r.Address, Cost: 1, Priced: true}}}); err != nil {
					t.Error(err)
				}
				if got, _ := s.Record(r.Address); got.Repeats != v {
					t.Errorf("after Commit %s shows version %d, want %d", r.Address, got.Repeats, v)
				}
			}
		})
	}
	group.Wait()
	want, header := s.Records(), s.Header()
	if len(want) != 100 || header.Changes != 2000 || s.Committed() != 100 {
		t.Errorf("%d records, %d changes, %s", len(want), header.Changes, s.Committed())
	}
	crash(t, s)
	s = open(t, path)
	defer s.Close()
	if d := diff(want, s.Records()); d != "" {
		t.Error(d)
	}
}

// Goroutines that commit again and again share their writes. One alone waits for nobody.
func TestWritesThatCouldBeOneAreKeptApart(t *testing.T) {
	for _, writers := range []int{1, 2, 50} {
		path := newPath(t)
		const rounds = 20
		synctest.Test(t, func(t *testing.T) {
			s := open(t, path)
			began := time.Now()
			var group sync.WaitGroup
			for i := range writers {
				group.Go(func() {
					for range rounds {
						if err := s.Commit(Change{Op: "x", Put: []Record{running(i)}}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			took, lines := time.Since(began), journalLines(t, path)
			most := time.Duration(0)
			if writers > 1 {
				most = (rounds + 1) * writePause
			}
			if took > most || writers > 2 && (lines > rounds*3/2 || took < rounds/2*writePause) {
				t.Errorf("%d changes of %d goroutines are %d writes in %v", writers*rounds, writers, lines, took)
			}
			closeStore(t, s)
		})
	}
}

// journalLines counts the writes of a journal.
func journalLines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(PathsFor(path).Journal)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n")) - 1
}

func TestABatchIsBounded(t *testing.T) {
	s := open(t, newPath(t))
	defer s.Close()
	big := &waiter{body: make([]byte, maxBatchBytes/2+1)}
	for range 3 {
		s.queue = append(s.queue, big)
	}
	for range 3 {
		if got := len(s.nextBatch()); got != 1 {
			t.Errorf("a batch has %d changes of half the bound each", got)
		}
	}
	for range maxBatchChanges + 1 {
		s.queue = append(s.queue, &waiter{body: []byte("x")})
	}
	if got := len(s.nextBatch()); got != maxBatchChanges {
		t.Errorf("a batch has %d changes", got)
	}
	s.queue = nil
}

func TestCommitWorksInABubble(t *testing.T) {
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, path)
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				time.Sleep(time.Duration(i%5) * time.Hour)
				if err := s.Commit(Change{Op: "x", Put: []Record{running(i)}}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		closeStore(t, s)
	})
	if c, err := Read(path); err != nil || len(c.Records) != 50 {
		t.Errorf("%v, %v", c, err)
	}
}

func TestCloseWaitsForCommitsUnderWay(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	var mu sync.Mutex
	acknowledged := 0
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			switch err := s.Commit(Change{Op: "x", Put: []Record{running(i)}}); {
			case err == nil:
				mu.Lock()
				acknowledged++
				mu.Unlock()
			case !errors.Is(err, ErrClosed):
				t.Error(err)
			}
		})
		if i == 25 {
			group.Go(func() { closeStore(t, s) })
		}
	}
	group.Wait()
	if c, err := Read(path); err != nil || len(c.Records) != acknowledged {
		t.Errorf("%d acknowledged; %v, %v", acknowledged, c, err)
	}
}

// Each way to lose the journal breaks the store for ever, and what was
// acknowledged before stays.
func TestALostJournalBreaksTheStore(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, s *Store){
		"the disk fails":                  func(t *testing.T, s *Store) { s.journal.file.Close() },
		"the lock is removed":             func(t *testing.T, s *Store) { os.Remove(s.paths.Lock) },
		"the lock is replaced":            func(t *testing.T, s *Store) { os.Remove(s.paths.Lock); write(t, s.paths.Lock, nil) },
		"the journal is removed":          func(t *testing.T, s *Store) { os.Remove(s.paths.Journal) },
		"the journal is replaced by sync": func(t *testing.T, s *Store) { replaceByCopy(t, s.paths.Journal) },
		"somebody appends": func(t *testing.T, s *Store) {
			write(t, s.paths.Journal, append(contents(t, s.paths.Journal), '\n'))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := open(t, path)
			put(t, s, running(1))
			lose(t, s)
			first := s.Commit(Change{Op: "x", Put: []Record{running(2)}})
			if first == nil {
				t.Fatal("Commit said nothing")
			}
			before := files(t, s.paths)
			if again := s.Commit(Change{Op: "x", Put: []Record{running(3)}}); again == nil || again.Error() != first.Error() {
				t.Errorf("the second Commit says %v, the first said %v", again, first)
			}
			if len(s.Records()) != 1 {
				t.Errorf("the store shows what is not on the disk: %v", s.Records())
			}
			if err := s.Close(); err == nil {
				t.Error("Close said nothing")
			}
			if d := diff(before, files(t, s.paths)); d != "" {
				t.Errorf("a broken store wrote:\n%s", d)
			}
		})
	}
}

func TestAllWaitingCommitsLearnOfAFailure(t *testing.T) {
	s := open(t, newPath(t))
	defer s.Close()
	s.journal.file.Close()
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if err := s.Commit(Change{Op: "x", Put: []Record{running(i)}}); err == nil {
				t.Error("a Commit without a disk returned nil")
			}
		})
	}
	group.Wait()
	if len(s.Records()) != 0 {
		t.Error("the store shows what is not on the disk")
	}
}

func replaceByCopy(t *testing.T, path string) {
	t.Helper()
	content := contents(t, path)
	write(t, path+".copy", content)
	if err := os.Rename(path+".copy", path); err != nil {
		t.Fatal(err)
	}
}
