package runner

import (
	"sync"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/timing"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// outlook knows what of a run is left, by its events, and guesses how long that takes.
// It changes nothing of what is done.
type outlook struct {
	mu      sync.Mutex
	book    *timing.Book // nil before the run
	slots   int
	models  map[string]*timing.Times  // of the plan, each as a whole
	left    map[task.Address]*chain   // what is still to be submitted
	waiting map[*chain]int            // the same, counted
	running map[task.Address]inFlight // what runs at the API
	starts  []time.Time               // when the newest tasks were accepted
}

// chain is a task to be submitted, by its model, and the longest chain of those that
// wait for its result. Equal chains are one.
type chain struct {
	model  *timing.Times
	then   *chain
	length time.Duration // by what was known at the start
}

// inFlight is a task that runs.
type inFlight struct {
	times, model *timing.Times // of its variant, and of its whole model
	accepted     time.Time
	chain        *chain // which it begins; nil if nothing is known to wait for it
}

// TimeLeft guesses how long the run still takes, downloads aside: it is about as likely
// to take longer as to take less. known is false as long as there is nothing to go by:
// until as many tasks of each model have ended as are in flight, but at least 3 and at
// most 100, in this run or by the results in the state. It may be called at any time.
func (r *Runner) TimeLeft() (left time.Duration, known bool) { return r.outlook.timeLeft(time.Now()) }

// begin takes in the plan of a run.
func (o *outlook) begin(r *run, p *plan.Plan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.book, o.slots = r.times, r.opts.Parallelism
	o.models, o.running = make(map[string]*timing.Times), make(map[task.Address]inFlight)
	o.left, o.waiting = make(map[task.Address]*chain), make(map[*chain]int)
	chains := make(map[chain]*chain)
	then := make(map[task.Address]*chain) // the longest that waits for an instance
	// What uses a result comes after it in the plan.
	for i := len(p.Actions) - 1; i >= 0; i-- {
		a := &p.Actions[i]
		if !r.opts.Only(a.Address) {
			continue
		}
		begins := then[a.Address]
		if a.Kind.Pays() {
			begins = linked(chains, o.whole(a, a.Model()), begins)
			o.expect(a.Address, begins)
			for _, upstream := range a.Instance.DependsOn {
				if then[upstream].lasts() < begins.lasts() {
					then[upstream] = begins
				}
			}
		}
		if a.Prior != nil && a.Prior.Status == state.Running {
			begins = linked(chains, o.whole(a, a.Prior.Request.Model), begins)
			o.runs(*a.Prior, begins)
		}
	}
}

// whole gives the times of a model of the plan.
func (o *outlook) whole(a *plan.Action, model string) *timing.Times {
	if o.models[model] == nil {
		o.models[model] = o.book.Times(model, "", timing.Range(a.Timing(model).Usual))
	}
	return o.models[model]
}

// linked gives the chain of a task of a model and what waits for it.
func linked(chains map[chain]*chain, model *timing.Times, then *chain) *chain {
	c := chain{model, then, model.Median() + then.lasts()}
	if chains[c] == nil {
		chains[c] = &c
	}
	return chains[c]
}

func (c *chain) lasts() time.Duration {
	if c == nil {
		return 0
	}
	return c.length
}

// runs takes in a task that was accepted.
func (o *outlook) runs(r state.Record, begins *chain) {
	model := o.models[r.Request.Model]
	if model == nil {
		return // not of the plan: little is known of it, and it ends with the run at the latest
	}
	times := o.book.Times(r.Request.Model, timing.Variant(r.Request.Input), timing.Range{})
	o.running[r.Address] = inFlight{times, model, r.AcceptedAt, begins}
}

// heed takes in an event.
func (o *outlook) heed(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e.Kind {
	case Submitted, Unrecorded, Settled, Imported:
		if e.Record.Status != state.Running {
			return // Settled: an earlier task, which does not matter here
		}
		o.runs(e.Record, o.left[e.Address])
		o.forget(e.Address)
		o.starts = append(o.starts[max(0, len(o.starts)+1-o.generation()):], time.Now())
	case Retrying:
		if t, ran := o.running[e.Address]; ran && t.chain != nil {
			o.expect(e.Address, t.chain)
		}
		delete(o.running, e.Address)
	case Succeeded, Failed, Doubted, Detached:
		delete(o.running, e.Address)
	case Stopping:
		clear(o.left)
		clear(o.waiting)
	}
}

// expect takes in that an instance is to be submitted, and forget that it is not, or no
// more.
func (o *outlook) expect(a task.Address, c *chain) {
	o.left[a] = c
	o.waiting[c]++
}

func (o *outlook) forget(a task.Address) {
	c, expected := o.left[a]
	if !expected {
		return
	}
	delete(o.left, a)
	if o.waiting[c]--; o.waiting[c] == 0 {
		delete(o.waiting, c)
	}
}

// drop takes in that an instance will not be submitted: there is a result, or there
// will be none.
func (o *outlook) drop(a task.Address) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(a)
}

// generation is over how many starts their rate is measured: about as many as there are
// tasks in flight, so that neither a burst nor the wait after it misleads.
func (o *outlook) generation() int { return min(max(o.slots, 16), 1024) }

func (o *outlook) timeLeft(now time.Time) (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.left)+len(o.running) == 0 {
		return 0, false
	}
	g := &guess{o, now, make(map[*timing.Times]*timing.Forecast)}
	if !g.founded() {
		return 0, false
	}
	return max(g.finish(), g.longest()), true
}
