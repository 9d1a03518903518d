package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// fetchTries is how often a file is asked for before its download counts as
// failed. A rerun tries again.
const fetchTries = 4

// fetch brings the files of the job's result to disk, and records each. What
// cannot be had is the record's Failure; an error ends the run.
func (r *run) fetch(ctx context.Context, j *job) error {
	r.begin(j)
	for index := range j.record.Result.URLs {
		if r.files.holds(*j.record, index) {
			continue
		}
		err := r.fetchFile(ctx, j, index)
		switch {
		case err == nil:
		case errors.Is(err, ErrKeyRefused):
			return err
		case ctx.Err() != nil:
			return nil // interrupted, which is no failure
		default:
			r.emit(Event{Kind: Unfetched, Address: j.record.Address, Record: *j.record, Detail: err.Error(), File: &FileEvent{Index: index, Size: -1}})
			r.failDownload(j, err)
			return nil
		}
	}
	if f := j.record.Failure; f != nil && f.Reason != task.Rejected {
		next := *j.record
		next.Failure = nil
		r.record(j, next, "")
	}
	return nil
}

// fetchFile brings one file to disk.
func (r *run) fetchFile(ctx context.Context, j *job, index int) error {
	dir, err := tempDir(j.action, len(j.record.Result.URLs), index)
	if err != nil {
		return err
	}
	file, err := r.downloadAnyhow(ctx, target{
		url: currentURL(*j.record, index), dir: dir, index: index,
		address: j.record.Address, taskID: j.record.TaskID, model: j.record.Request.Model,
	}, func() (string, error) {
		err := r.refreshURLs(ctx, j)
		return currentURL(*j.record, index), err
	})
	if err != nil {
		return err
	}
	return r.keep(j, file, index)
}

// downloadAnyhow downloads a file, and tries again where that can help. A URL that the
// host will not serve any more is asked for anew, once: the API may know a fresh one.
func (r *run) downloadAnyhow(ctx context.Context, t target, refresh func() (url string, err error)) (*downloaded, error) {
	refreshed := false
	for try := 0; ; try++ {
		file, err := r.download(ctx, t)
		if err == nil {
			return file, nil
		}
		var status *statusError
		gone := errors.As(err, &status) && status.gone()
		switch {
		case gone && !refreshed:
			refreshed = true
			if t.url, err = refresh(); err != nil {
				return nil, err
			}
		case gone || try+1 >= fetchTries || !worthRetrying(err):
			return nil, err
		default:
			if err := sleep(ctx, backoff(try)); err != nil {
				return nil, err
			}
		}
	}
}

func currentURL(r state.Record, index int) string {
	if index < len(r.RefreshedURLs) {
		return r.RefreshedURLs[index]
	}
	return r.Result.URLs[index]
}

// refreshURLs asks for the task once more, and keeps the URLs of the answer
// beside the first recorded ones, which never change.
func (r *run) refreshURLs(ctx context.Context, j *job) error {
	fresh, err := r.freshURLs(ctx, *j.record)
	if err != nil || slices.Equal(fresh, j.record.Result.URLs) {
		return err
	}
	next := *j.record
	next.RefreshedURLs = fresh
	r.record(j, next, "")
	return nil
}

// freshURLs asks for a result's task once more. Where the answer is of no use,
// the recorded URLs are what there is.
func (r *run) freshURLs(ctx context.Context, record state.Record) ([]string, error) {
	answer, _, err := r.ask(ctx, &record, hiding{variables: r.secrets}, pace.Refresh)
	if err != nil {
		return nil, err
	}
	r.oddState(record, answer.Task)
	if answer.Task == nil || len(answer.Task.URLs) != len(record.Result.URLs) {
		return record.Result.URLs, nil
	}
	return answer.Task.URLs, nil
}

// keep gives a downloaded file its name and records it.
func (r *run) keep(j *job, file *downloaded, index int) error {
	defer file.discard()
	name, err := outputPath(j.action, len(j.record.Result.URLs), index, file.ext)
	if err != nil {
		return err
	}
	artifact := state.Artifact{Index: index, Path: name, Bytes: file.bytes, SHA256: file.sum}
	if artifact.Path, err = r.freePath(j, artifact); err != nil {
		return err
	}
	if err := file.place(artifact); err != nil {
		return err
	}
	next := *j.record
	next.Artifacts = slices.DeleteFunc(slices.Clone(next.Artifacts), func(a state.Artifact) bool { return a.Index == index })
	next.Artifacts = append(next.Artifacts, artifact)
	r.claims.claim(artifact.Path, next.Address)
	if r.record(j, next, "") {
		r.dropCopy(j, artifact)
	}
	r.emit(Event{Kind: Fetched, Address: next.Address, Record: next, File: &FileEvent{index, artifact.Path, artifact.Bytes, artifact.Bytes}})
	return nil
}

// freePath is where a file can be saved: its path, once an older file of the
// same instance is out of the way; beside it, if another instance had the path
// before, or if an older file was changed by somebody. A file that no record
// accounts for is nobody's to move.
func (r *run) freePath(j *job, artifact state.Artifact) (string, error) {
	owner, claimed := r.claims.owner(artifact.Path)
	if claimed && owner != j.record.Address {
		return r.files.pathBeside(artifact.Path, j.record.TaskID, artifact.SHA256)
	}
	sum, there, err := r.files.sum(artifact.Path)
	if err != nil || !there || sum == artifact.SHA256 {
		return artifact.Path, err
	}
	if old, found := findOlder(*j.record, artifact.Path, sum); found {
		err := r.retire(j, artifact.Path, old)
		if errors.Is(err, ErrState) || errors.Is(err, errOccupied) { // the older file stays, and the result is not lost
			return r.files.pathBeside(artifact.Path, j.record.TaskID, artifact.SHA256)
		}
		return artifact.Path, err
	}
	if claimed { // it was ours, and somebody has worked on it since
		return r.files.pathBeside(artifact.Path, j.record.TaskID, artifact.SHA256)
	}
	return "", errForeign(artifact.Path)
}

// paid is what a record's task cost, in words.
func paid(r state.Record) string {
	if !r.Priced {
		return "a price that nobody knows"
	}
	return r.Cost.String()
}

// expirySlack is how long after the end of a URL's life any failure to fetch it
// counts as that end: hosts do not all say that a file is gone.
const expirySlack = time.Hour

// expired reports whether a result that could not be fetched cannot be any more.
func expired(result task.Result, cause error) bool {
	since := time.Since(result.ExpiresAt())
	var status *statusError
	gone := errors.As(cause, &status) && status.gone()
	ours := errors.Is(cause, errPlace) || errors.Is(cause, errOccupied)
	return gone && since > 0 || !ours && since > expirySlack
}

// failDownload records why a paid result is not on disk.
func (r *run) failDownload(j *job, cause error) {
	failure := &task.Failure{Reason: task.DownloadFailed, Message: cause.Error(), Retryable: true}
	if expired(*j.record.Result, cause) {
		failure = &task.Failure{Reason: task.Expired, Message: fmt.Sprintf(
			"its URL lived until %s (%v); %s was paid for it, and -replace='%s' buys it again",
			j.record.Result.ExpiresAt().UTC().Format(time.RFC3339), cause, paid(*j.record), j.record.Address)}
	}
	if errors.Is(cause, errPlace) {
		r.pull(task.DownloadFailed, cause.Error())
	}
	j.obstructed = obstructed(cause)
	next := *j.record
	next.Failure = failure
	r.record(j, next, "")
}
