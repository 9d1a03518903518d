package pace

import (
	"container/list"
	"time"
)

// waiter is a call that waits for its turn.
type waiter struct {
	lane    *lane
	place   *list.Element
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

func (q *queue) pop() *waiter {
	w, ok := q.list.Remove(q.list.Front()).(*waiter)
	if !ok {
		panic("pace: a queue holds waiters only")
	}
	w.place = nil
	return w
}

func (q *queue) remove(w *waiter) {
	q.list.Remove(w.place)
	w.place = nil
}
