package runner

import (
	"maps"
	"sync"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	// maxLate bounds the deliveries that are kept for submits which no worker
	// follows. What is over it is dropped: such a doubt is settled by hand.
	maxLate = 10_000
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
	told  map[string]bool       // by nonce: submits of whose deliveries was warned
	done  bool                  // nobody looks into what comes any more
	late  map[string]string     // by nonce: task IDs for submits that none follows
	held  map[task.Address]bool // records that a job may still change
	// unheard counts the tasks that ended without a delivery since the last one.
	unheard int
	// more tells settleLate that late or held has changed.
	more chan struct{}
}

func newDeliveries() *deliveries {
	return &deliveries{
		bells: make(map[string]*bell), late: make(map[string]string), held: make(map[task.Address]bool),
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
	nonce string            // of the latest submit
	heard bool              // a delivery for it came
	named map[string]string // by nonce: the tasks that deliveries named
}

func (b *bell) ring(nonce, taskID string) {
	b.heard = b.heard || nonce == b.nonce
	if taskID != "" {
		b.named[nonce] = taskID
	}
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
// anything. settled: what the submit was accepted as is in the ledger. It returns
// false where the delivery is to be repeated, since nobody would look into it now.
func (d *deliveries) take(nonce, taskID string, settled bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = 0
	if settled {
		taskID = ""
	}
	b := d.bells[nonce]
	switch {
	case b != nil:
		b.ring(nonce, taskID)
	case taskID == "":
	case d.done:
		return false
	default:
		return d.keep(nonce, taskID)
	}
	return true
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
		if _, there := d.late[r.Nonce]; !there && r.Status == state.InDoubt && r.Doubt.Named != "" {
			d.keep(r.Nonce, r.Doubt.Named)
		}
	}
}

func (d *deliveries) keep(nonce, taskID string) bool {
	_, there := d.late[nonce]
	if !there && len(d.late) >= maxLate {
		return false
	}
	d.late[nonce] = taskID
	notify(d.more)
	return true
}

// follow makes deliveries for a submit ring the job's bell, besides those that it
// followed before. The submit is then the job's latest.
func (d *deliveries) follow(j *job, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j.bell == nil {
		j.bell = &bell{rung: make(chan struct{}, 1), named: make(map[string]string)}
	}
	if j.bell.nonce != nonce {
		j.bell.nonce, j.bell.heard = nonce, false
		j.bell.called, j.bell.hurried = false, false
	}
	d.bells[nonce] = j.bell
	if taskID, there := d.late[nonce]; there {
		delete(d.late, nonce)
		j.bell.ring(nonce, taskID)
	}
}

// unfollow ends that. What was named and is not settled is kept.
func (d *deliveries) unfollow(j *job) {
	if j.bell == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.bells, func(_ string, b *bell) bool { return b == j.bell })
	for nonce, taskID := range j.bell.named {
		d.keep(nonce, taskID)
	}
	j.bell = nil
}

// named gives, by nonce, the tasks that deliveries named for submits that a job
// follows.
func (d *deliveries) named(b *bell) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(b.named)
}

// unname forgets a task that was looked into, unless another was named since.
func (d *deliveries) unname(b *bell, nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b.named[nonce] == taskID {
		delete(b.named, nonce)
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

// unsettled gives the deliveries that can be looked into: those for doubts that no
// job holds or, at the end of a run, all of them.
func (d *deliveries) unsettled(store *state.Store, all bool) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make(map[string]string)
	for nonce, taskID := range d.late {
		record, _ := store.Record(spendOf(store, nonce).Address)
		if all || record.Nonce == nonce && record.Status == state.InDoubt && !d.held[record.Address] {
			found[nonce] = taskID
		}
	}
	return found
}

// forget drops a delivery that was looked into, unless another has come since.
func (d *deliveries) forget(nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.late[nonce] == taskID {
		delete(d.late, nonce)
	}
}

func spendOf(store *state.Store, nonce string) state.Spend {
	spend, _ := store.Spend(nonce)
	return spend
}
