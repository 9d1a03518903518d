package state

import "apixo-batch/spec/task"

// Outcome is what expressions see of the record's instance, if it succeeded.
func (r Record) Outcome() (task.Outcome, bool) {
	if r.Status != Succeeded || r.Result == nil {
		return task.Outcome{}, false
	}
	return task.Outcome{
		TaskID: r.TaskID,
		URLs:   r.Result.URLs,
		Files:  r.files(),
		Result: r.Result.Raw,
		Cost:   r.Cost,
		Priced: r.Priced,
	}, true
}

// Complete reports whether every file of the result was saved.
func (r Record) Complete() bool {
	return r.Result != nil && len(r.Artifacts) == len(r.Result.URLs)
}

// files are the saved paths in the result's order, nil until all are saved.
func (r Record) files() []string {
	if !r.Complete() {
		return nil
	}
	files := make([]string, len(r.Artifacts))
	for _, artifact := range r.Artifacts {
		if artifact.Index < 0 || artifact.Index >= len(files) {
			return nil
		}
		files[artifact.Index] = artifact.Path
	}
	return files
}
