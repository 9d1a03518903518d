package runner

import (
	"fmt"
	"testing"
	"time"

	"apixo-batch/runner/timing"
	"apixo-batch/spec/task"
)

// BenchmarkTimeLeft is one guess of the end of a run, which is made once a second, with so
// many tasks in flight and ten times as many to come.
func BenchmarkTimeLeft(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			now := time.Now()
			book := timing.NewBook()
			times := book.Times("m", "", timing.Range{Min: 10 * time.Second, Max: 20 * time.Second})
			o := outlook{book: book, slots: n, left: make(map[task.Address]*chain), waiting: make(map[*chain]int), running: make(map[task.Address]inFlight)}
			for i := range 200 {
				times.Learn(now, now.Add(time.Duration(10+i%10)*time.Second+time.Millisecond))
			}
			c := &chain{model: times}
			for i := range n {
				a := task.Address{Name: "a", Key: task.IndexKey(i)}
				o.running[a] = inFlight{times, times, now.Add(-time.Duration(i%15) * time.Second), c}
			}
			for i := range 10 * n {
				o.expect(task.Address{Name: "b", Key: task.IndexKey(i)}, c)
			}
			for b.Loop() {
				if _, known := o.timeLeft(now); !known {
					b.Fatal("nothing is known")
				}
			}
			b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%cpu")
		})
	}
}
