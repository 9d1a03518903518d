package runner

import (
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
		more: make(chan struct{}, 1),
	}
}

// bell is rung by deliveries and heard by the worker that follows the submit.
type bell struct {
	nonce string
	rung  chan struct{} // room for one
	// called: the submit asked for a delivery. The worker's own, as is hurried: a
	// delivery came, and no poll since then has told of the task.
	called, hurried bool

	taskID string // that the latest delivery named; guarded by deliveries.mu
	heard  bool   // one came; guarded by deliveries.mu
}

func (b *bell) ring(taskID string) {
	b.heard = true
	if taskID != "" {
		b.taskID = taskID
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
// anything. settled: what the submit was accepted as is in the ledger.
func (d *deliveries) take(nonce, taskID string, settled bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = 0
	if b := d.bells[nonce]; b != nil {
		b.ring(taskID)
	} else if taskID != "" && !settled {
		d.keep(nonce, taskID)
	}
}

func (d *deliveries) keep(nonce, taskID string) {
	if _, there := d.late[nonce]; there || len(d.late) < maxLate {
		d.late[nonce] = taskID
		notify(d.more)
	}
}

// follow makes deliveries for the job's submit with this nonce ring its bell, and
// for none that it followed before.
func (d *deliveries) follow(j *job, nonce string) {
	if j.bell != nil && j.bell.nonce == nonce {
		return
	}
	d.unfollow(j)
	d.mu.Lock()
	defer d.mu.Unlock()
	j.bell = &bell{nonce: nonce, rung: make(chan struct{}, 1)}
	d.bells[nonce] = j.bell
	if taskID, there := d.late[nonce]; there {
		delete(d.late, nonce)
		j.bell.ring(taskID)
	}
}

// unfollow ends that. What rang and was not heard is kept.
func (d *deliveries) unfollow(j *job) {
	if j.bell == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.bells, j.bell.nonce)
	if len(j.bell.rung) > 0 && j.bell.taskID != "" {
		d.keep(j.bell.nonce, j.bell.taskID)
	}
	j.bell = nil
}

// named is the task that the latest delivery for a followed submit named.
func (d *deliveries) named(b *bell) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return b.taskID
}

// unname forgets a task that the submit's is not, unless another was named since.
func (d *deliveries) unname(b *bell, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b.taskID == taskID {
		b.taskID = ""
	}
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
