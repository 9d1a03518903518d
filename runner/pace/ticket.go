package pace

import "time"

// Class is the kind of a call. Submits and polls of a scope share its
// allowance; where both wait they are let through in turn.
type Class uint8

const (
	// Refresh asks again for a task that has ended, for URLs that still work:
	// what waits for it is paid for, and expires.
	Refresh Class = iota
	Submit
	Poll
)

const classes = 3

// Ticket is the right to make one call, now. Once the call is answered, report
// a success or a refusal, once. An outcome that says nothing of the pace, such
// as a 5xx or a network error, is not reported. A submit that was let in may be
// refused all the same, by a limit that its task meets later: see RefusedLate.
type Ticket struct {
	group   *Group
	lane    *lane
	epoch   uint64        // of the scope when the call started
	spacing time.Duration // likewise
	delayed bool          // the call had to wait for its turn
}

// Slowdown is what a refusal did to its scope.
type Slowdown struct {
	// Wait is how long no call of this scope and class starts from now.
	Wait time.Duration
	// Spacing is the time that now lies between two calls of the scope.
	Spacing time.Duration
	// Stuck is how long the scope has known only refusals: the time since the
	// first one after its last success, without gaps in which nothing was called
	// or the process slept. A caller that bounds its patience bounds this.
	Stuck time.Duration
}

// Succeeded reports that the call was let in, whatever else its answer said.
func (t Ticket) Succeeded() {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	t.lane.succeeded(time.Now(), t)
	t.group.dispatch()
}

// Unused reports that a submit was answered, and that no task came of it. It is
// reported before a refusal is.
func (t Ticket) Unused() {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	t.lane.scope.room.unused()
	t.group.dispatch()
}

// Refused reports that the call was answered 429. retryAfter is the wait that
// the answer asked for, 0 if none; more than 15 minutes counts as 15 minutes.
// counted is false if the call started before the scope's last slow-down: such
// a refusal says nothing new and changes nothing. Nor does one that is put down to
// chance and asks for no wait.
func (t Ticket) Refused(retryAfter time.Duration) (slowdown Slowdown, counted bool) {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	now := time.Now()
	t.lane.scope.learned.count(now, true)
	if t.epoch != t.lane.scope.epoch {
		return Slowdown{}, false
	}
	slowdown, counted = t.lane.refused(now, retryAfter, t.spacing)
	t.group.dispatch()
	if !counted {
		return Slowdown{}, false
	}
	return slowdown, true
}

// RefusedLate reports that a submit was let in, and that its task met a limit all the
// same. Whatever else is known, no call of the scope starts for that long. counted is
// false if the submit started before the scope's last slow-down.
func (t Ticket) RefusedLate(wait time.Duration) (slowdown Slowdown, counted bool) {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	if t.epoch != t.lane.scope.epoch {
		return Slowdown{}, false
	}
	slowdown = t.lane.slow(time.Now(), min(wait, maxRetryAfter), t.spacing)
	t.group.dispatch()
	return slowdown, true
}
