package main

import (
	"path/filepath"
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// After a run people are told where its files are: in the directory that has them all.
func TestResultsAreInTheDirectoryThatHoldsThemAll(t *testing.T) {
	for _, c := range []struct {
		files [2]string
		want  string
	}{
		{[2]string{"", ""}, ""},
		{[2]string{"out/hero/a.png", ""}, "in/out/hero"},
		{[2]string{"out/hero/a.png", "out/hero/b.png"}, "in/out/hero"},
		{[2]string{"out/hero/a.png", "out/heroes/b.png"}, "in/out"},
		{[2]string{"out/hero/deep/a.png", "out/hero/b.png"}, "in/out/hero"},
		{[2]string{"a.png", "out/b.png"}, "in"},
		{[2]string{"one/a.png", "two/b.png"}, "in"},
	} {
		var shown view.Plan
		shown.Plan = new(plan.Plan)
		records := make(map[task.Address]state.Record)
		for i, name := range []string{"a", "b"} {
			record := state.Record{Address: task.Address{Name: name}}
			if c.files[i] != "" {
				record.Artifacts = []state.Artifact{{Path: c.files[i]}}
			}
			records[record.Address] = record
			shown.Actions = append(shown.Actions, plan.Action{Address: record.Address, Kind: plan.Submit})
		}
		w := &planning{spec: &spec.Spec{Dir: "in"}}
		recorded := func(a task.Address) (state.Record, bool) { r, there := records[a]; return r, there }
		if got := w.resultsIn(shown, recorded); filepath.ToSlash(got) != c.want {
			t.Errorf("%q: %q, want %q", c.files, got, c.want)
		}
	}
}
