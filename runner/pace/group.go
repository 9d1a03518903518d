package pace

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Group paces all calls that are made with one key: each obeys the pace of its
// model and the declared limit of the key. A Group may be used by any number
// of goroutines and holds none of its own.
type Group struct {
	limits map[string]Limit

	mu     sync.Mutex
	key    bucket
	scopes map[string]*scope
	active []*lane     // the lanes in which somebody waits
	turns  uint64      // counts grants
	timer  *time.Timer // runs wake when the next call may start; nil until first needed
}

// NewGroup returns a Group for a key and its models. A model that is not in
// models has no declared limit.
func NewGroup(key Limit, models map[string]Limit) *Group {
	return &Group{
		limits: maps.Clone(models),
		key:    newBucket(key),
		scopes: make(map[string]*scope),
	}
}

// Wait blocks until a call of the model may start, or until ctx ends; then it
// returns ctx.Err() and the turn goes to the next. Calls of one model and class
// start in the order in which they came.
func (g *Group) Wait(ctx context.Context, model string, class Class) (Ticket, error) {
	if err := ctx.Err(); err != nil {
		return Ticket{}, err
	}
	w := g.enqueue(model, class)
	select {
	case <-w.granted:
		return w.ticket, nil
	case <-ctx.Done():
		g.withdraw(w)
		return Ticket{}, ctx.Err()
	}
}

func (g *Group) enqueue(model string, class Class) *waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := &g.scope(model).lanes[class]
	w := &waiter{lane: l, since: time.Now(), granted: make(chan struct{})}
	if l.waiting.empty() {
		g.active = append(g.active, l)
	}
	l.waiting.push(w)
	g.dispatch()
	w.delayed = w.place != nil
	return w
}

// withdraw takes a waiter whose context has ended out of its queue, or hands
// back the grant that crossed with the end.
func (g *Group) withdraw(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.place != nil {
		w.lane.waiting.remove(w)
		g.retire(w.lane)
	} else {
		g.takeBack(w)
	}
	g.dispatch()
}

func (g *Group) scope(model string) *scope {
	s := g.scopes[model]
	if s == nil {
		s = newScope(g.limits[model])
		g.scopes[model] = s
	}
	return s
}

// retire drops a lane from the active ones if nobody waits in it any more.
func (g *Group) retire(l *lane) {
	if l.waiting.empty() {
		g.active = slices.DeleteFunc(g.active, func(other *lane) bool { return other == l })
	}
}
