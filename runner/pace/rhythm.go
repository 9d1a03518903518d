package pace

import (
	"slices"
	"time"
)

// rhythm tells a limit from chance by when refusals come. A limit refuses whenever
// its allowance is used up, so after about as many calls each time; what is refused
// by chance comes unevenly: of four runs of calls that chance ends, the longest is
// less than half as long again as the shortest once in 160 times.
type rhythm struct {
	let  int // calls that were let in since the latest refusal
	runs [4]run
	last time.Time

	// since counts what was let in since refusals last did not end with a pause, and
	// stop is when that was.
	since int
	stop  time.Time
}

// admitted counts a call that was let in.
func (r *rhythm) admitted(now time.Time) {
	r.let++
	r.since++
	if r.stop.IsZero() {
		r.stop = now
	}
}

// stopped gives the spacing that calls had since refusals last outlasted a pause, if
// they do now; else 0.
func (r *rhythm) stopped(now time.Time, paused bool) (kept time.Duration) {
	if !paused || r.since == 0 {
		return 0
	}
	kept = now.Sub(r.stop) / time.Duration(r.since)
	r.stop, r.since = now, 0
	return kept
}

// run is what was let in between two refusals.
type run struct {
	calls int
	took  time.Duration
}

// refused ends a run.
func (r *rhythm) refused(now time.Time) {
	ended := run{r.let, now.Sub(r.last)}
	if r.last.IsZero() {
		ended = run{}
	}
	r.let, r.last = 0, now
	copy(r.runs[:], r.runs[1:])
	r.runs[len(r.runs)-1] = ended
}

// even reports whether the last four runs were even, and then forgets them. kept is the
// spacing that the calls had in them: it is the limit's.
func (r *rhythm) even() (kept time.Duration, even bool) {
	if kept, even = evenly(r.runs[:], 1.5); even {
		r.runs = [4]run{}
	}
	return kept, even
}

// regular reports whether the last three runs were as good as equal, as chance has it
// once in 140 times. kept is the spacing that the calls had in them.
func (r *rhythm) regular() (kept time.Duration, regular bool) { return evenly(r.runs[1:], 1.2) }

func evenly(runs []run, ratio float64) (kept time.Duration, even bool) {
	byCalls := func(a, b run) int { return a.calls - b.calls }
	shortest, longest := slices.MinFunc(runs, byCalls), slices.MaxFunc(runs, byCalls)
	const fewest = 8 // fewer are even by chance
	if shortest.calls < fewest || float64(longest.calls) > ratio*float64(shortest.calls) {
		return 0, false
	}
	var calls int
	var took time.Duration
	for _, run := range runs {
		calls, took = calls+run.calls, took+run.took
	}
	return took / time.Duration(calls), true
}
