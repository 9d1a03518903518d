package pace

import "time"

// room is what is known of a limit on a model's tasks at the same time. What
// helps against it is not time but the end of a task.
//
// It is taken for one when submits alone are refused again while polls are let in; see
// lane.crowded.
// From then on each task that ends lets one submit go, and now and then one more,
// to find out whether there is more room.
type room struct {
	running int // tasks at the API, as far as this run has them
	full    bool
	// unconfirmed: it is full for what was found before the calls of this Group.
	unconfirmed bool
	free        int // submits that may go, while full
	// ends counts those since the last further submit, and every is how many there
	// are from one to the next: fewer after each that is let in, more after a refusal.
	ends, every int
	// retry is when a submit goes although no task has ended. Then it is a trial, and
	// let counts the submits that are let in from it on.
	retry time.Time
	trial bool
	let   int

	// most is how many ran when a further one was last refused, and refusedAt when
	// that was; 0 if none was, or if half as many again ran since.
	most      int
	refusedAt time.Time
}

const (
	firstEvery, mostEvery = 8, 256
	// retryFull bounds how long submits wait for the end of a task: whoever else
	// uses the key may have ended some.
	retryFull = time.Minute
	// disproved is how many submits are let in, without a refusal, after a trial in a
	// room that is none.
	disproved = 8
)

// refused closes the room to submits.
func (r *room) refused(now time.Time) {
	if r.full && !r.unconfirmed {
		r.every = min(2*r.every, mostEvery)
	} else {
		r.every = firstEvery
	}
	r.full, r.free, r.ends, r.retry = true, 0, 0, now.Add(retryFull)
	r.trial, r.let = false, 0
	r.most, r.refusedAt, r.unconfirmed = r.running, now, false
}

// next is when a submit may start.
func (r *room) next() time.Time {
	if !r.full || r.free > 0 {
		return time.Time{}
	}
	return r.retry
}

// take spends a submit that starts now.
func (r *room) take(now time.Time) {
	if !r.full {
		return
	}
	if r.free == 0 {
		r.trial = true
	}
	r.free = max(r.free-1, 0)
	r.retry = now.Add(retryFull)
}

// admitted takes in that a submit was let in. One that was although no task had ended
// says that there may be room: two more go for each, until one is refused, or the room
// is none.
func (r *room) admitted() {
	if !r.full || !r.trial {
		return
	}
	r.free += 2
	if r.let++; r.let >= disproved {
		*r = room{running: r.running}
	}
}

// started counts a task that runs.
func (r *room) started() {
	r.running++
	if 2*r.running >= 3*r.most {
		r.most = 0
	}
}

// unused gives back the place of a submit of which no task came.
func (r *room) unused() {
	if r.full {
		r.free++
	}
}

// ended makes room for the next submit.
func (r *room) ended() {
	r.running--
	if r.running <= 0 {
		*r = room{most: r.most, refusedAt: r.refusedAt} // nothing that runs can be in the way
		return
	}
	if !r.full {
		return
	}
	r.free++
	r.ends++
	if r.ends >= r.every {
		r.free++
		r.ends, r.every = 0, max(r.every/2, 1)
	}
}

// ended tells the scope of the end of a task. Submits that pause alone need not
// wait any longer.
func (s *scope) ended(now time.Time) {
	if l := &s.lanes[Submit]; !s.room.full && l.streak.slowdowns > 1 && l.alone() {
		l.streak.until = time.Time{}
		s.room.refused(now)
	}
	s.room.ended()
}

// Started tells that a task of the model runs at the API.
func (g *Group) Started(model string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.scope(model).room.started()
}

// Ended tells that a task that was told of by Started does no longer.
func (g *Group) Ended(model string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.scope(model).ended(time.Now())
	g.dispatch()
}
