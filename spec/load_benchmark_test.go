package spec

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// BenchmarkLoadEvaluate measures a file whose instances come from a table, half
// of them with an edge to the other half: Load, then Evaluate of each.
func BenchmarkLoadEvaluate(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeTable(b, dir, n/2)
			ran := func(a task.Address) (task.Outcome, bool) {
				return task.Outcome{TaskID: "t", URLs: []string{"https://x/" + a.Key.Text()}}, true
			}
			for b.Loop() {
				s, diags := Load(dir, LoadOptions{})
				if diags.HasErrors() || len(s.Instances) != n {
					b.Fatal(len(s.Instances), diags)
				}
				for _, i := range s.Instances {
					if evaluation, err := i.Evaluate(ran, nil); err != nil || !evaluation.Known {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/instance")
		})
	}
}

func writeTable(b *testing.B, dir string, rows int) {
	var table strings.Builder
	table.WriteString("id,prompt\n")
	for i := range rows {
		fmt.Fprintf(&table, "row%d,\"a harbour, number %d\"\n", i, i)
	}
	write(b, dir, "rows.csv", table.String())
	write(b, dir, filepath.Base("jobs.hcl"), `
variable "style" {
  default = "noir"
}
locals {
  rows = csvdecode(file("rows.csv"))
}
task "hero" {
  for_each = { for r in local.rows : r.id => r }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "${each.value.prompt}, ${var.style}", aspect_ratio = "16:9" }
}
task "clip" {
  for_each = task.hero
  model    = "kling-2-6"
  input    = { mode = "image-to-video", prompt = "slow push in", image_urls = [task.hero[each.key].urls[0]], duration = 5, sound = false }
}`)
}
