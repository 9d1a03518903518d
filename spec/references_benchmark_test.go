package spec

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// manyReferences are tasks over n instances of task.hero, by the way they refer
// to them. Each waits for one instance, but the last, which is one for all.
var manyReferences = map[string]string{
	"a key":             "for_each = task.hero\n  input = { value = task.hero[each.key].urls[0] }",
	"a made key":        "for_each = { for k, t in task.hero : \"x${k}\" => k }\n  input = { value = task.hero[each.value].urls[0] }",
	"each.value":        "for_each = task.hero\n  input = { value = each.value.urls[0] }",
	"its input":         "for_each = task.hero\n  input = { value = each.value.input.prompt }",
	"a for expression":  "for_each = { for k, t in task.hero : k => { url = t.urls[0], of = k } if k != \"none\" }\n  input = { value = each.value.url }",
	"a local's element": "for_each = task.hero\n  input = { value = local.over[each.key].url }",
	"lookup":            "for_each = task.hero\n  input = { value = lookup(local.over, each.key, { url = \"none\" }).url }",
	"a local's group":   "for_each = task.hero\n  input = { value = local.groups[each.key][0] }",
	"a local":           "for_each = local.over\n  input = { value = each.value.url }",
	"merge":             "for_each = merge(task.hero, { one = task.hero[\"k0\"] })\n  input = { value = each.value.urls[0] }",
	"all in one":        "input = { value = join(\",\", values(task.hero)[*].urls[0]) }",
}

func referring(t testing.TB, lines string, n int) *Spec {
	return load(t, fmt.Sprintf(`
locals {
  over   = { for k, t in task.hero : k => { url = t.urls[0] } }
  groups = { for k, t in task.hero : k => t.urls[0]... }
}
task "hero" {
  for_each = toset([for i in range(%d) : "k${i}"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.key }
}
task "user" {
  model = "kling-2-6"
  %s
}`, n, lines))
}

func evaluateAll(t testing.TB, s *Spec) {
	for _, i := range s.Instances {
		if evaluation, err := i.Evaluate(everythingRan, nil); err != nil || !evaluation.Known {
			t.Fatalf("%s: known %v, %v", i.Address, evaluation.Known, err)
		}
	}
}

// BenchmarkReferences measures Load and Evaluate of a task over the instances of
// another, with the time for each instance of it.
func BenchmarkReferences(b *testing.B) {
	for _, name := range sortedKeys(manyReferences) {
		for _, n := range []int{1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					evaluateAll(b, referring(b, manyReferences[name], n))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/instance")
			})
		}
	}
}

// Ten times the instances take ten times as long, not a hundred: an instance must
// cost no more than four times as much, on a machine that does other things too.
func TestReferencesTakeTimeInProportion(t *testing.T) {
	measuresTime(t)
	for _, name := range sortedKeys(manyReferences) {
		perInstance := func(n int) time.Duration {
			start := cpuTime(t)
			evaluateAll(t, referring(t, manyReferences[name], n))
			return (cpuTime(t) - start) / time.Duration(n)
		}
		few, many := max(perInstance(1_000), perInstance(1_000)), perInstance(10_000)
		t.Logf("%s: %v for each of 1,000, %v for each of 10,000", name, few, many)
		if many > 4*few && many > 20*time.Microsecond {
			t.Errorf("%s: an instance takes %v among 1,000 and %v among 10,000", name, few, many)
		}
	}
}

// An element of a local costs little more than the task's value that it is made from.
func TestAnElementOfALocalCostsLittleMoreThanEachValue(t *testing.T) {
	const n = 2_000
	cost := func(name string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := referring(t, manyReferences[name], n)
		for _, i := range s.Instances {
			if _, err := i.Evaluate(nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / n
	}
	element, value := cost("a local's element"), cost("each.value")
	t.Logf("an element of a local: %d bytes, each.value: %d", element, value)
	if element > 2*value {
		t.Errorf("an instance allocates %d bytes with an element of a local, and %d with each.value", element, value)
	}
}

// Inputs are large, and all of them are kept once they were made for others.
func TestInputsThatNobodyReadsAreNotMadeForOthers(t *testing.T) {
	for lines, want := range map[string]bool{
		manyReferences["a local's element"]:                        false,
		manyReferences["a local's group"]:                          false,
		manyReferences["lookup"]:                                   false,
		manyReferences["a for expression"]:                         false,
		manyReferences["a local"]:                                  false,
		manyReferences["each.value"]:                               false,
		manyReferences["a key"]:                                    false,
		manyReferences["its input"]:                                true,
		"input = { value = jsonencode([for t in task.hero : t]) }": true,
	} {
		s := referring(t, lines, 3)
		evaluateAll(t, s)
		for _, i := range s.Instances {
			if made := i.expand.constant.Load() != nil; made != (want && i.Address.Name == "hero") {
				t.Errorf("%s: the input of %s was made for others: %v", lines, i.Address, made)
			}
		}
	}
}

// measuresTime marks a test of processor time, of which the race detector takes most.
func measuresTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a test of processor time, left out with -short")
	}
}
