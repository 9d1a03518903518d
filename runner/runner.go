package runner

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/timing"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
)

// Options are what a Runner works with. API, Store and Files are the caller's
// to close, after Run has returned.
type Options struct {
	API   *apixo.Client
	Store *state.Store
	// Files fetches results. It never sees the API's key; see FileTransport.
	Files http.RoundTripper
	// Dir is the configuration's directory; output paths count from it.
	Dir string
	// Disk is where results are written; nil for the operating system.
	Disk    disk.FS
	Catalog *catalog.Catalog
	// Run names this apply in the ledger, and Plan the saved plan that approved
	// it, by its nonce; "" without one.
	Run, Plan string
	// Parallelism is the number of tasks in flight at the API, at least 1.
	Parallelism int
	// CallsPerMinute bounds all calls of the key; 0 if no limit is declared. Those
	// of models are in the plan.
	CallsPerMinute int
	// Budget bounds what all runs of this state together commit, RunBudget what
	// this run does; nil for no bound. Doubts and reservations count.
	Budget, RunBudget *task.Cost
	// AllowUnpriced lets a bounded run submit what nobody knows the price of.
	AllowUnpriced bool
	// AllowInsufficientBalance submits although the balance is below the price of
	// the next submit, until the API itself refuses.
	AllowInsufficientBalance bool
	// MaxRetryWait bounds how long a model may refuse every call before the run
	// stops submitting, resumably.
	MaxRetryWait time.Duration
	// Halt says how many failures end submitting.
	Halt Halt
	// AskOnce asks at once, and once, for each task that runs, and leaves it running
	// if it has not ended.
	AskOnce bool
	// Only limits what is carried out, and what the Summary tells of, to some
	// instances; nil for all. Every record moves that has to: they make room for
	// each other.
	Only func(task.Address) bool
	// Errored are paths of files that are not there yet, the best first. The IDs
	// of tasks that were accepted while the state could not be written go to the
	// first that can; see UnrecordedTask.
	Errored []string
	// CallbackURL makes every submit ask for a delivery (API document, section 6) at
	// this URL, a slash and its nonce. The caller leads those to Webhooks. "" for none.
	CallbackURL string
	// Observe is told what happens; see Event. It may be nil.
	Observe func(Event)
	// Log holds every call and every event; nil for none. What stands in it is in the
	// documentation of the package.
	Log *slog.Logger
}

// Runner carries out plans.
type Runner struct {
	opts        Options
	openSubmits atomic.Int64
	deliveries  *deliveries
	purse       *purse
	outlook     outlook
	naming      sync.Mutex // held while a name is written down
	observing   sync.Mutex
}

// New makes a Runner.
func New(opts Options) *Runner {
	if opts.Observe == nil {
		opts.Observe = func(Event) {}
	}
	if opts.Only == nil {
		opts.Only = func(task.Address) bool { return true }
	}
	opts.Log = logOr(opts.Log)
	if opts.Disk == nil {
		opts.Disk = disk.OS
	}
	return &Runner{opts: opts, deliveries: newDeliveries(opts.CallbackURL != ""), purse: newPurse(opts)}
}

// OpenSubmits is the number of submits that would be in doubt if the process
// ended now: their intent is on disk, and what came of them is not. Once the
// context of Run has ended it only falls. It may be called at any time.
func (r *Runner) OpenSubmits() int { return int(r.openSubmits.Load()) }

// Run carries out the plan. When ctx is cancelled no further submit starts,
// POSTs that are out finish and are recorded, and polls and downloads stop.
//
// A task that fails is in the Summary. An error means that the run itself could
// not go on: a *StateError, ErrKeyRefused, or ctx's error. After the first, what
// ran was still collected, and the Summary tells more than the state. The
// Summary is valid in every case.
func (r *Runner) Run(ctx context.Context, p *plan.Plan) (came Summary, ended error) {
	r.logStart(ctx, p)
	defer func() { r.logEnd(ctx, came, ended) }()
	running, leave := context.WithCancel(ctx)
	defer leave()
	workers, working := errgroup.WithContext(running)
	workers.SetLimit(workersPerSlot * r.opts.Parallelism)
	run := &run{
		Runner:   r,
		secrets:  p.Secrets,
		brake:    newBrake(working),
		leave:    leave,
		pace:     newPace(r.opts, p),
		times:    timing.NewBook(),
		breaker:  &breaker{Halt: r.opts.Halt},
		limited:  newLimited(),
		callback: &callbackTrial{on: r.opts.CallbackURL != ""},
		spool:    &spool{disk: r.opts.Disk, places: r.opts.Errored},

		resubmitDoubts: p.ResubmitDoubts,
	}
	defer run.brake.cancel()
	run.summary.Started = time.Now()

	files, err := openOutput(r.opts.Disk, r.opts.Dir)
	if err != nil {
		return run.summary, run.ending(err)
	}
	defer files.close()
	run.files = files
	if err := run.ready(p); err != nil {
		return run.summary, run.ending(err)
	}
	run.learnFrom(p)
	r.outlook.begin(run, p)
	run.openBalance(working, p)
	s := newScheduler(run, p)
	err = s.loop(working, workers)
	run.summarize(p, s.jobs)
	run.keepFound()
	run.closeBalance(ctx, err)
	if err == nil {
		err = ctx.Err()
	}
	return run.summary, run.ending(err)
}

// run is one call of Run.
type run struct {
	*Runner
	pace  *pace.Group
	times *timing.Book
	watch watch
	brake *brake
	// breaker counts how tasks end.
	breaker *breaker
	limited *limited
	found   foundClock
	// callback knows whether the API takes the callback URL.
	callback *callbackTrial
	files    *output
	leave    context.CancelFunc // ends submits, polls and downloads, in good order
	claims   claims
	owners   *owners
	spends   map[string]state.Spend // of imported tasks, before the run
	spool    *spool
	// resubmitDoubts: a doubt that arises is given up for another submit.
	resubmitDoubts bool
	// secrets hides the values of sensitive variables.
	secrets task.Redactor

	counting sync.Mutex
	summary  Summary
	broken   *StateError // once the state could not be written
	spending bool        // a submit was accepted, or may have been
}

// ready sees to it that results can be saved, and moves records.
func (r *run) ready(p *plan.Plan) error {
	r.files.removeParts(p, r.opts.Store.Outline().Records)
	if err := r.files.prepare(p); err != nil {
		return err
	}
	if err := r.move(p); err != nil {
		return err
	}
	if err := r.amend(p); err != nil {
		return err
	}
	if err := r.drop(p); err != nil {
		return err
	}
	records := r.opts.Store.Outline().Records
	r.claims.paths, r.owners = knownPaths(records), newOwners(records)
	r.spends = spendsOf(p, r.opts.Store)
	return nil
}

// emit tells the observer, in order and one at a time.
func (r *Runner) emit(e Event) {
	r.observing.Lock()
	defer r.observing.Unlock()
	r.outlook.heed(e)
	r.opts.Observe(e)
	r.logEvent(e)
}

// pull ends submitting, and says so once.
func (r *run) pull(reason task.Reason, detail string) {
	if r.brake.pull(reason, detail) {
		r.emit(Event{Kind: Stopping, Detail: detail, Reason: reason})
	}
}

// tally changes what the end of the run tells: the summary's counters, and what
// could not be recorded.
func (r *run) tally(count func(*Summary)) {
	r.counting.Lock()
	defer r.counting.Unlock()
	count(&r.summary)
}
