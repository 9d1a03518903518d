package runner

import "sync"

const (
	// maxRemembered bounds the names that are kept in memory, since the state could not
	// take them. APIXO repeats what is over it.
	maxRemembered = 1000
	// maxUnheard is how many tasks in a row may end without a delivery before nobody
	// counts on deliveries any more.
	maxUnheard = 3
)

// deliveries leads webhooks to the jobs whose submits they are about. What they name is
// in the ledger.
type deliveries struct {
	mu    sync.Mutex
	bells map[string]*bell // by nonce; nil if no deliveries are taken
	told  map[string]bool  // by nonce: submits of whose deliveries was warned
	// rung are the jobs that were rung for since the scheduler looked; more tells it.
	rung map[*job]bool
	more chan struct{}
	// unwritten are names that the state could not take, the latest of each submit.
	unwritten map[string]string
	// unknown are names of which the API said again, minutes after they came, that it
	// knows no such task: the latest of each submit.
	unknown map[string]string
	// unheard counts the tasks that ended without a delivery since the last one.
	unheard int
}

func newDeliveries(taken bool) *deliveries {
	d := &deliveries{
		told: make(map[string]bool), rung: make(map[*job]bool),
		more: make(chan struct{}, 1), unwritten: make(map[string]string), unknown: make(map[string]string),
	}
	if taken {
		d.bells = make(map[string]*bell)
	}
	return d
}

// bell is rung by deliveries for the submits of one job.
type bell struct {
	rung chan struct{} // room for one
	// called: the latest submit asked for a delivery. The worker's own, as is
	// hurried: a delivery came, and no poll since then has told of the task.
	called, hurried bool

	// Guarded by deliveries.mu:
	job   *job
	nonce string // of the latest submit
	heard bool   // a delivery for it came
}

// notify makes the channel, which has room for one, hold something.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ring tells of a delivery. It never waits for anything.
func (d *deliveries) ring(nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = 0
	b := d.bells[nonce]
	if b == nil {
		return
	}
	b.heard = b.heard || nonce == b.nonce
	d.rung[b.job] = true
	notify(b.rung)
	notify(d.more)
}

// follow makes deliveries for a submit, the job's latest, ring the job's bell, besides
// those that it followed before.
func (d *deliveries) follow(j *job, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j.bell == nil {
		j.bell = &bell{job: j, rung: make(chan struct{}, 1)}
	}
	if j.bell.nonce != nonce {
		j.bell.nonce, j.bell.heard = nonce, false
		j.bell.called, j.bell.hurried = false, false
	}
	if d.bells != nil {
		d.bells[nonce] = j.bell
	}
}

// ringing are the jobs that were rung for since it was last called.
func (d *deliveries) ringing() map[*job]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	rung := d.rung
	d.rung = make(map[*job]bool)
	return rung
}

// remember keeps a name that the state could not take.
func (d *deliveries) remember(nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unwritten[nonce] != "" || len(d.unwritten) < maxRemembered {
		d.unwritten[nonce] = taskID
	}
}

// remembered is that name; "" if there is none.
func (d *deliveries) remembered(nonce string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unwritten[nonce]
}

func (d *deliveries) forget(nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.unwritten, nonce)
}

// disown notes a name that makes room for another.
func (d *deliveries) disown(nonce, taskID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unknown[nonce] = taskID
}

// disowned is that name; "" if there is none.
func (d *deliveries) disowned(nonce string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unknown[nonce]
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

// ended notes that the end of a task is known. lost is true when nobody counts on
// deliveries from now on.
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
