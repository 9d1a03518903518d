package runner

import "sync/atomic"

// callbackTrial finds out whether the API takes the callback URL, which is the same for
// all submits but for its end. A 400 says that a parameter is bad, and not which (API
// document, section 9); its text may quote any word of a prompt. But nothing was created
// by it, and the callback is the only parameter that a submit can do without (section
// 3): what is accepted without, and was refused with it, was refused for it.
type callbackTrial struct {
	on             bool // submits are to ask for deliveries
	taken, refused atomic.Bool
}

// asked reports whether submits ask for deliveries.
func (c *callbackTrial) asked() bool { return c.on && !c.refused.Load() }

// proven reports whether the API has accepted a submit with the callback URL, so that
// no 400 is about that.
func (c *callbackTrial) proven() bool { return c.taken.Load() }

// learnCallback notes that the job's submit was accepted. One that was
// unasked went without the callback URL, after a 400 with it.
func (r *run) learnCallback(j *job) {
	switch c := r.callback; {
	case j.bell.called:
		c.taken.Store(true)
	case j.unasked && !c.proven() && c.refused.CompareAndSwap(false, true):
		r.emit(Event{Kind: Unheard, Detail: "the API refuses the callback URL (400), and accepted the same submit without it: mend -callback-url; " +
			"until then the ends of tasks are asked for as without webhooks"})
	}
}
