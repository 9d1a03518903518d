package pace

import (
	"container/list"
	"time"
)

// waiter is a call that waits for its turn.
type waiter struct {
	lane    *lane
	place   *list.Element
	since   time.Time     // when it came
	delayed bool          // it could not start at once
	granted chan struct{} // closed when ticket is set
	ticket  Ticket

	previous time.Time // lastStart of the scope before the grant
	start    uint64    // number of the grant
}

// queue is first in, first out; a waiter leaves from any place in constant time.
type queue struct{ list list.List }

func (q *queue) empty() bool { return q.list.Len() == 0 }

func (q *queue) push(w *waiter) { w.place = q.list.PushBack(w) }

func (q *queue) first() *waiter {
	w, ok := q.list.Front().Value.(*waiter)
	if !ok {
		panic("pace: a queue holds waiters only")
	}
	return w
}

func (q *queue) pop() *waiter {
	w := q.first()
	q.remove(w)
	return w
}

func (q *queue) remove(w *waiter) {
	q.list.Remove(w.place)
	w.place = nil
}
