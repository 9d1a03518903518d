package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

const chainAtTheEnd = `
batch {
  parallelism = 8
}
task "thumb" {
  model = "nano-banana"
  count = 120
  input = { mode = "text-to-image", prompt = "a harbour, view ${count.index}", aspect_ratio = "1:1" }
}
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a ship", aspect_ratio = "1:1" }
}
task "clip" {
  model = "veo-3-1"
  input = { mode = "fast", prompt = "push in", image_urls = [task.still.urls[0]] }
}
`

// A long chain that stands last in the file is begun first, and does not run alone
// at the end. Under a budget the file's order stays.
func TestLongestChainIsBegunFirst(t *testing.T) {
	timed(t)
	run := func(t *testing.T, adjust func(*runner.Options)) (took, clipAt time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, chainAtTheEnd, simulator.Config{Seed: 3})
			began := time.Now()
			if _, err := w.apply(context.Background(), adjust); err != nil {
				t.Fatal(err)
			}
			took = time.Since(began)
			clipAt = w.record("task.clip").SubmittedAt.Sub(began)
			w.check()
		})
		return took, clipAt
	}
	took, clipAt := run(t, nil)
	bounded, boundedAt := run(t, func(o *runner.Options) { o.Budget = new(task.Cost(1_000_000_000)) })
	t.Logf("%s, the clip is begun after %s; in the file's order %s and %s", took, clipAt, bounded, boundedAt)
	if clipAt > 30*time.Second || boundedAt < 2*time.Minute {
		t.Errorf("the clip was begun after %s, and under a budget after %s", clipAt, boundedAt)
	}
	if took > bounded*3/4 {
		t.Errorf("it took %s, and %s in the file's order", took, bounded)
	}
}
