package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"apixo-batch/runner/plan"
	"apixo-batch/state"
)

const (
	partPrefix = ".apixo-"
	partSuffix = ".part"
	// trialName is that of a file which only tries whether one can be written.
	trialName = partPrefix + "trial" + partSuffix
)

// partName is the name of the temporary file of a download; see target.
func partName(download string) string {
	id := sha256.Sum256([]byte(download))
	return partPrefix + hex.EncodeToString(id[:8]) + partSuffix
}

// removeParts removes what runs of this state left of their downloads when they
// were cut off, and of their trials. Most would be taken up by the next download
// of the same file; this is for those that have none, since the file is saved or
// given up. Other states' are left alone. What cannot be removed stays until the
// next run.
func (o *output) removeParts(p *plan.Plan, records []*state.Record) {
	var found []string
	for dir := range partDirs(p) {
		entries, err := o.root.ReadDir(dir)
		if err != nil {
			continue // not made yet, or told of by whoever writes to it
		}
		for _, entry := range entries {
			if name := entry.Name(); strings.HasPrefix(name, partPrefix) && strings.HasSuffix(name, partSuffix) {
				found = append(found, path.Join(dir, name))
			}
		}
	}
	if len(found) == 0 {
		return
	}
	ours := partNames(records)
	for _, name := range found {
		if ours[path.Base(name)] {
			o.root.Remove(name)
		}
	}
}

// partDirs are the directories where downloads of the plan's instances are, or
// were.
func partDirs(p *plan.Plan) map[string]bool {
	dirs := map[string]bool{".": true}
	for i := range p.Actions {
		a := &p.Actions[i]
		files := 1 // as many as prepare tries
		if a.Prior != nil {
			for _, artifact := range a.Prior.Artifacts {
				dirs[path.Dir(artifact.Path)] = true
			}
			if a.Prior.Complete() && !a.Kind.Pays() {
				continue
			}
			if a.Prior.Result != nil {
				files = max(files, len(a.Prior.Result.URLs))
			}
		}
		for index := range files {
			if dir, err := tempDir(a, files, index); err == nil {
				dirs[dir] = true
			}
		}
	}
	return dirs
}

// partNames are those of the temporary files of all downloads that the records
// know of.
func partNames(records []*state.Record) map[string]bool {
	names := map[string]bool{trialName: true}
	add := func(r *state.Record, taskID string, files int) {
		for index := range files {
			names[partName(target{address: r.Address, taskID: taskID, index: index}.id())] = true
		}
	}
	for _, r := range records {
		if r.Result != nil {
			add(r, r.TaskID, len(r.Result.URLs))
		}
		for _, past := range r.Past {
			if past.Result != nil {
				add(r, past.TaskID, len(past.Result.URLs))
			}
		}
	}
	return names
}
