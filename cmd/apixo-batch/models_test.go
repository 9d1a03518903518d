package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

// One batch of the ready-to-paste block of every model: planned, submitted to a
// simulator that refuses every parameter it has no use for, polled, downloaded.
func TestEveryModelIsPlannedRunAndDownloaded(t *testing.T) {
	var jobs strings.Builder
	jobs.WriteString("batch {\n  parallelism = 64\n  poll {\n    first        = \"50ms\"\n    interval     = \"50ms\"\n    max_interval = \"200ms\"\n  }\n}\n")
	models := catalog.Default().Models()
	for _, m := range models {
		var shown strings.Builder
		view.WriteModel(&shown, m, view.DefaultWidth)
		_, block, _ := strings.Cut(shown.String(), "\ntask ")
		jobs.WriteString("\ntask " + block)
	}
	a := newBank(t, 1).open(t, simulator.Config{Speed: 2000, Parameters: simulator.StrictParameters})
	a.write(t, "jobs.hcl", jobs.String())
	for _, args := range [][]string{{"plan", "-strict", "jobs.hcl"}, {"apply", "-strict", "-auto-approve", "jobs.hcl"}} {
		if output, err := a.command(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, output)
		}
	}
	contents, err := state.Read(filepath.Join(a.dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, r := range contents.Records {
		seen[r.Request.Model] = true
		if r.Status != state.Succeeded || len(r.Artifacts) == 0 || len(r.Artifacts) != len(r.Result.URLs) {
			t.Errorf("%s is %s with %d files of %+v", r.Address, r.Status, len(r.Artifacts), r.Result)
		}
		for _, artifact := range r.Artifacts {
			if info, err := os.Stat(filepath.Join(a.dir, artifact.Path)); err != nil || info.Size() != artifact.Bytes || info.Size() == 0 {
				t.Errorf("%s: %v", artifact.Path, err)
			}
		}
	}
	if len(seen) != len(models) {
		t.Errorf("%d models have run, of %d", len(seen), len(models))
	}
}
