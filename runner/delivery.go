package runner

import (
	"sync"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	// maxHints bounds the deliveries that are kept for submits which no worker
	// follows. What is over it is dropped: such a doubt is settled by hand.
	maxHints = 10_000
	// maxUnheard is how many tasks in a row may end without a delivery before
	// nobody counts on deliveries any more.
	maxUnheard = 3
)

// deliveries is what webhooks brought: hints, each for the submit whose nonce it
// names. There is at most one for each submit, so that a flood of them takes no
// more room, and no more calls, than one.
type deliveries struct {
	mu    sync.Mutex
	bells map[string]*bell      // by nonce: submits that a worker follows
	hints map[string]*hint      // by nonce: the latest, until it is looked into
	told  map[string]bool       // by nonce: submits of whose deliveries was warned
	done  bool                  // nobody looks into what comes any more
	held  map[task.Address]bool // records that a job may still change
	// unheard counts the tasks that ended without a delivery since the last one.
	unheard int
	// more tells settleLate that hints for others than workers, or held, have changed.
	more chan struct{}
}

// hint is the task that a delivery named for a submit of which nobody knows what
// came of it.
type hint struct {
	taskID string
	// safe is closed once the end of the process loses nothing: the state has the
	// hint, or has no use for it.
	safe chan struct{}
}

func newHint(taskID string) *hint { return &hint{taskID, make(chan struct{})} }

func newDeliveries() *deliveries {
	return &deliveries{
		bells: make(map[string]*bell), hints: make(map[string]*hint), held: make(map[task.Address]bool),
		told: make(map[string]bool), more: make(chan struct{}, 1),
	}
}

// bell is rung by deliveries for the submits of one job.
type bell struct {
	rung chan struct{} // room for one
	// called: the latest submit asked for a delivery. The worker's own, as is
	// hurried: a delivery came, and no poll since then has told of the task.
	called, hurried bool

	// Guarded by deliveries.mu:
	nonce string // of the latest submit
	heard bool   // a delivery for it came
}

func (b *bell) ring(nonce string) {
	b.heard = b.heard || nonce == b.nonce
	notify(b.rung)
}

// notify makes the channel, which has room for one, hold something.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take keeps a delivery for whoever follows its submit. It never waits for
// anything. settled: what the submit was accepted as is in the ledger. taken is false
// where the delivery is to be repeated, since nobody would look into it now. kept is
// what there is to look into, nil if there is nothing.
func (d *deliveries) take(nonce, taskID string, settled bool) (kept *hint, taken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = 0
	b := d.bells[nonce]
	if b != nil {
		b.ring(nonce)
	}
	switch {
	case settled || taskID == "":
		return nil, true
	case b == nil && d.done:
		return nil, false
	}
	if kept = d.keep(nonce, taskID); kept != nil && b == nil {
		notify(d.more)
	}
	return kept, kept != nil
}

// close ends the taking of what has to be looked into. What was taken is there.
func (d *deliveries) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = true
}

// remember takes up what deliveries named in earlier runs.
func (d *deliveries) remember(records []state.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range records {
		if d.hints[r.Nonce] != nil || r.Status != state.InDoubt || r.Doubt.Named == "" {
			continue
		}
		if d.keep(r.Nonce, r.Doubt.Named) != nil {
			close(d.hints[r.Nonce].safe)
			notify(d.more)
		}
	}
}

// keep makes a task the latest hint for a submit; it returns nil if there is no room.
func (d *deliveries) keep(nonce, taskID string) *hint {
	kept := d.hints[nonce]
	switch {
	case kept != nil && kept.taskID == taskID:
		return kept
	case kept == nil && d.bells[nonce] == nil && len(d.hints) >= maxHints:
		return nil
	}
	d.hints[nonce] = newHint(taskID)
	return d.hints[nonce]
}

// follow makes deliveries for a submit ring the job's bell, besides those that it
// followed before. The submit is then the job's latest.
func (d *deliveries) follow(j *job, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j.bell == nil {
		j.bell = &bell{rung: make(chan struct{}, 1)}
	}
	if j.bell.nonce != nonce {
		j.bell.nonce, j.bell.heard = nonce, false
		j.bell.called, j.bell.hurried = false, false
	}
	d.bells[nonce] = j.bell
	if d.hints[nonce] != nil {
		j.bell.ring(nonce)
	}
}

// unfollow ends that. What was named and is not settled is left to settleLate.
func (d *deliveries) unfollow(j *job) {
	if j.bell == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for nonce, b := range d.bells {
		if b != j.bell {
			continue
		}
		if delete(d.bells, nonce); d.hints[nonce] != nil {
			notify(d.more)
		}
	}
	j.bell = nil
}

// named is the task that the latest delivery named for a submit, "" if none did.
func (d *deliveries) named(nonce string) (taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.hints[nonce]; h != nil {
		taskID = h.taskID
	}
	return taskID
}

// saved notes that the state has the hint for a submit, unless another task was named
// since.
func (d *deliveries) saved(nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.hints[nonce]; h != nil && h.taskID == taskID {
		h.makeSafe()
	}
}

// forget drops a hint that was looked into, unless another task was named since.
func (d *deliveries) forget(nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.hints[nonce]; h != nil && h.taskID == taskID {
		h.makeSafe()
		delete(d.hints, nonce)
	}
}

func (h *hint) makeSafe() {
	select {
	case <-h.safe:
	default:
		close(h.safe)
	}
}

// first reports whether nothing was told of a submit's deliveries yet: who forges
// one may forge many.
func (d *deliveries) first(nonce string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := d.told[nonce]
	d.told[nonce] = true
	return !told
}

// hold keeps the records of jobs for those who carry them out, whatever deliveries
// say meanwhile.
func (d *deliveries) hold(jobs []*job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range jobs {
		d.held[j.action.Address] = true
	}
}

// letGo ends that for a job whose worker has given up on a doubt.
func (d *deliveries) letGo(j *job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, j.action.Address)
	notify(d.more)
}

// ended notes how the end of a task became known. lost is true when nobody counts
// on deliveries from now on.
func (d *deliveries) ended(b *bell) (lost bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !b.called || b.heard {
		return false
	}
	d.unheard++
	return d.unheard == maxUnheard
}

// reliable reports whether deliveries come, as far as is known.
func (d *deliveries) reliable() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unheard < maxUnheard
}

// unsettled gives, by nonce, the tasks that settleLate can look into: those for doubts
// that no job holds or, at the end of a run, all of them.
func (d *deliveries) unsettled(store *state.Store, all bool) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make(map[string]string)
	for nonce, h := range d.hints {
		record, _ := store.Record(spendOf(store, nonce).Address)
		doubt := record.Nonce == nonce && record.Status == state.InDoubt
		if all || d.bells[nonce] == nil && doubt && !d.held[record.Address] {
			found[nonce] = h.taskID
		}
	}
	return found
}

func spendOf(store *state.Store, nonce string) state.Spend {
	spend, _ := store.Spend(nonce)
	return spend
}
