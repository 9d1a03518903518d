package runner_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/state/disk/disktest"
)

var diskOps = flag.String("disk-ops", "", `"all" lets every operation of a failing disk fail, with every kind of power loss after it; otherwise some do, with one kind each`)

// workload is what a run has to do when its disk fails.
type workload struct {
	before    string // a configuration that is applied before, "" for none
	config    string
	instances int
	bought    int // in the end, once each
	stride    int // between the operations at which the process ends
}

// strideOf is how far apart the operations are that the fault hits. Errors are
// the milder faults, and there are more of them.
func (load workload) strideOf(fault disktest.Fault) int {
	switch {
	case *diskOps == "all":
		return 1
	case fault.Crashes():
		return load.stride
	default:
		return 3 * load.stride
	}
}

// figures are what the tests with failing disks came to.
type figures struct{ faults, doubts atomic.Int64 }

// failAt lets the fault hit the nth operation of the workload, and the power fail
// afterwards. It reports whether there was such an operation.
func (load workload) failAt(t *testing.T, fault disktest.Fault, n int, loss disktest.Survival, sum *figures) (hit bool) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailingWorld(t, load.config)
		if load.before != "" {
			f.write(load.before)
			if _, err := f.run(); err != nil {
				t.Fatal(err)
			}
			f.write(load.config)
			f.plug(f.dir)
		}
		f.disk.Inject(fault, n, uint64(n), func() { f.wire.gone() })
		f.wire.gone = func() {}
		s, err := f.run()
		if hit = f.disk.Hit() != ""; !hit {
			return
		}
		f.told = fmt.Sprintf("%s at operation %d, %s (%v)", fault, n, f.disk.Hit(), err)
		if !f.disk.Crashed() {
			f.accounted(s, err, load.instances)
		}
		f.lose(loss)
		sum.doubts.Add(int64(f.finish(load.instances, load.bought)))
		sum.faults.Add(1)
		if t.Failed() {
			t.Log(f.told)
		}
	})
	return hit
}

// walk lets every operation of the workload fail in every way.
func (load workload) walk(t *testing.T) {
	var sum figures
	begin := time.Now()
	t.Run("", func(t *testing.T) {
		for fault := disktest.IOError; fault <= disktest.CrashAfter; fault++ {
			t.Run(fault.String(), func(t *testing.T) {
				t.Parallel()
				stride := load.strideOf(fault)
				if !load.fails(t, fault, 1, &sum) && !t.Failed() {
					t.Error("nothing was hit")
				}
				n := 2 + rand.IntN(stride)
				for ; load.fails(t, fault, n, &sum); n += stride {
				}
				t.Logf("about %d operations, looked at every %d", n, stride)
			})
		}
	})
	if !t.Failed() {
		t.Logf("%d runs failed or were cut off, each at another operation or with another power loss: no task lost, none bought twice, %d doubts settled, in %s",
			sum.faults.Load(), sum.doubts.Load(), time.Since(begin).Round(time.Millisecond))
	}
}

// fails lets one operation fail, with each power loss or with one in turn.
func (load workload) fails(t *testing.T, fault disktest.Fault, n int, sum *figures) (hit bool) {
	seed := uint64(n)
	losses := []disktest.Survival{
		disktest.OnlySynced(), disktest.AnyOf(seed), disktest.Everything(), disktest.InOrder(seed), disktest.AnyOf(seed + 1000),
	}
	if *diskOps != "all" {
		losses = losses[n/load.strideOf(fault)%len(losses):][:1]
	}
	for _, loss := range losses {
		if !load.failAt(t, fault, n, loss, sum) || t.Failed() {
			return false
		}
	}
	return true
}

// One file-system operation of a run of 20 tasks fails, or is the last of the
// process, and then the power fails. Nothing is lost and nothing paid twice.
func TestWhateverTheDiskDoesNothingPaidIsLost(t *testing.T) {
	workload{config: prompts(20, "parallelism = 8"), instances: 20, bought: 20, stride: usual(1, 29, 60)}.walk(t)
}

// The results of one task go into the requests of others.
func TestWhateverTheDiskDoesAChainGoesOn(t *testing.T) {
	workload{config: `
task "still" {
  for_each = toset(["cat", "dog", "gnu"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "a ${each.key}", aspect_ratio = "1:1" }
}
task "clip" {
  for_each = task.still
  model    = "veo-3-1"
  input    = { mode = "fast", prompt = "push in on ${each.key}", image_urls = [each.value.urls[0]] }
}
`, instances: 6, bought: 6, stride: usual(5, 145, 100)}.walk(t)
}

// Requests have changed: the older files are renamed before the new ones take
// their names, and are kept.
func TestWhateverTheDiskDoesOlderResultsAreKept(t *testing.T) {
	config := prompts(5, "")
	workload{
		before: config, config: strings.ReplaceAll(config, "a harbour", "a pier"),
		instances: 5, bought: 10, stride: usual(5, 145, 100),
	}.walk(t)
}

// Where the directory of a file depends on what it turns out to be, it is
// downloaded into another one.
func TestWhateverTheDiskDoesFilesReachTheirDirectory(t *testing.T) {
	workload{
		config:    prompts(5, `output = "out/${result.ext}/${self.key}-${result.index}.${result.ext}"`),
		instances: 5, bought: 5, stride: usual(5, 145, 100),
	}.walk(t)
}
