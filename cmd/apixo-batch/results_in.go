package main

import (
	"path"
	"path/filepath"
	"strings"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// resultsIn is the directory that holds the files of everything a plan submitted or
// collected, "" if there are none.
func (w *planning) resultsIn(shown view.Plan, recorded func(task.Address) (state.Record, bool)) string {
	common := ""
	for i := range shown.Actions {
		a := &shown.Actions[i]
		if !a.Kind.Pays() && !a.Collects() {
			continue
		}
		record, _ := recorded(a.Address)
		for _, artifact := range record.Artifacts {
			dir := path.Dir(artifact.Path)
			if common == "" {
				common = dir
			}
			for common != "." && dir != common && !strings.HasPrefix(dir, common+"/") {
				common = path.Dir(common)
			}
		}
	}
	if common == "" {
		return ""
	}
	return filepath.Join(w.spec.Dir, filepath.FromSlash(common))
}
