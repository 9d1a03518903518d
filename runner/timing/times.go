package timing

import (
	"math"
	"sync"
	"time"
)

const (
	// priceShare is what a question is worth, as a share of the median time: see
	// doc.go.
	priceShare = 0.0125
	// unsure is how many times have to be learned before a question costs less than
	// twice that: what little is known of is asked for less.
	unsure = 10
	// minGap lies at least between two questions for one task.
	minGap = 200 * time.Millisecond

	// modelWeight and usualWeight are how many times of a variant weigh as much as
	// all of its model's, and as what the documents say.
	modelWeight, usualWeight = 4, 1
	// maxVariants bounds what is told apart of a model; further variants count as
	// the model as a whole.
	maxVariants = 64
)

// Range is the usual time of a model: nine of ten tasks are expected in it.
type Range struct{ Min, Max time.Duration }

// Book holds what is known of processing times. It may be used by any number of
// goroutines.
type Book struct {
	mu     sync.Mutex
	models map[string]*model
}

// NewBook makes an empty Book.
func NewBook() *Book { return &Book{models: make(map[string]*model)} }

// model is what is known of a model as a whole, and its variants.
type model struct {
	book     *Book
	usual    Range
	all      *Times
	variants map[string]*Times
	// asked counts the tasks that were asked for before anything was learned.
	asked int
	// longest is the longest time that was learned; 0 while none was. What is only
	// recalled does not count.
	longest time.Duration
	// contradicted counts the times that were seen to be wrong, up to mostContradicted.
	contradicted int
	// news counts the times since the curves were made.
	news    float64
	changed chan struct{} // closed when they are made anew
}

// Times is what is known of the tasks of one variant of a model.
type Times struct {
	model *model
	known histogram
	curve *curve // nil until it is needed
}

// Times gives those of a variant of a model; "" stands for the model as a whole.
// usual is what the documents say; what counts is that of the model's first call.
func (b *Book) Times(modelID, variant string, usual Range) *Times {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.models[modelID]
	if m == nil {
		usual.Min = max(usual.Min, shortest)
		usual.Max = max(usual.Max, usual.Min)
		m = &model{book: b, usual: usual, variants: make(map[string]*Times), changed: make(chan struct{})}
		m.all = &Times{model: m}
		m.variants[""] = m.all
		b.models[modelID] = m
	}
	t := m.variants[variant]
	switch {
	case t == nil && len(m.variants) >= maxVariants:
		t = m.all
	case t == nil:
		t = &Times{model: m}
		m.variants[variant] = t
	}
	return t
}

// Learn takes in how long a task ran by the server's clock, as far as it was watched.
func (t *Times) Learn(created, completed time.Time) { t.take(created, completed, true) }

// Recall takes in how long a task ran that ended before, and that may be wrong: it
// counts like any other, but does not move questions far from what the documents say,
// as long as no task has been learned from.
func (t *Times) Recall(created, completed time.Time) { t.take(created, completed, false) }

func (t *Times) take(created, completed time.Time, watched bool) {
	took := completed.Sub(created)
	if created.IsZero() || completed.IsZero() || took < 0 {
		return
	}
	var blur time.Duration
	if whole(created) && whole(completed) {
		blur = 1500 * time.Millisecond // each was cut to the second
	}
	m := t.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	first := watched && m.longest == 0
	if watched {
		m.longest = max(m.longest, took, 1)
	}
	t.known.add(took, blur)
	if t != m.all {
		m.all.known.add(took, blur)
	}
	m.news++
	if first || m.news > m.all.known.total/5 {
		m.renew()
	}
}

// mostContradicted is how many times may be wrong before the others are not believed.
const mostContradicted = 3

// Contradict takes in that the server's times of a task cannot be. After some of them
// all that was taken in of the model is forgotten, once: it came by the same clock.
func (t *Times) Contradict() {
	m := t.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	if m.contradicted == mostContradicted {
		return
	}
	if m.contradicted++; m.contradicted < mostContradicted {
		return
	}
	for _, variant := range m.variants {
		variant.known = histogram{}
	}
	m.renew()
}

func whole(t time.Time) bool { return t.UnixMilli()%1000 == 0 }

// renew has the curves made anew, and wakes who waits by the old ones.
func (m *model) renew() {
	m.news = 0
	for _, t := range m.variants {
		t.curve = nil
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

// Task is one task that is to be asked for.
type Task struct {
	times *Times
	rung  time.Duration // of the ladder; 0 for a task that is not on it
}

// Task begins with a task that was not asked for yet.
func (t *Times) Task() Task {
	m := t.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	return Task{times: t, rung: m.rung()}
}

const (
	// A ladder begins at usual.Min / firstRung; each rung is stepUp times the one
	// below.
	firstRung, stepUp = 8, 1.25
	// ladders is how many tasks there are on each rung.
	ladders = 4
	// ahead is how many times as old as the longest time that is sure a task may become
	// before it is asked for, and onward how many times as old as it was the last time.
	ahead, onward = 4, 2
)

// rung gives the next task its place on the ladder, as long as nothing is known but
// what the documents say, and there is a place.
func (m *model) rung() time.Duration {
	if m.all.known.total > 0 {
		return 0
	}
	usual := math.Sqrt(m.usual.Min.Seconds() * m.usual.Max.Seconds())
	first := m.usual.Min.Seconds() / firstRung
	rungs := int(math.Log(usual/first) / math.Log(stepUp))
	if m.asked >= ladders*rungs {
		return 0
	}
	rung := first * math.Pow(stepUp, float64(m.asked%rungs))
	m.asked++
	return time.Duration(rung * float64(time.Second))
}

// Next is how old the task should be when it is asked for, if it ran when it was
// seen old, which is 0 before it was seen. changed is closed when enough was
// learned to ask Next again.
func (t Task) Next(seen time.Duration) (age time.Duration, changed <-chan struct{}) {
	m := t.times.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	age = time.Duration(t.times.made().next(seen.Seconds()) * float64(time.Second))
	if m.longest == 0 && m.all.known.total > 0 {
		age = max(age, seen+m.usual.Min/firstRung)
	}
	age = min(age, max(ahead*max(m.usual.Max, m.longest), onward*seen))
	if seen == 0 && t.rung > 0 && m.all.known.total == 0 {
		age = min(age, t.rung)
	}
	return age, m.changed
}

// Median is the middle of the processing times.
func (t *Times) Median() time.Duration {
	m := t.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	return time.Duration(t.made().median * float64(time.Second))
}

// made is the curve of what the variant, its model and the documents tell.
func (t *Times) made() *curve {
	if t.curve != nil {
		return t.curve
	}
	var density [bins]float64
	t.known.addSmooth(&density, memory)
	if t != t.model.all {
		t.model.all.known.addSmooth(&density, modelWeight)
	}
	lognormal(&density, t.model.usual.Min, t.model.usual.Max, usualWeight)
	t.curve = newCurve(&density)
	known := t.model.all.known.total
	t.curve.price = priceShare * t.curve.median * (1 + unsure*min(known, 1)/(1+known))
	return t.curve
}
