package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// An earlier submit of an instance may turn out to be accepted when another has followed
// it. Its task is paid for, so its end is recorded, and its files are fetched, beside
// those of the instance.

// uncollected reports whether an earlier task is paid for and its end is not known, or
// its files are not on disk and can still be had.
func uncollected(p state.Past) bool {
	switch p.Status {
	case state.Running:
		return p.TaskID != ""
	case state.Succeeded:
		return p.Result != nil && len(p.Artifacts) == 0 && len(p.Result.URLs) > 0 && time.Now().Before(p.Result.ExpiresAt())
	default:
		return false
	}
}

// ended is an earlier submit whose task has ended so.
func ended(p state.Past, t *apixo.Task, c *catalog.Catalog) state.Past {
	p.FinishedAt = time.Now()
	if t.State == "failed" {
		p.Status = state.Failed
		p.Failure, _ = taskFailure(t, 1, c)
		return p
	}
	p.Status, p.Failure = state.Succeeded, nil
	p.Result = &task.Result{URLs: t.URLs, Raw: t.Raw, CreatedAt: t.CreatedAt, CompletedAt: t.CompletedAt, ReceivedAt: p.FinishedAt}
	return p
}

// pastAgain is how long after a question about an earlier task the next one is asked.
const pastAgain = 15 * time.Second

// awaitsPast has the job rest until an earlier task that runs is to be asked for again;
// the run waits for it as long as for any other.
func (r *run) awaitsPast(j *job) bool {
	timeout := j.action.Timing(j.record.Request.Model).Timeout
	for _, p := range j.record.Past {
		if p.Status == state.Running && time.Since(p.SubmittedAt) < timeout && !r.opts.AskOnce {
			j.wake, j.until = time.Now().Add(pastAgain), p.SubmittedAt.Add(timeout)
			return true
		}
	}
	return false
}

// collectPast asks once for each earlier task of the job that runs, and fetches the files
// of those that have ended. What is not to be had is told, with its URL.
func (r *run) collectPast(ctx context.Context, j *job) {
	stored, there := r.opts.Store.Record(j.record.Address)
	if !there || j.givenUp != nil || stored.Nonce != j.record.Nonce || stored.Status != j.record.Status {
		return // a step is still to be written
	}
	for i := range j.record.Past {
		if p := j.record.Past[i]; p.Status == state.Running && uncollected(p) {
			asked := state.Record{Address: j.record.Address, TaskID: p.TaskID, Request: task.Request{Model: r.modelOf(j, p)}}
			if answer, _, err := r.ask(ctx, asked, hiding{variables: r.secrets}, pace.Refresh); err == nil && answer.Task != nil && hasEnded(answer.Task) {
				r.recordPast(j, i, ended(p, answer.Task, r.opts.Catalog))
			}
		}
		if p := j.record.Past[i]; p.Status == state.Succeeded && uncollected(p) && ctx.Err() == nil {
			if err := r.fetchPast(ctx, j, i); err != nil && ctx.Err() == nil {
				r.warn(j.record, fmt.Sprintf("the files of its earlier task %.100q are not on disk (%v); until %s they are at %s",
					p.TaskID, err, p.Result.ExpiresAt().UTC().Format(time.RFC3339), p.Result.URLs[0]))
			}
		}
	}
}

func (r *run) modelOf(j *job, p state.Past) string {
	if s, known := r.opts.Store.Spend(p.Nonce); known {
		return s.Model
	}
	return j.record.Request.Model
}

func (r *run) recordPast(j *job, i int, p state.Past) (durable bool) {
	next := j.record
	next.Past = slices.Clone(next.Past)
	next.Past[i] = p
	return r.record(j, next, "")
}

// fetchPast brings the files of an earlier task to disk, under names that hold its ID.
func (r *run) fetchPast(ctx context.Context, j *job, i int) error {
	p := j.record.Past[i]
	for index, url := range p.Result.URLs {
		dir, err := tempDir(j.action, len(p.Result.URLs), index)
		if err != nil {
			return err
		}
		file, err := r.download(ctx, target{
			url: url, dir: dir, index: index, address: j.record.Address, taskID: p.TaskID, model: r.modelOf(j, p),
		})
		if err != nil {
			return err
		}
		artifact, err := r.placePast(j, file, p, index)
		file.discard()
		if err != nil {
			return err
		}
		p.Artifacts = append(slices.Clip(p.Artifacts), artifact)
	}
	r.recordPast(j, i, p)
	return nil
}

func (r *run) placePast(j *job, file *downloaded, p state.Past, index int) (a state.Artifact, err error) {
	name, err := outputPath(j.action, len(p.Result.URLs), index, file.ext)
	if err != nil {
		return a, err
	}
	a = state.Artifact{Index: index, Bytes: file.bytes, SHA256: file.sum}
	if a.Path, err = r.files.pathBeside(name, p.TaskID); err != nil {
		return a, err
	}
	r.claims.claim(a.Path, j.record.Address)
	return a, file.place(a)
}
