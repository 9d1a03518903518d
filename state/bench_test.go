package state

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"apixo-batch/spec/task"
)

// BenchmarkCommit measures durable updates: how many there are in a second must
// depend on the number of writers, and not on the number of records.
func BenchmarkCommit(b *testing.B) {
	for _, records := range []int{100, 100_000} {
		path := stateWith(b, records)
		for _, writers := range []int{1, 100} {
			b.Run(fmt.Sprintf("records=%d/writers=%d", records, writers), func(b *testing.B) {
				s, err := Open(path, OpenOptions{Operation: "benchmark"})
				if err != nil {
					b.Fatal(err)
				}
				defer s.release() // no snapshot: the next run starts from the same state
				b.ResetTimer()
				commitFrom(b, s, writers, records)
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			})
		}
	}
}

// BenchmarkRun is what a run of n tasks does to its state: an intent with its
// reservation, the task ID, the result, each durable, from 100 goroutines. What a
// task costs must not depend on how many there are: it fails if the journal grows by
// more than 1.2 times as many bytes a task at 100,000 as at 1,000. The time is only told.
func BenchmarkRun(b *testing.B) {
	var bytes [2]float64
	for i, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s, err := Open(filepath.Join(b.TempDir(), "jobs.state.json"), OpenOptions{})
				if err != nil {
					b.Fatal(err)
				}
				runTasks(b, s, n)
				bytes[i] = float64(s.journal.size) / float64(n)
				s.release()
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "tasks/s")
			b.ReportMetric(bytes[i], "B/task")
			if bytes[0] > 0 && bytes[i] > 1.2*bytes[0] {
				b.Errorf("%.0f bytes a task, and %.0f of %d tasks", bytes[i], bytes[0], 1_000)
			}
		})
	}
}

func runTasks(b *testing.B, s *Store, n int) {
	var group sync.WaitGroup
	for w := range 100 {
		group.Go(func() {
			for i := w; i < n; i += 100 {
				r := submitting(i)
				reserve := Entry{Kind: Reserve, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, Cost: r.Cost, Priced: true, At: noon}
				charge := reserve
				charge.Kind, charge.TaskID = Charge, running(i).TaskID
				for _, c := range []Change{
					{Op: "submitting", Put: []Record{r}, Money: []Entry{reserve}},
					{Op: "running", Put: []Record{running(i)}, Money: []Entry{charge}},
					{Op: "succeeded", Put: []Record{succeeded(i)}},
				} {
					if err := s.Commit(c); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	group.Wait()
}

func commitFrom(b *testing.B, s *Store, writers, records int) {
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := s.Commit(Change{Op: "succeeded", Put: []Record{succeeded(i % records)}}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkOpen100k(b *testing.B) {
	path := stateWith(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(path, OpenOptions{Operation: "benchmark"})
		if err != nil {
			b.Fatal(err)
		}
		s.release()
	}
}

// BenchmarkReplay100k opens a state whose run of 100,000 tasks was cut off: three
// changes a task, and no snapshot yet.
func BenchmarkReplay100k(b *testing.B) {
	path := filepath.Join(b.TempDir(), "jobs.state.json")
	s, err := Open(path, OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for start := 0; start < 100_000; start += 1000 {
		for _, make := range []func(int) Record{submitting, running, succeeded} {
			c := Change{Op: "many"}
			for i := start; i < start+1000; i++ {
				c.Put = append(c.Put, make(i))
			}
			if err := s.Commit(c); err != nil {
				b.Fatal(err)
			}
		}
	}
	s.release()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(path); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClose100k writes the snapshot of 100,000 records.
func BenchmarkClose100k(b *testing.B) {
	path := stateWith(b, 100_000)
	for b.Loop() {
		b.StopTimer()
		s, err := Open(path, OpenOptions{Operation: "benchmark"})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Commit(Change{Op: "succeeded", Put: []Record{succeeded(1)}}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// stateWith makes a closed state of n records that succeeded.
func stateWith(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "jobs.state.json")
	s, err := Open(path, OpenOptions{Operation: "test", Tool: "apixo-batch test"})
	if err != nil {
		tb.Fatal(err)
	}
	c := Change{Op: "many"}
	for i := range n {
		c.Put = append(c.Put, succeeded(i))
		r := c.Put[len(c.Put)-1]
		c.Money = append(c.Money, Entry{Kind: Reserve, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, Cost: r.Cost, Priced: true, At: r.SubmittedAt})
		if len(c.Put) == 1000 || i == n-1 {
			if err := s.Commit(c); err != nil {
				tb.Fatal(err)
			}
			c = Change{Op: "many"}
		}
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func address(i int) task.Address { return task.Address{Name: "hero", Key: task.IndexKey(i)} }

func submitting(i int) Record {
	request := task.Request{
		Model: "nano-banana",
		Input: fmt.Appendf(nil, `{"aspect_ratio":"16:9","mode":"text-to-image","prompt":"a <b>harbour</b> & \"boat\" number %d, noir, at dawn","seed":%d}`, i, i),
	}
	return Record{
		Address: address(i), Status: Submitting, Request: request, Fingerprint: request.Fingerprint(),
		Nonce: fmt.Sprintf("nonce-%d", i), Cost: 35_000, Priced: true, SubmittedAt: noon,
	}
}

func running(i int) Record {
	r := submitting(i)
	r.Status, r.Attempt, r.TaskID, r.AcceptedAt = Running, 1, fmt.Sprintf("task-%08d", i), noon.Add(time.Second)
	return r
}

func succeeded(i int) Record {
	r := running(i)
	r.Status, r.FinishedAt = Succeeded, noon.Add(time.Minute)
	url := fmt.Sprintf("https://cdn.example.com/results/%08d/0.png?signature=%064d&expires=1", i, i)
	r.Result = &task.Result{URLs: []string{url}, Raw: fmt.Appendf(nil, `{"resultUrls":[%q]}`, url), ReceivedAt: r.FinishedAt}
	r.Artifacts = []Artifact{{Path: fmt.Sprintf("out/hero/%d-0.png", i), Bytes: 123_456, SHA256: fmt.Sprintf("%064x", i)}}
	return r
}
