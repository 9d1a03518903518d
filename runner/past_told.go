package runner

import (
	"context"
	"errors"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// fetchedPast tells that a file of an earlier task is on disk, and counts the task once
// all of them are.
func (r *run) fetchedPast(j *job, i int, a state.Artifact) {
	record := r.pastRecord(j, i)
	r.emit(Event{
		Kind: Fetched, Address: record.Address, Record: record, Earlier: true,
		File: &FileEvent{a.Index, a.Path, a.Bytes, a.Bytes},
	})
	if !record.Complete() {
		return
	}
	done := CollectedTask{Address: record.Address, TaskID: record.TaskID}
	for _, artifact := range record.Artifacts {
		done.Paths = append(done.Paths, artifact.Path)
	}
	r.tally(func(s *Summary) { s.Collected = append(s.Collected, done) })
}

// unfetchedPast tells that a file of an earlier task could not be had, and gives the
// error back. One that ends the run is told by whoever gets it.
func (r *run) unfetchedPast(ctx context.Context, j *job, i, index int, err error) error {
	if ctx.Err() == nil && !errors.Is(err, ErrKeyRefused) {
		record := r.pastRecord(j, i)
		r.emit(Event{
			Kind: Unfetched, Address: record.Address, Record: record, Earlier: true, Detail: err.Error(),
			File: &FileEvent{Index: index, Size: -1},
		})
	}
	return err
}

// pastRecord is one of the job's earlier tasks in the form of a record.
func (r *run) pastRecord(j *job, i int) state.Record {
	return j.record.Restore(i, task.Request{Model: r.modelOf(j, j.record.Past[i])})
}
