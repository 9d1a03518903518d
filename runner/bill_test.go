package runner_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// What is reserved covers what is billed, however an input is written; and under
// a budget that is a little less than the bill nothing is bought.
func TestNoBillIsAboveItsReservation(t *testing.T) {
	const first = `
variable "four" {
  default   = 4
  sensitive = true
}
` + "task \"src\" {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = \"a pier\", aspect_ratio = \"1:1\" }\n}\n"
	for _, test := range []struct {
		name, model, input string
		bill               task.Cost // by hand, of the documents' figures
	}{
		{"sensitive number of images", "gpt-image-1", `{ mode = "gpt-image-1", prompt = "x", aspect_ratio = "1:1", num_images = var.four }`, 1_400_000},
		{"sensitive upper bound", "seedream-4-5", `{ mode = "text-to-image", prompt = "x", aspect_ratio = "1:1", max_images = var.four }`, 160_000},
		{"sensitive mode", "veo-3-1", `{ mode = sensitive("quality"), prompt = "x", aspect_ratio = "16:9" }`, 1_500_000},
		{"two names", "gpt-image-1", `{ mode = "gpt-image-1", prompt = "x", aspect_ratio = "1:1", num_images = 1, nVariants = 4 }`, 1_400_000},
		{"names that are known later", "gpt-image-1", `merge({ mode = "gpt-image-1", prompt = "x", aspect_ratio = "1:1" }, length(task.src.urls) > 0 ? { num_images = 4 } : {})`, 1_400_000},
		{"old name that is known later", "gpt-image-1", `merge({ mode = "gpt-image-1", prompt = "x", aspect_ratio = "1:1" }, length(task.src.urls) > 0 ? { nVariants = 4 } : {})`, 1_400_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := first + "task \"it\" {\n  model      = \"" + test.model + "\"\n  depends_on = [task.src]\n  input = " + test.input + "\n}\n"
				w := newWorld(t, config, simulator.Config{Seed: 72})
				low := test.bill + 30_000 - 1
				s, err := w.apply(context.Background(), func(o *runner.Options) { o.Budget = &low })
				if err != nil || s.Stop != task.BudgetReached || len(w.sim.Ledger()) > 1 {
					t.Fatalf("stop %q with %d accepted, %v", s.Stop, len(w.sim.Ledger()), err)
				}
				s, err = w.apply(context.Background(), nil)
				if err != nil || s.Done == 0 {
					t.Fatalf("done %d, %v", s.Done, err)
				}
				var bill task.Cost
				for _, a := range w.sim.Ledger() {
					if a.Model == test.model {
						bill += task.Cost(a.CostMicros)
					}
				}
				if committed := w.contents().Committed(); bill != test.bill || committed < bill+30_000 {
					t.Errorf("billed %s and %s committed, want a bill of %s", bill, committed, test.bill)
				}
				if text := w.get("jobs.state.json"); strings.Contains(test.input, "sensitive(") && strings.Contains(text, "quality") {
					t.Error("the state shows a sensitive value")
				}
			})
		})
	}
}
