package runner_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

var mixes = flag.Int("mixes", 0, "how many mixes of faults TestFaultMixes tries; 0 for as many as usual")

// mix is one seed's weather and work.
type mix struct {
	rng    *rand.Rand
	faults string
	batch  string
	config simulator.Config
	n      int
	budget task.Cost // 0 for none
	hooked bool      // with webhooks
	calm   bool      // what is refused with 429 is refused for a limit, not at random
}

// What can strike, by kind. Each mix draws some of each.
var (
	submitFaults = []string{
		"429", "500", "503", "504", "502", "400", "html", "html504", "portal", "redirect", "drop-unaccepted", "drop",
		"accepted500", "accepted502", "accepted504", "accepted504-envelope", "accepted500-envelope", "accepted-portal", "accepted-redirect",
		"cut", "cut-head", "cut-anywhere", "cut-tail", "twice", "late", "trickle", "stall", "garbage", "empty", "no-task-id",
	}
	statusFaults = []string{
		"status429", "status500", "status503", "status404", "status-html", "status-html504", "status-portal", "status-redirect", "status-drop",
		"status-cut", "status-cut-head", "status-cut-anywhere", "status-cut-tail", "status-twice", "status-late", "status-trickle",
		"status-stall", "status-garbage", "status-empty", "status-other-task", "status-odd-state", "status-earlier-state",
	}
	fileFaults = []string{
		"file403", "file404", "file410", "file429", "file500", "file-html", "file-portal", "file-redirect", "file-drop", "file-cut", "file-cut-head",
		"file-cut-anywhere", "file-cut-tail", "file-late", "file-trickle", "file-stall", "file-garbage", "file-empty",
	}
	retryAfters = []string{"", "", "0", "1", "7", "90", "-3", "1.5", "soon", "1000000000", "99999999999999999999", "Fri 09 Jan 2026"}
)

func newMix(seed uint64) *mix {
	m := &mix{rng: rand.New(rand.NewPCG(seed, 0))}
	m.n = 50 + m.rng.IntN(51)
	m.config = simulator.Config{Seed: seed, FreePolls: m.rng.IntN(3) == 0}
	shortest := time.Duration(1+m.rng.IntN(20)) * time.Second
	m.config.Latency = &simulator.Latency{Min: shortest, Max: shortest * time.Duration(1+m.rng.IntN(6))}
	if m.rng.IntN(2) == 0 {
		m.config.Limits = simulator.Limits{RequestsPerMinute: []int{0, 120, 600}[m.rng.IntN(3)], ConcurrentTasks: []int{0, 5, 20}[m.rng.IntN(3)]}
	}
	if m.rng.IntN(4) == 0 {
		m.config.URLLifetime = time.Duration(10+m.rng.IntN(50)) * time.Minute
	}
	m.drawFaults()
	m.batch = fmt.Sprintf("parallelism = %d\n  timeout = \"30m\"\n  retry { max_attempts = %d }", 3+m.rng.IntN(30), 1+m.rng.IntN(3))
	if m.rng.IntN(4) == 0 {
		m.budget = task.Cost(m.n) * 30_000 / 2
		m.batch += fmt.Sprintf("\n  budget = %s", m.budget.Decimal())
	}
	if m.hooked = m.rng.IntN(2) == 0; m.hooked {
		for _, fault := range []string{"lost", "late", "twice", "swapped"} {
			m.faults = fmt.Sprintf("webhook-%s=%d%%,", fault, m.rng.IntN(25)) + m.faults
		}
	}
	return m
}

func (m *mix) drawFaults() {
	var list []string
	draw := func(from []string, n int, most float64) {
		for _, i := range m.rng.Perm(len(from))[:n] {
			list = append(list, fmt.Sprintf("%s=%.2f%%", from[i], 0.2+m.rng.Float64()*most))
		}
	}
	draw(submitFaults, 2+m.rng.IntN(8), 4)
	draw(statusFaults, 1+m.rng.IntN(8), 5)
	draw(fileFaults, m.rng.IntN(8), 6)
	if m.rng.IntN(2) == 0 {
		list = append(list, fmt.Sprintf("fail=%.2f%%", m.rng.Float64()*8))
	}
	m.calm = !strings.Contains(strings.Join(list, ","), "429")
	if m.rng.IntN(4) == 0 {
		list = append(list, fmt.Sprintf("storm=%.2f%%", 2+m.rng.Float64()*18))
		m.calm = false
	}
	if after := retryAfters[m.rng.IntN(len(retryAfters))]; after != "" {
		list = append(list, "retry-after="+after)
	}
	m.faults = strings.Join(list, ",")
}

// jobs writes tasks with small pictures, of several shapes: single ones, chains of two and three, some
// that fail for good, some that fail once.
func (m *mix) jobs() string {
	plain, chains := m.n/2, m.n/10
	rest := m.n - plain - 3*chains
	return fmt.Sprintf(`
batch {
  %s
}
task "plain" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "a harbour, view ${count.index}", aspect_ratio = "4:1" }
}
task "still" {
  model    = "nano-banana"
  for_each = toset([for i in range(%d) : "k${i}"])
  input    = { mode = "text-to-image", prompt = "a quay ${each.key}", aspect_ratio = "4:1" }
}
task "again" {
  model    = "nano-banana"
  for_each = task.still
  input    = { mode = "image-to-image", prompt = "at night", image_urls = [each.value.urls[0]], aspect_ratio = "4:1" }
}
task "last" {
  model    = "nano-banana"
  for_each = task.again
  input    = { mode = "image-to-image", prompt = "in snow", image_urls = [each.value.urls[0]], aspect_ratio = "4:1" }
}
task "frail" {
  model = "nano-banana"
  count = %d
  input = {
    mode = "text-to-image", aspect_ratio = "4:1"
    prompt = "${count.index %% 3 == 0 ? "[sim:fail=NSFW] " : "[sim:fail=Timeout,times=1] "}a pier, view ${count.index}"
  }
}
`, m.batch, plain, chains, rest)
}

// TestFaultMixes runs batches through random mixes of all that the simulator can
// do to them, cut off at random moments, until nothing is left to do; doubts are
// settled as a person would, by asking what was accepted. A failing mix is run
// alone with -run=TestFaultMixes/SEED.
func TestFaultMixes(t *testing.T) {
	n := *mixes
	if n == 0 {
		n = usual(200, 15, 10)
	}
	for seed := range uint64(n) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runMix(t, newMix(seed)) })
		})
	}
}

func runMix(t *testing.T, m *mix) {
	var err error
	if m.config.Faults, err = simulator.ParseFaults(m.faults); err != nil {
		t.Fatal(err)
	}
	w := newListeningWorld(t, m.jobs(), m.config)
	cuts, runs, idle := m.rng.IntN(5), 0, 0
	var last runner.Summary
	for ; idle < 3; runs++ {
		if runs == 80 {
			t.Fatalf("no end after %d runs; faults %s", runs, m.faults)
		}
		before := len(w.sim.Ledger())
		s, err := w.mixedApply(m, runs < cuts)
		last = s
		w.check()
		m.checkBudget(w)
		if err != nil && !isInterrupted(err) {
			t.Fatalf("%v; faults %s", err, m.faults)
		}
		switch settled := w.settleDoubts(); {
		case settled > 0 || isInterrupted(err) || len(w.sim.Ledger()) > before || s.Done > 0:
			idle = 0
		case m.over(s):
			idle = 3
		default: // what is left may need a better day
			idle++
			time.Sleep(25 * time.Hour)
		}
	}
	m.checkEnd(w, last)
	m.checkRefusals(w, runs)
	t.Logf("%d tasks, %d runs, %d accepted, %d refused with 429; faults %s", m.n, runs, len(w.sim.Ledger()), w.sim.Stats().RateLimited, m.faults)
}

// mixedApply is one apply, perhaps cut off.
func (w *world) mixedApply(m *mix, cut bool) (runner.Summary, error) {
	ctx, cancel := context.WithCancel(context.Background())
	if cut {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(m.rng.Int64N(int64(4*time.Minute))))
	}
	defer cancel()
	return w.apply(ctx, func(o *runner.Options) {
		if m.hooked {
			listening(o)
		}
	})
}

// over reports whether nothing is left that another run could change.
func (m *mix) over(s runner.Summary) bool {
	left := len(s.Running) + len(s.Undelivered) + len(s.InDoubt)
	if s.Stop != task.BudgetReached {
		left += len(s.Left)
	}
	return left == 0 && onlyFinal(s.Failed) && !slices.ContainsFunc(s.Skipped, func(e runner.Ended) bool { return e.Failure.Retryable })
}

func (m *mix) checkBudget(w *world) {
	w.t.Helper()
	if spent := w.sim.Stats().SpentMicros; m.budget > 0 && spent > int64(m.budget) {
		w.t.Errorf("spent %d micro-dollars of %d; faults %s", spent, m.budget, m.faults)
	}
}

// checkEnd: each instance has ended, and every result that could be had is there.
func (m *mix) checkEnd(w *world, last runner.Summary) {
	w.t.Helper()
	w.checkFiles()
	skipped := make(map[task.Address]bool) // most likely what it uses has expired
	for _, e := range last.Skipped {
		skipped[e.Address] = true
	}
	for _, r := range w.contents().Records {
		final := r.Failure != nil && !r.Failure.Retryable
		switch {
		case r.Status == state.Succeeded && (r.Complete() || final):
		case r.Status == state.Failed && final:
		case (r.Status == state.Failed || r.Status == state.Pending) && skipped[r.Address]:
		case m.budget > 0 && (r.Status == state.Pending || r.Status == state.Failed): // it could not be paid
		default:
			w.t.Errorf("%s ended as %s, failure %+v; faults %s", r.Address, r.Status, r.Failure, m.faults)
		}
	}
}

// checkRefusals: where the API refuses for a limit and not at random, few calls
// are refused, but for those by which each run learns the pace.
func (m *mix) checkRefusals(w *world, runs int) {
	w.t.Helper()
	stats := w.sim.Stats()
	calls := stats.Submits + stats.Polls
	if m.calm && stats.RateLimited > calls/20+8*runs {
		w.t.Errorf("%d of %d calls were refused; limits %+v, faults %s", stats.RateLimited, calls, m.config.Limits, m.faults)
	}
}
