package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/pace"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// An earlier submit of an instance may turn out to be accepted when another has followed
// it. Its task is paid for, so its end is recorded, and its files are fetched, beside
// those of the instance.

// pastLook is how one of the job's earlier tasks looks.
func (j *job) pastLook(p state.Past) *suspicion {
	if j.pastLooks == nil {
		j.pastLooks = make(map[string]*suspicion)
	}
	if j.pastLooks[p.Nonce] == nil {
		j.pastLooks[p.Nonce] = new(suspicion)
	}
	return j.pastLooks[p.Nonce]
}

// pastAfter is an earlier submit after an answer about its task.
func (r *run) pastAfter(j *job, p state.Past, a apixo.StatusAnswer) state.Past {
	end, ended := j.pastLook(p).endOf(a, 1, r.opts.Catalog)
	if !ended {
		return p
	}
	p.Status, p.Result, p.Failure, p.FinishedAt = state.Succeeded, end.result, end.failure, time.Now()
	if end.failure != nil {
		p.Status = state.Failed
	}
	return p
}

// pastAgain is how long after a question about an earlier task the next one is asked.
const pastAgain = 15 * time.Second

// awaitsPast has the job rest until an earlier task that runs is to be asked for again.
// The run waits for it as long as for any other, and until it is sure what it looks like.
func (r *run) awaitsPast(j *job) bool {
	j.pastUntil = time.Time{}
	if r.opts.AskOnce {
		return false
	}
	for _, p := range j.record.Past {
		if p.Status != state.Running {
			continue
		}
		until := j.pastLook(p).sureAt()
		if until.IsZero() {
			until = p.SubmittedAt.Add(j.action.Timing(r.modelOf(j, p)).Timeout)
		}
		if time.Now().Before(until) && until.After(j.pastUntil) {
			j.pastUntil = until
		}
	}
	if j.pastUntil.IsZero() {
		return false
	}
	j.wakeBy(time.Now().Add(pastAgain))
	return true
}

// collectPast asks once for each earlier task of the job that runs, and fetches the files
// of those that have ended. What is not to be had is told, with its URL. An error ends
// the run.
func (r *run) collectPast(ctx context.Context, j *job) error {
	stored, there := r.opts.Store.Record(j.record.Address)
	if !there || j.givenUp != nil || stored.Nonce != j.record.Nonce || stored.Status != j.record.Status {
		return nil // a step is still to be written
	}
	for i := range j.record.Past {
		if p := j.record.Past[i]; p.Status == state.Running && p.Uncollected() {
			answer, err := r.askPast(ctx, j, p)
			if errors.Is(err, ErrKeyRefused) {
				return err
			}
			if next := r.pastAfter(j, p, answer); err == nil && next.Status != p.Status {
				r.recordPast(j, i, next)
			}
		}
		if p := j.record.Past[i]; p.Status == state.Succeeded && p.Uncollected() && ctx.Err() == nil {
			err := r.fetchPast(ctx, j, i)
			switch {
			case errors.Is(err, ErrKeyRefused):
				return err
			case err != nil && ctx.Err() == nil && expired(*p.Result, err):
				r.losePast(j, i, err)
			case err != nil && ctx.Err() == nil:
				r.warn(*j.record, fmt.Sprintf("the files of its earlier task %.100q are not all on disk (%v); until %s they are at %s",
					p.TaskID, err, p.Result.ExpiresAt().UTC().Format(time.RFC3339), p.Result.URLs[0]))
			}
		}
	}
	return nil
}

// losePast notes, once, that the files of an earlier task cannot be had any more.
func (r *run) losePast(j *job, i int, cause error) {
	p := j.record.Past[i]
	p.Failure = &task.Failure{Reason: task.Expired, Message: fmt.Sprintf("its URL lived until %s (%v)", p.Result.ExpiresAt().UTC().Format(time.RFC3339), cause)}
	r.recordPast(j, i, p)
	r.warn(*j.record, fmt.Sprintf("the files of its earlier task %.100q cannot be had any more: %s; %s was paid for it", p.TaskID, p.Failure.Message, paid(r.pastRecord(j, i))))
}

func (r *run) askPast(ctx context.Context, j *job, p state.Past) (apixo.StatusAnswer, error) {
	asked := state.Record{Address: j.record.Address, TaskID: p.TaskID, Request: task.Request{Model: r.modelOf(j, p)}}
	hide := r.hidingOf(j, p.Fingerprint, p.Request, p.Nonce)
	hide.nonces = append(hide.nonces, r.secretNonces(j.record.Nonce)...)
	answer, _, err := r.ask(ctx, &asked, hide, pace.Refresh)
	return answer, err
}

func (r *run) modelOf(j *job, p state.Past) string {
	if s, known := r.opts.Store.Spend(p.Nonce); known {
		return s.Model
	}
	return j.record.Request.Model
}

func (r *run) recordPast(j *job, i int, p state.Past) (durable bool) {
	next := *j.record
	next.Past = slices.Clone(next.Past)
	next.Past[i] = p
	return r.record(j, next, "")
}

// fetchPast brings the files of an earlier task to disk, under names that hold its ID,
// and records each.
func (r *run) fetchPast(ctx context.Context, j *job, i int) error {
	for index, url := range j.record.Past[i].Result.URLs {
		p := j.record.Past[i]
		if slices.ContainsFunc(p.Artifacts, func(a state.Artifact) bool { return a.Index == index }) {
			continue
		}
		dir, err := tempDir(j.action, len(p.Result.URLs), index)
		if err != nil {
			return err
		}
		from := target{url: url, dir: dir, index: index, address: j.record.Address, taskID: p.TaskID, model: r.modelOf(j, p), earlier: true}
		file, err := r.downloadAnyhow(ctx, from, func() (string, error) {
			answer, err := r.askPast(ctx, j, p)
			if err != nil || answer.Task == nil || len(answer.Task.URLs) != len(p.Result.URLs) {
				return url, err
			}
			return answer.Task.URLs[index], nil
		})
		if err != nil {
			return r.unfetchedPast(ctx, j, i, index, err)
		}
		artifact, err := r.placePast(j, file, p, index)
		file.discard()
		if err != nil {
			return r.unfetchedPast(ctx, j, i, index, err)
		}
		p.Artifacts = append(slices.Clip(p.Artifacts), artifact)
		r.recordPast(j, i, p)
		r.fetchedPast(j, i, artifact)
	}
	return nil
}

func (r *run) placePast(j *job, file *downloaded, p state.Past, index int) (a state.Artifact, err error) {
	name, err := outputPath(j.action, len(p.Result.URLs), index, file.ext)
	if err != nil {
		return a, err
	}
	a = state.Artifact{Index: index, Bytes: file.bytes, SHA256: file.sum}
	if a.Path, err = r.files.pathBeside(name, p.TaskID, a.SHA256); err != nil {
		return a, err
	}
	r.claims.claim(a.Path, j.record.Address)
	return a, file.place(a)
}
