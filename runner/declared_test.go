package runner_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
)

// mostInAMinute is how many of the times lie within any minute.
func mostInAMinute(times []time.Time) (most int) {
	first := 0
	for last := range times {
		for times[last].Sub(times[first]) >= time.Minute {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// A model's declared rate holds for what was bought before, also once no task block
// names the model any more, or another model in its place.
func TestDeclaredRateHoldsWithoutATaskBlock(t *testing.T) {
	const limits = "model \"nano-banana\" {\n  rate = \"30/min\"\n}\nbatch { parallelism = 60 }\n"
	for _, second := range []string{limits + tasksThat(40, "a", "600s"), limits, limits + tasksThat(1, "b", "600s")} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, limits+tasksThat(40, "a", "600s"), simulator.Config{Seed: 1})
			b := w.through(&between{})
			ctx, cut := context.WithTimeout(context.Background(), 100*time.Second)
			defer cut()
			if s, _ := w.apply(ctx, nil); s.Accepted < 20 {
				t.Fatalf("%d accepted", s.Accepted)
			}
			time.Sleep(time.Minute)
			b.calls = nil
			w.write(second)
			w.timed()
			if most := mostInAMinute(b.calls); most > 30 || most < 20 {
				t.Errorf("up to %d calls a minute", most)
			}
		})
	}
}

// A task that is not waited for any more still runs.
func TestTasksAreNotMoreThanDeclaredWhenTheyAreOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const config = "model \"nano-banana\" {\n  max_in_flight = 2\n}\n"
		w := newWorld(t, config+tasksThat(6, "a", "3600s"), simulator.Config{Seed: 1})
		for range 3 {
			s, err := w.apply(context.Background(), nil)
			if err != nil || s.Accepted != 2 || len(s.Running) != 2 {
				t.Errorf("%d accepted, %d running, %v", s.Accepted, len(s.Running), err)
			}
			time.Sleep(time.Hour)
		}
		if most := w.sim.Stats().MaxRunning; most != 2 {
			t.Errorf("%d at a time", most)
		}
	})
}

// Tasks that ran before a limit was declared are all asked for, also where as many as it
// allows do not end.
func TestNoTaskIsLeftBehindThoseThatAreOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := tasksThat(2, "a", "36000s") + tasksThat(5, "b", "3600s")
		w := newWorld(t, tasks, simulator.Config{Seed: 1})
		if s, err := w.apply(context.Background(), nil); err != nil || len(s.Running) != 7 {
			t.Fatalf("%d running, %v", len(s.Running), err)
		}
		time.Sleep(time.Hour)
		w.write("model \"nano-banana\" {\n  max_in_flight = 2\n}\n" + tasks + tasksThat(1, "c", "10s"))
		var told []string
		s, err := w.apply(context.Background(), func(o *runner.Options) {
			o.Observe = func(e runner.Event) {
				if e.Kind == runner.Slowed {
					told = append(told, e.Detail)
				}
			}
		})
		if err != nil || s.Accepted != 0 || len(s.Running) != 2 {
			t.Errorf("%d accepted, %d running, %v", s.Accepted, len(s.Running), err)
		}
		if len(told) != 1 || !strings.Contains(told[0], "2 tasks of nano-banana still run after their timeouts") {
			t.Errorf("told %q", told)
		}
	})
}

// That a model runs so many tasks at a time is no refusal to be patient with.
func TestALimitOnTasksDoesNotUseUpThePatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "batch {\n  parallelism = 50\n  max_retry_wait = \"45s\"\n}\n"+tasksThat(60, "a", "20s"),
			simulator.Config{Seed: 1, Limits: simulator.Limits{ConcurrentTasks: 10}})
		if took := w.timed(); took > 4*time.Minute {
			t.Errorf("60 tasks of 20 s, 10 at a time, took %v", took)
		}
	})
}

// A tenth of all calls is refused by chance.
func TestChanceDoesNotSlowTheWholeRunDown(t *testing.T) {
	timed(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "batch { parallelism = 50 }\n"+tasksThat(300, "a", "20s"), simulator.Config{Seed: 1})
		draws := rand.New(rand.NewPCG(1, 2))
		w.through(&between{refuse: func(*http.Request) bool { return draws.IntN(10) == 0 }})
		if took := w.timed(); took > 8*time.Minute {
			t.Errorf("300 tasks of 20 s, 50 at a time, took %v", took)
		}
	})
}
