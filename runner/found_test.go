package runner_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state"
)

// refusals applies so many new tasks and returns how many calls were refused, in the
// first 8 seconds, in which no task ends, and altogether.
func refusals(w *world, name string, tasks int) (early, all int) {
	w.t.Helper()
	w.write(series(tasks, 32, name))
	before := w.sim.Stats().RateLimited
	at := time.AfterFunc(8*time.Second, func() { early = w.sim.Stats().RateLimited - before })
	defer at.Stop()
	w.mustApply()
	w.check()
	return early, w.sim.Stats().RateLimited - before
}

func found(w *world) string {
	text := ""
	for _, l := range w.contents().Limits {
		text += fmt.Sprintf("%s %dms %d;", l.Model, l.SpacingMicros/1000, l.Tasks)
	}
	return text
}

func TestTheNextRunBeginsWithTheLimitsThatWereFound(t *testing.T) {
	timed(t)
	for name, limits := range map[string]simulator.Limits{
		"calls": {RequestsPerMinute: 300},
		"tasks": {ConcurrentTasks: 20},
		"both":  {RequestsPerMinute: 600, ConcurrentTasks: 16},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := 0, 0 // of some seeds, since each alone is a few
			for seed := range uint64(3) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, series(1, 1, "none"), simulator.Config{Seed: 5 + seed, Limits: limits})
					early, all := refusals(w, "first", 120)
					t.Logf("first run: %d, of which %d early; found %s", all, early, found(w))
					if len(w.contents().Limits) == 0 {
						t.Fatal("nothing was found")
					}
					time.Sleep(5 * time.Minute)
					again, allAgain := refusals(w, "second", 120)
					t.Logf("second run: %d, of which %d early; found %s", allAgain, again, found(w))
					first, second = first+early, second+again
				})
			}
			if second > first/2 {
				t.Errorf("%d calls were refused early, and %d in the runs before", second, first)
			}
		})
	}
}

func TestALimitThatIsGoneIsNotKept(t *testing.T) {
	timed(t)
	// At 240 calls are refused in bursts alone, and at 120 all the time. Calls that come
	// too fast must not be taken for too many tasks: 120 tasks of 12 s, 10 at a time,
	// are 2 minutes 24, and their calls about 3 minutes at 120.
	for perMinute, most := range map[int]time.Duration{240: 5 * time.Minute, 120: 12 * time.Minute} {
		t.Run(fmt.Sprint(perMinute), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limits := simulator.Limits{RequestsPerMinute: perMinute, ConcurrentTasks: 10}
				w := newWorld(t, series(1, 1, "none"), simulator.Config{Seed: 5, Limits: limits})
				began := time.Now()
				_, refused := refusals(w, "first", 120)
				t.Log(time.Since(began), refused, found(w))
				if took := time.Since(began); took > most {
					t.Errorf("with both limits the run took %v", took)
				}
				if err := w.sim.SetLimits(simulator.Limits{}); err != nil {
					t.Fatal(err)
				}
				began = time.Now()
				refusals(w, "second", 300)
				t.Log(time.Since(began), found(w))
				for _, limit := range w.contents().Limits {
					// One that calls never came near is neither met nor disproved.
					if limit.Tasks > 0 || limit.SpacingMicros > 50_000 {
						t.Errorf("the state still has %+v", limit)
					}
				}
				if took := time.Since(began); took > 4*time.Minute { // 300 of 12 s, 32 at a time, are 2 minutes
					t.Errorf("a limit that was gone held the run back: %v", took)
				}
			})
		})
	}
}

// Whatever a state says of limits, a run goes on, and soon at its own pace.
func TestAbsurdLimitsDoNotHoldARunBack(t *testing.T) {
	timed(t)
	for _, absurd := range []state.Limit{
		{SpacingMicros: math.MaxInt64, Tasks: math.MaxInt},
		{SpacingMicros: math.MaxInt64, Tasks: 1},
		{SpacingMicros: math.MinInt64, Tasks: math.MinInt},
		{SpacingMicros: 1},
	} {
		t.Run(fmt.Sprint(absurd.SpacingMicros, absurd.Tasks), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, series(60, 32, "view"), simulator.Config{Seed: 5})
				absurd.Model, absurd.At = "nano-banana", time.Now()
				store := w.open()
				if err := store.Commit(state.Change{Op: "limits", Limits: []state.Limit{absurd}}); err != nil {
					t.Fatal(err)
				}
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				w.mustApply()
				t.Log(time.Since(began), found(w))
				if took := time.Since(began); took > 5*time.Minute {
					t.Errorf("the run took %v", took)
				}
				w.check()
			})
		})
	}
}
