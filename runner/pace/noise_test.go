package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// chance refuses so many of a hundred calls whatever the pace, from a time of the run
// to another, and leaves the others to admits.
func chance(percent int, seed uint64, from, to time.Duration, admits func(time.Time) bool) func(time.Time) bool {
	began, draws := time.Now(), rand.New(rand.NewPCG(seed, 9))
	return func(now time.Time) bool {
		age := now.Sub(began)
		return (age < from || age >= to || draws.IntN(100) >= percent) && admits(now)
	}
}

func anything(time.Time) bool { return true }

const always = 1000 * time.Hour

// What refuses some calls whatever their pace makes a run hardly slower, however long
// it is. A short one is over before much is known.
func TestChanceDoesNotSlowARunDown(t *testing.T) {
	tests := []struct {
		tasks, percent int
		seeds          uint64
		most           float64 // of the time with own backoff
	}{
		{1000, 1, 5, 2}, {1000, 2, 5, 2}, {1000, 5, 5, 2.5}, {1000, 10, 5, 12}, {1000, 20, 5, 40},
		{10000, 1, 2, 1.5}, {10000, 2, 2, 1.5}, {10000, 5, 2, 1.5}, {10000, 10, 2, 2},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d/%d%%", test.tasks, test.percent), func(t *testing.T) {
			w := seconds(100)
			w.tasks = test.tasks
			chance := func(seed uint64) func() func(time.Time) bool {
				return func() func(time.Time) bool { return chance(test.percent, seed, 0, always, anything) }
			}
			w.compare(t, test.seeds, chance, undeclared, test.most, float64(test.percent)/100+0.02)
		})
	}
}

// A run whose first call is refused by chance begins with a guess that is no limit, and
// with few refusals that could tell. The guess is put to the test all the same.
func TestAGuessThatIsNoLimitIsFoundOut(t *testing.T) {
	w := seconds(100)
	w.tasks = 5000
	unlucky := func(seed uint64) func() func(time.Time) bool {
		return func() func(time.Time) bool {
			called, others := false, chance(1, seed, 0, always, anything)
			return func(now time.Time) bool {
				first := !called
				called = true
				return !first && others(now)
			}
		}
	}
	w.compare(t, 6, unlucky, undeclared, 1.5, 0.02)
}

// A limit that falls is a limit, and no chance, though the pace that it refuses was let
// in for long, and slow calls are refused as well until it is found.
func TestALimitThatFallsIsFound(t *testing.T) {
	falling := func(uint64) func() func(time.Time) bool {
		return func() func(time.Time) bool {
			began, high, low := time.Now(), tokens(4000), tokens(2000)
			return func(now time.Time) bool {
				if now.Sub(began) < 20*time.Second {
					return high(now)
				}
				return low(now)
			}
		}
	}
	t.Run("learned", func(t *testing.T) { seconds(100).compare(t, 6, falling, undeclared, 0.8, 0.04) })
	declared := func() strategy { return paced(Limit{CallsPerMinute: 4000}) }
	t.Run("declared", func(t *testing.T) { seconds(100).compare(t, 6, falling, declared, 0.8, 0.02) })
}

// A bad spell is over when it is over.
func TestASpellThatEndsIsForgotten(t *testing.T) {
	fast := func() strategy { return paced(Limit{CallsPerMinute: 15000}) }
	for name, newStrategy := range map[string]func() strategy{"learned": undeclared, "declared": fast} {
		for _, percent := range []int{15, 100} {
			for _, spell := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute} {
				t.Run(fmt.Sprintf("%s/%d%%/%v", name, percent, spell), func(t *testing.T) {
					bad := func(seed uint64) func() func(time.Time) bool {
						return func() func(time.Time) bool {
							return chance(percent, seed, 10*time.Second, 10*time.Second+spell, anything)
						}
					}
					seconds(100).compare(t, 5, bad, newStrategy, 3, 1)
				})
			}
		}
	}
}

// A limit that is lifted is forgotten sooner or later.
func TestALimitThatIsLiftedIsForgotten(t *testing.T) {
	w := seconds(100)
	w.tasks = 5000
	lifted := func(uint64) func() func(time.Time) bool {
		return func() func(time.Time) bool {
			began, low := time.Now(), tokens(120)
			return func(now time.Time) bool { return now.Sub(began) > 2*time.Minute || low(now) }
		}
	}
	w.compare(t, 1, lifted, undeclared, 2, 0.04)
}

// compare holds a strategy to a share of the time that own backoff takes, and to a
// share of refused calls, each the mean over some seeds.
func (w work) compare(t *testing.T, seeds uint64, admits func(seed uint64) func() func(time.Time) bool, newStrategy func() strategy, most, refused float64) {
	t.Helper()
	var own, got outcome
	for seed := range seeds {
		a := api{work: w, admits: admits(seed + 1)}
		own.add(a.run(t, ownBackoff), seeds)
		got.add(a.run(t, newStrategy), seeds)
	}
	t.Logf("own backoff: %v, %.1f%% refused; this package: %v, %.1f%% refused",
		own.took.Round(time.Second), 100*own.refused, got.took.Round(time.Second), 100*got.refused)
	if ratio := got.took.Seconds() / own.took.Seconds(); ratio > most {
		t.Errorf("it took %.2f times as long as with own backoff", ratio)
	}
	if got.refused > refused {
		t.Errorf("%.1f%% of the calls were refused", 100*got.refused)
	}
}

func (o *outcome) add(one outcome, of uint64) {
	o.took += one.took / time.Duration(of)
	o.refused += one.refused / float64(of)
}
