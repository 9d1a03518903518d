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
			loadAndEvaluate(b, dir, n)
		})
	}
}

// BenchmarkRows measures a list of rows with a key, from CSV.
func BenchmarkRows(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeTable(b, dir, n)
			write(b, dir, "jobs.hcl", `
task "hero" {
  for_each = csvdecode(file("rows.csv"))
  key      = each.value.id
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.value.prompt, aspect_ratio = "16:9" }
}`)
			loadAndEvaluate(b, dir, n)
		})
	}
}

// BenchmarkMatrix measures two axes of side values each.
func BenchmarkMatrix(b *testing.B) {
	for _, side := range []int{30, 100, 300} {
		b.Run(fmt.Sprintf("%dx%d", side, side), func(b *testing.B) {
			dir := b.TempDir()
			write(b, dir, "jobs.hcl", fmt.Sprintf(`
task "grid" {
  model = "nano-banana"
  matrix {
    style = [for i in range(%d) : "style ${i}"]
    seed  = range(%d)
  }
  input = { mode = "text-to-image", prompt = matrix.style, aspect_ratio = "16:9", seed = matrix.seed }
}`, side, side))
			loadAndEvaluate(b, dir, side*side)
		})
	}
}

// BenchmarkForEachOverTasks measures a for_each that is made from the results
// of a task of the same size, one by one.
func BenchmarkForEachOverTasks(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeTable(b, dir, n/2)
			write(b, dir, "jobs.hcl", `
task "hero" {
  for_each = csvdecode(file("rows.csv"))
  key      = each.value.id
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.value.prompt, aspect_ratio = "16:9" }
}
task "clip" {
  for_each = { for k, t in task.hero : "clip-${k}" => { url = t.urls[0], name = k } if k != "none" }
  model    = "kling-2-6"
  input    = { mode = "image-to-video", prompt = each.value.name, image_urls = [each.value.url], duration = 5, sound = false }
}`)
			loadAndEvaluate(b, dir, n)
		})
	}
}

// loadAndEvaluate loads a configuration of n instances and evaluates each when
// all have run.
func loadAndEvaluate(b *testing.B, dir string, n int) {
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
