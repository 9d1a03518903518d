package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Whatever goes wrong, and whenever the runs are cut: at no moment has the API
// billed more than a budget, and at no moment is more committed.
func TestNoBudgetIsEverCrossed(t *testing.T) {
	worlds := usual(30, 15, 10)
	reached, billed := 0, 0
	for range worlds {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) {
			h := newHaggling(t, seed)
			for range 1 + h.random.IntN(5) {
				if h.run() == task.BudgetReached {
					reached++
				}
				h.settle()
			}
			billed += len(h.w.sim.Ledger())
			if t.Failed() {
				t.Logf("seed %d, budget %s, faults %s", seed, h.budget, h.faults)
			}
		})
	}
	if reached < worlds/4 || billed < 5*worlds {
		t.Errorf("%d worlds reached a budget only %d times, and were billed for %d tasks: they prove little", worlds, reached, billed)
	}
}

// haggling is a world in which everything about the money is drawn at random.
type haggling struct {
	t      *testing.T
	w      *world
	random *rand.Rand
	budget task.Cost
	faults string

	// Of the run that is on:
	store     *state.Store
	runBudget task.Cost
	before    task.Cost // billed when it began
	runs      int
}

// unpriced is the model that no budget covers.
const unpriced = "kling-2-6"

func newHaggling(t *testing.T, seed uint64) *haggling {
	h := &haggling{t: t, random: rand.New(rand.NewPCG(seed, 1))}
	for _, fault := range []string{"429", "500", "503", "504", "502", "accepted504-envelope", "accepted500", "drop", "drop-unaccepted", "cut", "garbage", "no-task-id"} {
		if h.random.IntN(3) == 0 {
			h.faults += fmt.Sprintf("%s=%d%%,", fault, 1+h.random.IntN(8))
		}
	}
	h.faults += fmt.Sprintf("fail=%d%%", 1+h.random.IntN(40))
	faults, err := simulator.ParseFaults(h.faults)
	if err != nil {
		t.Fatal(err)
	}
	h.budget = task.Cost(h.random.IntN(2_500_000))
	h.w = newWorld(t, h.config(), simulator.Config{Seed: seed, Faults: faults, Limits: simulator.Limits{ConcurrentTasks: 1 + h.random.IntN(40)}})
	h.w.transport = spy{h.w.local.Transport(), func(*http.Request) { h.check("a call leaves") }}
	h.w.api = h.w.client(testKey)
	return h
}

// config has tasks with a price, with one that is a range, with one that is
// known only when another has its result, and with none.
func (h *haggling) config() string {
	return fmt.Sprintf(`
batch {
  budget      = %s
  parallelism = %d
  on_in_doubt = "%s"
  retry { max_attempts = %d }
}
task "still" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "still ${count.index}", aspect_ratio = "1:1" }
}
task "range" {
  model = "gpt-image-1"
  count = %d
  input = { mode = "text-to-image", prompt = "range ${count.index}", aspect_ratio = "1:1" }
}
task "late" {
  model = "wan-2-5"
  count = 3
  input = { mode = "text-to-video", prompt = "late ${count.index}", resolution = "720p", duration = 3 * length(task.still[count.index].urls) }
}
task "unpriced" {
  model = "%s"
  count = 2
  input = { mode = "text-to-video", prompt = "unpriced ${count.index}", duration = 5, sound = false }
}`, h.budget.Decimal(), 1+h.random.IntN(40), []string{"hold", "hold", "resubmit"}[h.random.IntN(3)], 1+h.random.IntN(3), 3+h.random.IntN(40), h.random.IntN(10), unpriced)
}

// run applies until it is done or cut off, and tells why it stopped submitting.
func (h *haggling) run() task.Reason {
	h.runs++
	h.runBudget = task.Cost(h.random.IntN(1_500_000))
	h.before = h.billed()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+h.random.IntN(600))*time.Second)
	defer cancel()
	s, err := h.w.apply(ctx, func(o *runner.Options) {
		h.store, o.Run, o.RunBudget, o.AllowUnpriced = o.Store, fmt.Sprint("run-", h.runs), &h.runBudget, true
		if h.random.IntN(3) == 0 {
			o.Halt = runner.Halt{}
		}
		o.Observe = func(e runner.Event) { h.check(string(e.Kind)) }
	})
	h.check("the end")
	h.store = nil
	if err != nil && !isInterrupted(err) {
		h.t.Fatal(err)
	}
	return s.Stop
}

// settle does what people do between two runs.
func (h *haggling) settle() {
	switch h.random.IntN(4) {
	case 0, 1:
		h.w.settleDoubts()
	case 2:
		store := h.w.open()
		defer store.Close()
		for _, r := range store.Records() {
			if r.Status != state.InDoubt {
				continue
			}
			if err := runner.ResolveResubmit(store, r.Address, "tester@test"); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

// billed is what the API has billed for tasks whose price is known.
func (h *haggling) billed() (sum task.Cost) {
	for _, a := range h.w.sim.Ledger() {
		if a.Model != unpriced {
			sum += task.Cost(a.CostMicros)
		}
	}
	return sum
}

// check is called from many goroutines. The first error is enough.
func (h *haggling) check(when string) {
	h.t.Helper()
	if h.t.Failed() {
		return
	}
	billed := h.billed()
	if billed > h.budget {
		h.t.Errorf("%s: %s billed, the budget is %s", when, billed, h.budget)
	}
	if billed-h.before > h.runBudget {
		h.t.Errorf("%s: %s billed in run %d, its budget is %s", when, billed-h.before, h.runs, h.runBudget)
	}
	if h.store == nil {
		return
	}
	if committed := h.store.Committed(); committed > h.budget || committed < billed {
		h.t.Errorf("%s: %s committed, %s billed, the budget is %s", when, committed, billed, h.budget)
	}
	var thisRun task.Cost
	for _, s := range h.store.Spends() {
		if s.Run == fmt.Sprint("run-", h.runs) {
			thisRun += s.Committed()
		}
	}
	if thisRun > h.runBudget {
		h.t.Errorf("%s: run %d has committed %s, its budget is %s", when, h.runs, thisRun, h.runBudget)
	}
}

// A submit that was repeated after a 5xx keeps its reservation, also when the
// run is cut between the repeats.
func TestRepeatsAfterA5xxCountAgainstTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "batch { budget = 0.10 }\n"+image("a", "nano-banana", "[sim:accepted504-envelope] a pier"), simulator.Config{Seed: 70})
		for range 4 {
			ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
			if _, err := w.apply(ctx, nil); err != nil && !isInterrupted(err) {
				t.Error(err)
			}
			cancel()
		}
		s := w.mustApply()
		if s.Stop != task.BudgetReached || len(w.sim.Ledger()) != 3 {
			t.Errorf("stop %q, billed for %d tasks of $0.03, with a budget of $0.10", s.Stop, len(w.sim.Ledger()))
		}
		if committed := w.contents().Committed(); committed != 90_000 {
			t.Errorf("%s committed", committed)
		}
	})
}

func TestPricesWithoutSenseCrossNoBudget(t *testing.T) {
	const dear = `
model "nano-banana" {
  price = 50000
}
`
	synctest.Test(t, func(t *testing.T) {
		most := task.Cost(1<<63 - 1)
		w := newWorld(t, series(3, 3, "view"), simulator.Config{Seed: 71})
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.Budget, o.RunBudget = &most, &most })
		if err != nil || s.Done != 3 {
			t.Errorf("the largest budget there is: %d done, %v", s.Done, err)
		}
		w.write(dear + series(6, 3, "view"))
		budget := 100_000 * task.USD
		s, err = w.apply(context.Background(), func(o *runner.Options) { o.Budget, o.AllowInsufficientBalance = &budget, true })
		if err != nil || s.Stop != task.BudgetReached || s.Accepted != 1 {
			t.Errorf("stop %q, %d accepted, %v", s.Stop, s.Accepted, err)
		}
	})
}

// A budget of nothing buys nothing, and one of exactly the price buys one.
func TestBudgetsAtTheEdge(t *testing.T) {
	for budget, want := range map[task.Cost]int{0: 0, 29_999: 0, 30_000: 1, 59_999: 1, 60_000: 2} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, series(5, 5, "view"), simulator.Config{Seed: 72})
			s, err := w.apply(context.Background(), func(o *runner.Options) { o.Budget = &budget })
			if err != nil || s.Accepted != want || s.Stop != task.BudgetReached || !strings.Contains(s.StopDetail, budget.String()) {
				t.Errorf("%s: %d accepted, stop %q: %s, %v", budget, s.Accepted, s.Stop, s.StopDetail, err)
			}
		})
	}
}

// What nobody knows the price of does not run under a budget, unless it is said.
func TestUnpricedTasksAreOutsideOfABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", unpriced, "a"), simulator.Config{Seed: 73})
		budget := task.Cost(0)
		for _, allow := range []bool{false, true} {
			s, err := w.apply(context.Background(), func(o *runner.Options) { o.Budget, o.AllowUnpriced = &budget, allow })
			if err != nil || (s.Accepted == 1) != allow || (len(s.Skipped) == 1) == allow {
				t.Errorf("allowed %t: %d accepted, %d skipped, %v", allow, s.Accepted, len(s.Skipped), err)
			}
		}
	})
}
