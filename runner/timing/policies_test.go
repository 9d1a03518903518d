package timing

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The comparison behind the rule: the same work with the schedules that others
// use, with the best there is, and with this package's. BenchmarkPolicies prints
// it; TestPoliciesCompare holds this package to it.

const (
	workTasks, workSlots = 1000, 100
	workMedian, workSD   = 3.0, 0.5 // seconds, and of the logarithm
)

// work is how long each task takes, in seconds.
func work(seed uint64) []float64 {
	draws := rand.New(rand.NewPCG(seed, 7))
	tasks := make([]float64, workTasks)
	for i := range tasks {
		tasks[i] = min(workMedian*math.Exp(workSD*draws.NormFloat64()), 20)
	}
	return tasks
}

// policy says how old a task is to be when it is asked for, if it ran at age seen;
// ages in seconds. ended tells it of an end, and how long the task took.
type policy struct {
	name  string
	begin func() (next func(t *worked) float64, ended func(t *worked))
}

// worked is a task that is carried out.
type worked struct {
	task              Task
	start, took, seen float64
	due               float64
}

func told(next func(seen float64) float64) func() (func(*worked) float64, func(*worked)) {
	return func() (func(*worked) float64, func(*worked)) {
		return func(t *worked) float64 { return next(t.seen) }, func(*worked) {}
	}
}

func fixed(first, gap float64) func(float64) float64 {
	return func(seen float64) float64 {
		if seen == 0 {
			return first
		}
		return seen + gap
	}
}

// geometric grows the gap with the age.
func geometric(first, ratio float64) func(float64) float64 {
	return func(seen float64) float64 { return max(first, seen*ratio) }
}

// truth is the curve of the distribution itself.
func truth() *curve {
	var density [bins]float64
	newKernel(workSD).spread(&density, binOf(workMedian), 1)
	return newCurve(&density)
}

// best is the optimal schedule for a price of questions, by dynamic programming
// over ages of d seconds.
func best(price float64) func(float64) float64 {
	const d, ages = 0.05, 500
	c := truth()
	cost, next := make([]float64, ages+1), make([]float64, ages)
	for i := ages - 1; i >= 0; i-- {
		seen := float64(i) * d
		alive, _ := c.at(seen)
		cost[i] = math.Inf(1)
		for j := i + 1; j <= ages; j++ {
			later, _ := c.at(float64(j) * d)
			if sum := price + c.waste(seen, float64(j)*d) + later/alive*cost[j]; sum < cost[i] {
				cost[i], next[i] = sum, float64(j)*d
			}
		}
	}
	return func(seen float64) float64 { return max(next[min(int(seen/d), ages-1)], seen+d) }
}

// learning is this package, which begins with what the catalog says of a model
// that takes four times as long.
func learning() (func(*worked) float64, func(*worked)) {
	times := NewBook().Times("m", "", Range{10 * time.Second, 15 * time.Second})
	began := time.Unix(1_700_000_000, 1e6)
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	next := func(t *worked) float64 {
		if t.task == (Task{}) {
			t.task = times.Task()
		}
		age, _ := t.task.Next(seconds(t.seen))
		return age.Seconds()
	}
	return next, func(t *worked) { times.Learn(began, began.Add(seconds(t.took))) }
}

var policies = []policy{
	{"one question, at the very end", func() (func(*worked) float64, func(*worked)) {
		return func(t *worked) float64 { return t.took }, func(*worked) {}
	}},
	{"fixed, as the API document", told(fixed(5, 3))},
	{"fixed, scaled: 1.25 s, then 0.75 s", told(fixed(1.25, 0.75))},
	{"geometric: 1 s, then x 1.25", told(geometric(1, 1.25))},
	{"geometric: 1 s, then x 1.1", told(geometric(1, 1.1))},
	{"0.7 x median, then 0.1 x", told(fixed(2.1, 0.3))},
	{"the best schedule, price 0.04 s", told(best(0.04))},
	{"the best schedule, price 0.2 s", told(best(0.2))},
	{"this package, learning", learning},
}

// result is what came of a policy; lags are shares of the median.
type result struct{ finish, questions, p50, p95, worst float64 }

// carryOut does the work at a rate of calls per second; 0 for no limit. Submits go
// before questions, and these in the order in which they fell due.
func carryOut(tasks []float64, rate float64, p policy) result {
	const burst = 20.0
	tick, room := 0.005, math.Inf(1)
	if rate > 0 {
		tick, room = 1/rate, burst
	}
	next, ended := p.begin()
	var running []*worked
	var lags []float64
	submitted, questions, now, tokens := 0, 0, 0.0, room
	for ; len(lags) < len(tasks); now += tick {
		for tokens = min(tokens+1, room); tokens >= 1; tokens-- {
			if submitted < len(tasks) && len(running) < workSlots {
				t := &worked{start: now, took: tasks[submitted]}
				t.due = now + next(t)
				running = append(running, t)
				submitted++
				continue
			}
			first := -1
			for i, t := range running {
				if t.due <= now && (first < 0 || t.due < running[first].due) {
					first = i
				}
			}
			if first < 0 {
				break
			}
			questions++
			t := running[first]
			if end := t.start + t.took; end <= now {
				lags = append(lags, (now-end)/workMedian)
				ended(t)
				running = slices.Delete(running, first, first+1)
				for _, t := range running { // what was learned moves them
					t.due = t.start + next(t)
				}
			} else {
				t.seen = now - t.start
				t.due = t.start + next(t)
			}
		}
	}
	slices.Sort(lags)
	n := len(lags)
	return result{now / greedy(tasks), float64(questions) / float64(n), lags[n/2], lags[n*95/100], lags[n-1]}
}

// greedy is the finishing time where each slot takes the next task at once.
func greedy(tasks []float64) (finish float64) {
	free := make(ends, workSlots)
	for _, took := range tasks {
		free[0] += took
		finish = max(finish, free[0])
		heap.Fix(&free, 0)
	}
	return finish
}

// ends are the times at which slots become free, the next one first.
type ends []float64

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i] < e[j] }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(any)          { panic("there are as many slots as there were") }
func (e *ends) Pop() any          { panic("there are as many slots as there were") }

// meanOf is the mean over seeds, and the worst lag of all.
func meanOf(seeds uint64, rate float64, p policy) (mean result) {
	for seed := range seeds {
		r := carryOut(work(seed), rate, p)
		n := float64(seeds)
		mean.finish += r.finish / n
		mean.questions += r.questions / n
		mean.p50 += r.p50 / n
		mean.p95 += r.p95 / n
		mean.worst = max(mean.worst, r.worst)
	}
	return mean
}

// rates are those of the comparison: 4,000 calls a minute as the pace keeps them,
// and no limit.
var rates = []float64{65, 0}

func TestPoliciesCompare(t *testing.T) {
	find := func(name string) policy {
		return policies[slices.IndexFunc(policies, func(p policy) bool { return p.name == name })]
	}
	const seeds = 3
	ours, optimal := find("this package, learning"), find("the best schedule, price 0.04 s")
	for _, rate := range rates {
		got, least := meanOf(seeds, rate, ours), meanOf(seeds, rate, optimal)
		t.Logf("rate %v: %+v; the best schedule: %+v", rate, got, least)
		if got.finish > least.finish+0.03 || got.questions > least.questions+0.8 {
			t.Errorf("finishing time %.3f at %.2f questions, of the best schedule %.3f at %.2f",
				got.finish, got.questions, least.finish, least.questions)
		}
		for _, name := range []string{"fixed, as the API document", "geometric: 1 s, then x 1.25"} {
			if other := meanOf(seeds, rate, find(name)); got.finish > other.finish-0.02 {
				t.Errorf("finishing time %.3f, %s %.3f", got.finish, name, other.finish)
			}
		}
	}
}

func BenchmarkPolicies(b *testing.B) {
	for _, p := range policies {
		for _, rate := range rates {
			b.Run(fmt.Sprintf("%s/%v", p.name, rate), func(b *testing.B) {
				var r result
				for b.Loop() {
					r = meanOf(10, rate, p)
				}
				b.ReportMetric(0, "ns/op") // says nothing: the time is the model's
				b.ReportMetric(r.finish, "finish")
				b.ReportMetric(r.questions, "questions")
				b.ReportMetric(r.p50, "p50")
				b.ReportMetric(r.p95, "p95")
				b.ReportMetric(r.worst, "worst")
			})
		}
	}
}
