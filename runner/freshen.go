package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// staleBefore is how long before the end of its life a result's URL is not
// trusted any more in a request: the model fetches it when the task starts.
const staleBefore = time.Hour

// freshen sees to it that the URLs of other results in the job's request can
// still be fetched: a task with a dead one would be paid for and fail. A stale
// URL is asked for anew and replaced in what is sent, not in what is recorded.
// It returns false, and skips the job, if a URL is dead.
func (r *run) freshen(ctx context.Context, j *job) (ok bool, err error) {
	j.body = j.request.Body()
	for _, upstream := range j.action.Instance.DependsOn {
		record, there := r.opts.Store.Record(upstream)
		if !there || record.Result == nil || time.Until(record.Result.ExpiresAt()) > staleBefore {
			continue
		}
		used := urlsIn(j.body, record.Result.URLs)
		if len(used) == 0 {
			continue
		}
		fresh, err := r.freshURLs(ctx, record)
		if errors.Is(err, errDetached) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, index := range used {
			if err := r.fetchable(ctx, record, fresh[index]); err != nil {
				if ctx.Err() == nil {
					j.skipStale(upstream, record.Result.ExpiresAt(), err)
				}
				return false, nil
			}
			j.body = bytes.ReplaceAll(j.body, inJSON(record.Result.URLs[index]), inJSON(fresh[index]))
		}
	}
	return true, nil
}

// skipStale ends a job that uses a result which cannot be fetched. Only where
// its host says that the file is gone does it take a new, paid one.
func (j *job) skipStale(upstream task.Address, expired time.Time, cause error) {
	var status *statusError
	if errors.As(cause, &status) && status.gone() {
		j.skip(task.Expired, "uses a result of %s, whose URL lived until %s; -replace='%s' buys it again",
			upstream, expired.UTC().Format(time.RFC3339), upstream)
		return
	}
	j.skip(task.DownloadFailed, "uses a result of %s, which cannot be fetched now: %v", upstream, cause)
	j.skipped.Retryable = true
}

// urlsIn gives the indexes of the URLs that a request holds.
func urlsIn(body json.RawMessage, urls []string) (used []int) {
	for i, u := range urls {
		if u != "" && bytes.Contains(body, inJSON(u)) {
			used = append(used, i)
		}
	}
	return used
}

// inJSON is how a text stands inside a string of canonical JSON.
func inJSON(text string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return []byte(text)
	}
	return bytes.Trim(b.Bytes(), "\"\n")
}

// fetchable asks the file's host for a file of the record's result, and reads none
// of it.
func (r *run) fetchable(ctx context.Context, record state.Record, rawURL string) (err error) {
	began, status := time.Now(), 0
	t := target{url: rawURL, address: record.Address, taskID: record.TaskID, model: record.Request.Model}
	defer func(ctx context.Context) { r.logDownload(ctx, t, began, status, nil, err) }(ctx)
	ctx, _, done := watched(ctx)
	defer done()
	answer, err := r.get(ctx, rawURL)
	if err != nil {
		return stalled(ctx, err)
	}
	answer.Body.Close()
	if status = answer.StatusCode; status != http.StatusOK {
		return &statusError{answer.StatusCode}
	}
	return nil
}
