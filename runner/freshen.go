package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"apixo-batch/runner/pace"
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
		if err != nil {
			return false, err
		}
		for _, index := range used {
			if !r.fetchable(ctx, fresh[index]) {
				if ctx.Err() != nil {
					return false, nil
				}
				j.skip(task.Expired, "uses a result of %s, whose URL lived until %s; -replace='%s' buys it again",
					upstream, record.Result.ExpiresAt().UTC().Format(time.RFC3339), upstream)
				return false, nil
			}
			j.body = bytes.ReplaceAll(j.body, inJSON(record.Result.URLs[index]), inJSON(fresh[index]))
		}
	}
	return true, nil
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

// freshURLs asks for a result's task once more. Where the answer is of no use,
// the recorded URLs are what there is.
func (r *run) freshURLs(ctx context.Context, record state.Record) ([]string, error) {
	ticket, err := r.pace.Wait(ctx, record.Request.Model, pace.Poll)
	if err != nil {
		return record.Result.URLs, nil // cut short: the caller looks at ctx
	}
	answer := r.opts.API.Status(ctx, record.Request.Model, record.TaskID)
	if answer.Answer.Status() == http.StatusUnauthorized && answer.Answer.Envelope {
		return nil, errors.Join(ErrKeyRefused, answer.Answer.Err)
	}
	if answer.Answer.Status() != http.StatusTooManyRequests {
		ticket.Succeeded()
	}
	if answer.Task == nil || len(answer.Task.URLs) != len(record.Result.URLs) {
		return record.Result.URLs, nil
	}
	return answer.Task.URLs, nil
}

// fetchable asks the file's host for the file, and reads none of it.
func (r *run) fetchable(ctx context.Context, rawURL string) bool {
	ctx, cancel := context.WithTimeout(ctx, stallTimeout)
	defer cancel()
	answer, err := r.get(ctx, rawURL)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
