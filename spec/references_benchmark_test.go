package spec

import (
	"fmt"
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
	"a local":           "for_each = local.over\n  input = { value = each.value.url }",
	"merge":             "for_each = merge(task.hero, { one = task.hero[\"k0\"] })\n  input = { value = each.value.urls[0] }",
	"all in one":        "input = { value = join(\",\", values(task.hero)[*].urls[0]) }",
}

func referring(t testing.TB, lines string, n int) *Spec {
	return load(t, fmt.Sprintf(`
locals {
  over = { for k, t in task.hero : k => { url = t.urls[0] } }
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

// measuresTime marks a test of processor time, of which the race detector takes most.
func measuresTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a test of processor time, left out with -short")
	}
}
