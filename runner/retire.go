package runner

import (
	"errors"
	"io/fs"
	"slices"

	"apixo-batch/state"
)

// older is a file of an earlier task of an instance: its place in the record.
type older struct{ past, artifact int }

// findOlder finds which earlier file has this content, and if several have, the
// one that is recorded under this name.
func findOlder(r state.Record, name, sum string) (found older, ok bool) {
	for i, past := range r.Past {
		for k, a := range past.Artifacts {
			if a.SHA256 == sum && (!ok || a.Path == name) {
				found, ok = older{i, k}, true
			}
		}
	}
	return found, ok
}

// retire frees a name that a file of an earlier task has. The file gets a second
// name, which is recorded, and only then loses the first: at every moment it is
// where its record says. An error of errOccupied means that it is not ours to
// take the name from.
func (r *run) retire(j *job, name string, old older) error {
	task := j.record.Past[old.past]
	if recorded := task.Artifacts[old.artifact].Path; recorded != name {
		return r.files.unname(name, recorded)
	}
	beside, err := r.files.pathBeside(name, task.TaskID, "")
	if err != nil {
		return err
	}
	linked := r.files.link(name, beside) == nil || r.files.same(name, beside) // by a run that was cut off
	next := *j.record
	next.Past = slices.Clone(next.Past)
	next.Past[old.past].Artifacts = slices.Clone(task.Artifacts)
	next.Past[old.past].Artifacts[old.artifact].Path = beside
	change := r.change(next, "")
	if err := r.commit(change); err != nil {
		return err
	}
	j.record = &change.Put[0]
	r.claims.claim(beside, next.Address)
	if linked {
		return r.files.root.Remove(name)
	}
	return r.files.rename(name, beside) // not every file system has links
}

// unname takes a name from a file that is recorded under another: retire was cut
// off.
func (o *output) unname(name, recorded string) error {
	if o.same(name, recorded) {
		return o.root.Remove(name)
	}
	if _, err := o.root.Lstat(recorded); errors.Is(err, fs.ErrNotExist) {
		return o.rename(name, recorded)
	}
	return errForeign(name) // a copy that somebody made
}

// dropCopy removes a copy of a file that was just recorded. A run that could not
// write the state has no way to retire an older file, and saves the new one
// beside it.
func (r *run) dropCopy(j *job, saved state.Artifact) {
	beside := besideName(saved.Path, j.record.TaskID)
	if _, claimed := r.claims.owner(beside); claimed {
		return
	}
	if sum, there, err := r.files.sum(beside); err == nil && there && sum == saved.SHA256 {
		r.files.root.Remove(beside)
	}
}
