package runner

import (
	"math"
	"slices"
	"sync"
	"time"

	"apixo-batch/runner/pace"
	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

// Limits that nobody declared are found by being refused. What a run has found goes
// into the state, so that the next one begins with it.

// newPace makes the run's pace, which begins with what earlier runs have found.
func newPace(opts Options, p *plan.Plan) *pace.Group {
	models := make(map[string]pace.Limit)
	for model, limits := range p.Limits {
		models[model] = pace.Limit{CallsPerMinute: limits.CallsPerMinute}
	}
	group := pace.NewGroup(pace.Limit{CallsPerMinute: opts.CallsPerMinute}, models)
	var found []pace.Found
	for _, l := range opts.Store.Limits() {
		spacing := time.Duration(max(0, min(l.SpacingMicros, math.MaxInt64/1000))) * time.Microsecond
		found = append(found, pace.Found{Model: l.Model, Spacing: spacing, Tasks: l.Tasks, At: l.At})
	}
	group.Begin(found)
	return group
}

// foundEvery is how often a run writes down what it has found, at most. A run that
// is killed loses so much of it.
const foundEvery = time.Minute

// foundClock tells when that was last done.
type foundClock struct {
	mu sync.Mutex
	at time.Time
}

// due reports whether it is time to write it down again, to one caller at a time.
func (c *foundClock) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < foundEvery {
		return false
	}
	c.at = time.Now()
	return true
}

// keepFound writes down what has been found since that was last done, if anything
// was. It waits for the disk: only who keeps nobody waiting calls it.
func (r *run) keepFound() {
	before := r.opts.Store.Limits()
	var change []state.Limit
	known := make(map[string]bool)
	for _, f := range r.pace.Found() {
		if f.Model == keyScope { // a call a minute tells too little
			continue
		}
		l := state.Limit{Model: f.Model, SpacingMicros: f.Spacing.Microseconds(), Tasks: f.Tasks, At: f.At.UTC()}
		known[f.Model] = true
		same := func(b state.Limit) bool {
			return b.Model == l.Model && b.SpacingMicros == l.SpacingMicros && b.Tasks == l.Tasks && b.At.Equal(l.At)
		}
		if !slices.ContainsFunc(before, same) {
			change = append(change, l)
		}
	}
	for _, b := range before {
		if !known[b.Model] { // it is a limit no longer
			change = append(change, state.Limit{Model: b.Model, At: time.Now().UTC()})
		}
	}
	if len(change) > 0 {
		_ = r.commit(state.Change{Op: "limits", Limits: change}) // an error ends submitting, and the run tells it
	}
}
