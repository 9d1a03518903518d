package view

import (
	"fmt"
	"slices"
	"time"

	"apixo-batch/runner"
	"apixo-batch/state"
)

const (
	// heartbeat is how often a run tells how far it is, also when nothing happens.
	heartbeat = 10 * time.Second
	// maxTold is how many tasks a heartbeat names of those that run: the oldest.
	maxTold = 100
)

// Tick is a heartbeat, if it is time for one.
func (j *JSON) Tick() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.run == nil || time.Since(j.run.beat) < heartbeat {
		return
	}
	j.run.beat = time.Now()
	j.flights()
	j.progress()
}

// flights tells how long the oldest of the tasks that run do.
func (j *JSON) flights() {
	oldest := make([]state.Record, 0, len(j.run.flight))
	for a, record := range j.run.flight {
		record.Address = a
		oldest = append(oldest, record)
	}
	slices.SortFunc(oldest, func(a, b state.Record) int {
		if order := a.AcceptedAt.Compare(b.AcceptedAt); order != 0 {
			return order
		}
		return a.Address.Compare(b.Address)
	})
	for _, record := range oldest[:min(len(oldest), maxTold)] {
		h := j.run.hook(runner.Event{Address: record.Address, Record: record})
		elapsed := time.Since(record.AcceptedAt)
		h.Elapsed = new(elapsed.Seconds())
		j.put("info", "apply_progress", fmt.Sprintf("%s: still running after %s", record.Address, short(elapsed)), hookLine{Hook: h}, false)
	}
}

// progress tells how far the run is.
func (j *JSON) progress() {
	r := j.run
	line := runProgressLine{
		Done: r.counts[runner.Saved], Total: r.total, Running: len(r.running), Failed: r.counts[runner.Failed],
		Skipped: r.counts[runner.Skipped], InDoubt: r.counts[runner.Doubted],
		Spent: amount(r.spent), Estimate: amount(r.estimate), Elapsed: time.Since(r.started).Seconds(),
	}
	if r.timeLeft != nil {
		if left, known := r.timeLeft(); known {
			line.ETA = new(left.Seconds())
		}
	}
	j.put("info", "run_progress", r.text(), line, false)
}
